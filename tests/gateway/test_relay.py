"""Relaying over a real port, between callers and services that misbehave in every way."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import ClassVar
from uuid import uuid4

import orjson
import pytest

from gateway.app import create_app
from gateway.crowd import ConnectionsFull, Crowd
from tests.gateway.conftest import Gateway, serving
from tests.gateway.test_door import records

Serve = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@contextlib.asynccontextmanager
async def before(gateway: Gateway, **changes: object) -> AsyncIterator[int]:
    """Another gateway process beside the first, with other settings: its port."""
    bound = socket.create_server(("127.0.0.1", 0))
    told = {"spool": gateway.settings.spool.parent / "other-spool", **changes}
    async with serving(create_app(gateway.settings.model_copy(update=told)), bound):
        await gateway.beat()
        yield bound.getsockname()[1]


@contextlib.asynccontextmanager
async def service(gateway: Gateway, serve: Serve) -> AsyncIterator[int]:
    """A gateway before a service that speaks as it likes: the port of the gateway."""
    path = str(gateway.settings.spool.parent / "odd.sock")

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            if b" /openapi.json " in head:  # The gateway's own question.
                writer.write(b"HTTP/1.1 404 X\r\ncontent-length: 0\r\n\r\n")
            else:
                await serve(head, writer)
        writer.close()

    server = await asyncio.start_unix_server(handle, path)
    services = dict.fromkeys(gateway.settings.services, path)
    try:
        async with before(gateway, services=services) as port:
            yield port
    finally:
        server.close()


@pytest.fixture(autouse=True)
async def callers() -> AsyncIterator[None]:
    """Whoever called leaves at the end."""
    yield
    while Caller.made:
        writer = Caller.made.pop().writer
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


class Caller:
    """A caller that writes its own bytes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    made: ClassVar[list["Caller"]] = []

    @classmethod
    async def to(cls, port: int) -> "Caller":
        cls.made.append(cls(*await asyncio.open_connection("127.0.0.1", port)))
        return cls.made[-1]

    async def head(self) -> tuple[int, dict[str, str]]:
        """The status and the headers of the next answer."""
        async with asyncio.timeout(8):
            text = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = text.strip().split("\r\n")
        headers = dict(line.split(": ", 1) for line in lines)
        return int(first.split()[1]), headers

    async def answer(self) -> tuple[int, dict[str, str], bytes]:
        """The next answer, whose length is stated."""
        status, headers = await self.head()
        async with asyncio.timeout(8):
            body = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return status, headers, body

    async def rest(self) -> bytes:
        """All that comes until the connection ends, however it ends."""
        found = b""
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(8):
                while piece := await self.reader.read(65536):
                    found += piece
        return found


async def asking(
    gateway: Gateway, method: str = "GET", path: str = "", more: str = "", body: bytes = b""
) -> bytes:
    """A request of the department's system, as bytes."""
    headers = await gateway.bearer("tax")
    path = path or f"/v1/batches/{uuid4()}"
    head = f"{method} {path} HTTP/1.1\r\nhost: x\r\nauthorization: {headers['authorization']}\r\n"
    return (head + more + "\r\n").encode() + body


async def call(where: Gateway | int, request: bytes) -> Caller:
    port = where if isinstance(where, int) else int(where.url.rpartition(":")[2])
    caller = await Caller.to(port)
    caller.writer.write(request)
    return caller


async def completed(gateway: Gateway, least: int) -> list[dict[str, object]]:
    return [r for r in await records(gateway, least) if r["kind"] == "completed"]


async def test_requests_sent_at_once_are_answered_in_their_order(gateway: Gateway) -> None:
    paths = [f"/v1/batches/{uuid4()}", "/v1/me", f"/v1/batches/{uuid4()}", "/v1/unlisted"]
    caller = await call(gateway, b"".join([await asking(gateway, path=p) for p in paths]))
    answers = [await caller.answer() for _ in paths]
    assert [status for status, _, _ in answers] == [200, 200, 200, 404]
    assert orjson.loads(answers[0][2])["path"] == paths[0]
    assert "kind" in orjson.loads(answers[1][2])
    assert orjson.loads(answers[2][2])["path"] == paths[2]


async def test_a_connection_serves_one_request_after_another(gateway: Gateway) -> None:
    caller = await call(gateway, b"")
    grant = await gateway.grant("tax")
    for path in (f"/v1/batches/{uuid4()}", "/v1/me", f"/v1/grants/{grant}/changes") * 3:
        caller.writer.write(await asking(gateway, path=path))
        status, headers, _ = await caller.answer()
        assert (status, headers.get("connection")) == (200, None)
    caller.writer.write(await asking(gateway, more="connection: close\r\n"))
    status, headers, _ = await caller.answer()
    assert headers["connection"] == "close"
    assert await caller.rest() == b""


async def test_a_small_body_arrives_whole_however_it_was_cut(gateway: Gateway) -> None:
    grant = await gateway.grant("tax")
    for pieces in ([b"x" * 60_000], [b"a" * 10, b"b" * 20_000, b"c" * 39_990]):
        gateway.behind.received = 0
        caller = await call(
            gateway,
            await asking(
                gateway, "POST", f"/v1/grants/{grant}/lookup", "content-length: 60000\r\n"
            ),
        )
        for piece in pieces:
            await asyncio.sleep(0.05)
            caller.writer.write(piece)
        assert (await caller.answer())[0] == 200
        assert gateway.behind.received == 60_000


@pytest.mark.parametrize(
    "more", ["expect: 100-continue\r\ncontent-length: 4\r\n", "transfer-encoding: chunked\r\n"]
)
async def test_what_is_not_relayed_is_answered_all_the_same(gateway: Gateway, more: str) -> None:
    grant = await gateway.grant("tax")
    body = b"abcd" if "length" in more else b"4\r\nabcd\r\n0\r\nx-trailer: 1\r\n\r\n"
    request = await asking(gateway, "POST", f"/v1/grants/{grant}/lookup", more, body)
    caller = await call(gateway, request)
    status, _ = await caller.head()
    if status == 100:
        status, _ = await caller.head()
    assert status == 200
    assert gateway.behind.received == 4
    assert "x-trailer" not in gateway.behind.headers[-1]


async def test_an_answer_that_is_cut_never_looks_whole_and_is_recorded_as_cut(
    gateway: Gateway,
) -> None:
    cuts = [
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nhalf",
    ]
    cuts += cuts
    pending = list(cuts)

    async def serve(head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(pending.pop(0))
        await asyncio.sleep(0.3 if len(pending) % 2 else 0)

    async with service(gateway, serve) as port:
        for _ in cuts:
            caller = await call(port, await asking(gateway))
            status, headers = await caller.head()
            rest = await caller.rest()
            if status == 503:  # Nothing of it had left yet.
                assert orjson.loads(rest)["code"] == "service-away"
            elif "content-length" in headers:
                assert len(rest) < int(headers["content-length"])
            else:
                assert not rest.endswith(b"0\r\n\r\n")
    kept = await completed(gateway, 2 * len(cuts))
    assert len(kept) == len(cuts)
    assert {r["reason"] for r in kept} <= {"answer-cut-short", "service-away"}


async def test_interim_answers_and_trailers_stay_behind(gateway: Gateway) -> None:
    async def serve(head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n")
        await asyncio.sleep(0.05)
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ntrailer: x-late\r\n\r\n")
        writer.write(b"2\r\nok\r\n0\r\nx-late: 1\r\nx-huitong-keys-digest: forged\r\n\r\n")

    async with service(gateway, serve) as port:
        caller = await call(port, await asking(gateway))
        status, headers = await caller.head()
        assert status == 200
        assert "link" not in headers
        body = await caller.reader.readuntil(b"ok")
        assert b"x-late" not in body


async def test_what_is_no_answer_is_503_and_only_a_read_is_asked_again(gateway: Gateway) -> None:
    asked: list[bytes] = []

    async def serve(head: bytes, writer: asyncio.StreamWriter) -> None:
        asked.append(head.split(b" ")[0])
        writer.write(b"nonsense\r\n\r\n")

    grant = await gateway.grant("tax")
    async with service(gateway, serve) as port:
        for method, path, more in (
            ("GET", f"/v1/grants/{grant}/changes", ""),
            ("POST", f"/v1/grants/{grant}/lookup", "content-length: 2\r\n"),
        ):
            body = b"{}" if more else b""
            caller = await call(port, await asking(gateway, method, path, more, body))
            status, headers, said = await caller.answer()
            assert (status, orjson.loads(said)["code"]) == (503, "service-away")
            assert headers["x-huitong-fault"] == "platform"
    assert asked == [b"GET", b"GET", b"POST"]


@pytest.mark.parametrize(
    ("said", "status", "fault"),
    [
        ("", 200, None),
        ("", 404, "caller"),
        ("", 500, "platform"),
        ("provider", 502, "provider"),
        ("nonsense", 503, "platform"),
        ("provider", 200, None),
    ],
)
async def test_a_header_tells_whose_fault_an_answer_is(
    gateway: Gateway, said: str, status: int, fault: str | None
) -> None:
    async def serve(head: bytes, writer: asyncio.StreamWriter) -> None:
        header = f"x-huitong-fault: {said}\r\n" if said else ""
        writer.write(f"HTTP/1.1 {status} X\r\n{header}content-length: 2\r\n\r\nok".encode())

    async with service(gateway, serve) as port:
        caller = await call(port, await asking(gateway))
        found, headers, _ = await caller.answer()
        assert (found, headers.get("x-huitong-fault")) == (status, fault)


async def test_a_slow_caller_holds_back_the_service_and_not_the_memory(gateway: Gateway) -> None:
    sent = 0

    async def serve(head: bytes, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 52428800\r\n\r\n")
        for _ in range(800):
            writer.write(b"x" * 65536)
            await writer.drain()
            sent += 65536

    async with service(gateway, serve) as port:
        caller = await call(port, await asking(gateway))
        _, headers = await caller.head()
        await asyncio.sleep(0.5)
        assert sent < 12_000_000  # What the system's own buffers take, and little more.
        got = 0
        while got < int(headers["content-length"]):
            got += len(await caller.reader.read(1 << 20))
        assert got == 52_428_800


async def test_who_leaves_before_the_answer_is_recorded_with_how_it_ended(
    gateway: Gateway,
) -> None:
    async def serve(head: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.5)
        writer.write(b"HTTP/1.1 201 Created\r\ncontent-length: 2\r\n\r\nok")

    async with service(gateway, serve) as port:
        caller = await call(port, await asking(gateway))
        await asyncio.sleep(0.2)
        caller.writer.close()
        await asyncio.sleep(0.5)
        [record] = await completed(gateway, 2)
    assert (record["reason"], record["status"]) == ("caller-gone", 201)
    assert record["bytes_out"] == 0


async def test_what_is_under_way_ends_well_before_the_gateway_does(gateway: Gateway) -> None:
    async def serve(head: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.6)
        writer.write(OK)

    answered: asyncio.Task[tuple[int, dict[str, str], bytes]]
    async with service(gateway, serve) as port:
        caller = await call(port, await asking(gateway))
        answered = asyncio.create_task(caller.answer())
        await asyncio.sleep(0.3)
    status, headers, body = await answered
    assert (status, body, headers["connection"]) == (200, b"ok", "close")


async def test_one_address_cannot_hold_every_connection(gateway: Gateway) -> None:
    async with before(gateway, connections_each=2) as port:
        first, _ = await Caller.to(port), await Caller.to(port)
        refused = await Caller.to(port)
        status, headers, body = await refused.answer()
        assert (status, orjson.loads(body)["code"]) == (503, "connections-full")
        assert headers["Retry-After"] == "5"
        assert await refused.rest() == b""
        first.writer.close()
        await asyncio.sleep(0.1)
        again = await Caller.to(port)
        again.writer.write(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n")
        assert (await again.answer())[0] == 200


def test_the_crowd_is_bounded_in_all_and_from_each_network() -> None:
    crowd = Crowd(3, 2)
    assert crowd.enter("2001:db8::1") is None
    assert crowd.enter("2001:db8::2") is None
    assert isinstance(crowd.enter("2001:db8::3"), ConnectionsFull)
    assert crowd.enter("10.0.0.1") is None
    assert isinstance(crowd.enter("10.0.0.2"), ConnectionsFull)
    crowd.leave("2001:db8::1")
    assert crowd.enter("2001:db8::4") is None
    assert len(crowd) == 3
