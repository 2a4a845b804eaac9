"""Connections over a real port: what is no request is refused as a problem, soon and small."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator

import orjson
import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from shared.connections import HEAD_BYTES, Bounded

END = b"\r\n\r\n"


class Echo:
    """Answers with what it was asked, and remembers the headers it saw."""

    def __init__(self) -> None:
        self.scopes: list[Scope] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        self.scopes.append(scope)
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        length = str(len(body)).encode()
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-length", length)]}
        )
        await send({"type": "http.response.body", "body": body})


class Quick(Bounded):
    """The same with a shorter patience."""

    head_seconds = 0.3


@pytest.fixture
def echo() -> Echo:
    return Echo()


@pytest.fixture
async def port(echo: Echo) -> AsyncIterator[int]:
    bound = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        echo, http=Quick, ws="none", lifespan="off", log_config=None, timeout_keep_alive=1
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[bound]))
    async with asyncio.timeout(5):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
    yield bound.getsockname()[1]
    server.should_exit = True
    await task


async def said(port: int, *pieces: bytes, pause: float = 0.0) -> bytes:
    """All that comes back until the connection ends, or a while after the last piece."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answer = b""
    with contextlib.suppress(ConnectionError, TimeoutError):
        for piece in pieces:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(pause)
        while data := await asyncio.wait_for(reader.read(65536), 1.5):
            answer += data
    writer.close()
    return answer


def problem(answer: bytes) -> str:
    """The code of a problem document that ends a connection."""
    head, _, body = answer.partition(END)
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head
    document = orjson.loads(body)
    assert str(document["status"]).encode() in head.split(b"\r\n")[0]
    return str(document["code"])


GET = b"GET / HTTP/1.1\r\nhost: x\r\n"


async def test_a_request_that_is_one_is_answered_and_the_connection_kept(port: int) -> None:
    answer = await said(port, GET + b"\r\n" + GET + b"\r\n")
    assert answer.count(b"HTTP/1.1 200") == 2


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"not http" + END,
        b"GET / HTTP/9.9" + END,
        GET + b"content-length: 1\r\ncontent-length: 2" + END + b"ab",
        GET + b"content-length: 3\r\ntransfer-encoding: chunked" + END + b"0\r\n\r\n",
        GET + b"content-length: -1" + END,
        GET + b"content-length: +1" + END + b"a",
        GET + b"content-length: 1,1" + END + b"a",
        GET + b"content-length: 99999999999999999999999" + END,
        GET + b"transfer-encoding: chunked, identity" + END + b"0\r\n\r\n",
        GET + b"transfer-encoding: xchunked" + END + b"0\r\n\r\n",
        GET + b"transfer-encoding : chunked" + END + b"0\r\n\r\n",
        GET + b"transfer-encoding: chunked" + END + b"zz\r\n",
        GET + b"x: a\r\n b" + END,
        GET + b"x: a\nb: c" + END,
        GET + b"x: a\rb" + END,
        GET + b"x: \0" + END,
        GET + b"x y: a" + END,
        GET + b": a" + END,
        b"GET / HTTP/1.1\nhost: x\n\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
    ],
    ids=lambda sent: repr(sent)[:70],
)
async def test_what_two_readers_could_read_in_two_ways_is_refused(
    port: int, echo: Echo, request_bytes: bytes
) -> None:
    answer = await said(port, request_bytes)
    assert problem(answer) == "bad-request"
    assert answer.count(b"HTTP/1.1") == 1


@pytest.mark.parametrize(
    "pieces",
    [
        [GET + b"x: " + b"a" * (HEAD_BYTES + 1) + END],
        [b"GET /" + b"a" * (HEAD_BYTES + 1) + b" HTTP/1.1" + END],
        [GET + b"".join(b"h%d: 1\r\n" % n for n in range(HEAD_BYTES // 8)) + b"\r\n"],
        [GET + b"x: ", *[b"a" * 16384] * 5],
    ],
    ids=["header", "address", "many", "endless"],
)
async def test_a_head_that_is_too_large_is_refused(
    port: int, echo: Echo, pieces: list[bytes]
) -> None:
    assert problem(await said(port, *pieces, pause=0.01)) == "head-too-large"
    assert echo.scopes == []


async def test_a_head_that_does_not_come_is_waited_for_no_longer_than_the_bound(
    port: int, echo: Echo
) -> None:
    assert await said(port) == b""
    assert problem(await said(port, GET, b"x: y\r\n", pause=0.05)) == "too-slow"
    drop_by_drop = [GET, *[b"h%d: 1\r\n" % n for n in range(20)]]
    assert problem(await said(port, *drop_by_drop, pause=0.05)) == "too-slow"
    # After an answer the same holds for the next head on the connection.
    kept = await said(port, GET + b"\r\n", b"GET", pause=0.05)
    assert kept.startswith(b"HTTP/1.1 200")
    assert problem(kept.partition(END)[2]) == "too-slow"
    assert len(echo.scopes) == 1


async def test_a_slow_body_is_not_a_slow_head(port: int) -> None:
    post = b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 3" + END
    answer = await said(port, post, b"a", b"b", b"c", pause=0.2)
    assert answer.endswith(b"abc")


async def test_trailers_never_become_headers(port: int, echo: Echo) -> None:
    chunked = GET + b"transfer-encoding: chunked" + END
    answer = await said(port, chunked + b"1\r\na\r\n0\r\nx-huitong-passport: forged\r\n\r\n")
    assert answer.endswith(b"a")
    assert [key for key, _ in echo.scopes[0]["headers"]] == [b"host", b"transfer-encoding"]


async def test_a_body_that_breaks_off_into_nonsense_is_refused_once_and_the_application_told(
    port: int, echo: Echo, caplog: pytest.LogCaptureFixture
) -> None:
    chunked = GET + b"transfer-encoding: chunked" + END
    answer = await said(port, chunked + b"1\r\na\r\n", b"nonsense\r\n", pause=0.1)
    assert problem(answer) == "bad-request"
    assert answer.count(b"HTTP/1.1 ") == 1
    assert not [r for r in caplog.records if r.levelname == "ERROR"]


async def test_nonsense_behind_a_request_is_never_taken_for_its_answer(port: int) -> None:
    answer = await said(port, GET + b"\r\n" + b"nonsense" + END)
    assert b" 400 " not in answer.partition(END)[0]


async def test_a_head_of_which_some_came_before_the_last_answer_is_read_whole(
    port: int, echo: Echo
) -> None:
    both = b"GET /a HTTP/1.1\r\nhost: x\r\n\r\nGET /b HTTP/1.1\r\nhost: x\r\nx-one: 1\r\n"
    await said(port, both, b"x-two: 2\r\nconnection: close\r\n\r\n", pause=0.1)
    names = [name for name, _ in echo.scopes[1]["headers"]]
    assert names == [b"host", b"x-one", b"x-two", b"connection"]


async def test_a_connection_is_kept_for_so_long_after_each_answer_and_no_longer(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Quick, "head_seconds", 20.0)
    loop = asyncio.get_running_loop()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(2):
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        await reader.readuntil(END)
        asked = loop.time()
        await asyncio.sleep(0.6)
    assert await asyncio.wait_for(reader.read(), 5) == b""
    assert 0.9 < loop.time() - asked < 4
    writer.close()
