"""The client towards our own services, against a service that misbehaves in every way."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from gateway.link import UpstreamAway
from gateway.upstream import Exchange, Upstream

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
HEAD = b"GET /x HTTP/1.1\r\nhost: huitong\r\n\r\n"
POST = b"POST /x HTTP/1.1\r\nhost: huitong\r\ntransfer-encoding: chunked\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


@contextlib.asynccontextmanager
async def service(folder: Path, serve: Serve) -> AsyncIterator[Upstream]:
    """An upstream of two connections that waits a second, and the service behind it."""
    path = str(folder / "s.sock")

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            await serve(reader, writer)
        writer.close()

    server = await asyncio.start_unix_server(handle, path)
    upstream = Upstream(path, 2, 1.0)
    try:
        yield upstream
    finally:
        upstream.close()
        server.close()
        await asyncio.sleep(0)


async def body_of(exchange: Exchange) -> bytes:
    try:
        return b"".join([chunk async for chunk in exchange.chunks()])
    finally:
        exchange.close()


async def test_a_connection_is_used_again(tmp_path: Path) -> None:
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(OK)

    async with service(tmp_path, serve) as upstream:
        for _ in range(5):
            assert await body_of(await upstream.exchange(HEAD, None)) == b"ok"
    assert connections == 1


async def test_a_service_that_is_not_there_is_away(tmp_path: Path) -> None:
    upstream = Upstream(str(tmp_path / "none.sock"), 1, 1.0)
    for _ in range(3):  # And its place is given back each time.
        with pytest.raises(UpstreamAway):
            await upstream.exchange(HEAD, None)


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200", b"nonsense\r\n\r\n", b"\0" * 100, b"HTTP/1.1 200 OK\r\ncontent-le"],
)
async def test_an_answer_that_is_none_is_a_service_away(tmp_path: Path, answer: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)

    async with service(tmp_path, serve) as upstream:
        for _ in range(3):
            with pytest.raises(UpstreamAway):
                await upstream.exchange(HEAD, None)


@pytest.mark.parametrize(
    "cut",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ],
)
async def test_an_answer_that_is_cut_never_looks_whole(tmp_path: Path, cut: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(cut)

    async with service(tmp_path, serve) as upstream:
        exchange = await upstream.exchange(HEAD, None)
        with pytest.raises(UpstreamAway):
            await body_of(exchange)


async def test_an_answer_that_stops_is_given_up(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
        await asyncio.sleep(5)

    async with service(tmp_path, serve) as upstream:
        exchange = await upstream.exchange(HEAD, None)
        with pytest.raises(UpstreamAway, match="stopped"):
            await asyncio.wait_for(body_of(exchange), 3)


async def test_a_service_that_does_not_answer_is_waited_for_no_longer_than_told(
    tmp_path: Path,
) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(5)

    async with service(tmp_path, serve) as upstream:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(upstream.exchange(HEAD, None), 3)


async def test_an_interim_answer_is_not_the_answer(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hints\r\nlink: x\r\n\r\n" + OK)

    async with service(tmp_path, serve) as upstream:
        exchange = await upstream.exchange(HEAD, None)
        assert exchange.head.status == 200
        assert [key for key, _ in exchange.head.headers] == [b"content-length"]
        assert await body_of(exchange) == b"ok"


async def test_an_early_answer_ends_the_upload_also_while_the_caller_sends_nothing(
    tmp_path: Path,
) -> None:
    connections = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 409 Conflict\r\ncontent-length: 2\r\n\r\nno")
        await reader.read()

    async def body() -> AsyncIterator[bytes]:
        yield b"1\r\na\r\n"
        await asyncio.sleep(30)

    async with service(tmp_path, serve) as upstream:
        for _ in range(2):
            exchange = await asyncio.wait_for(upstream.exchange(POST, body()), 2)
            assert (exchange.head.status, exchange.whole) == (409, False)
            assert await body_of(exchange) == b"no"
    # What was not read to its end is not used again.
    assert connections == 2


async def test_a_caller_that_fails_in_the_middle_leaves_no_half_request_behind(
    tmp_path: Path,
) -> None:
    seen: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        seen.append(await reader.read())

    async def body() -> AsyncIterator[bytes]:
        yield b"1\r\na\r\n"
        raise LookupError

    async with service(tmp_path, serve) as upstream:
        for _ in range(3):
            with pytest.raises(LookupError):
                await upstream.exchange(POST, body())
        await asyncio.sleep(0.05)
    assert not any(b"0\r\n\r\n" in sent for sent in seen)


async def test_a_slow_reader_holds_back_the_service_and_not_the_memory(tmp_path: Path) -> None:
    sent = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 52428800\r\n\r\n")
        for _ in range(800):
            writer.write(b"x" * 65536)
            await writer.drain()
            sent += 65536

    async with service(tmp_path, serve) as upstream:
        exchange = await upstream.exchange(HEAD, None)
        chunks = exchange.chunks()
        got = len(await anext(chunks))
        await asyncio.sleep(0.2)
        assert sent < 3_000_000
        async for chunk in chunks:
            got += len(chunk)
        assert got == 52_428_800
        exchange.close()


async def test_an_exchange_that_was_given_up_does_not_hold_back_the_next(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 600000\r\n\r\n" + b"x" * 600_000)
            await writer.drain()

    async with service(tmp_path, serve) as upstream:
        for _ in range(5):
            exchange = await upstream.exchange(HEAD, None)
            await anext(exchange.chunks())
            await asyncio.sleep(0.02)
            exchange.close()
        assert len(await body_of(await upstream.exchange(HEAD, None))) == 600_000


async def test_what_comes_unasked_ends_the_connection(tmp_path: Path) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)
        await asyncio.sleep(0.05)
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nforged")
        await reader.readuntil(b"\r\n\r\n")
        writer.write(OK)

    async with service(tmp_path, serve) as upstream:
        assert await body_of(await upstream.exchange(HEAD, None)) == b"ok"
        await asyncio.sleep(0.15)
        assert await body_of(await upstream.exchange(HEAD, None)) == b"ok"


async def test_no_more_connections_are_open_than_allowed(tmp_path: Path) -> None:
    now = most = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal now, most
        await reader.readuntil(b"\r\n\r\n")
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.02)
        now -= 1
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")

    async with service(tmp_path, serve) as upstream:

        async def call() -> bytes:
            return await body_of(await upstream.exchange(HEAD, None))

        assert await asyncio.gather(*[call() for _ in range(10)]) == [b"ok"] * 10
    assert most == 2
