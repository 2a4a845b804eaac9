"""A small HTTP/1.1 client for our own services over unix sockets, streaming both ways.

Written for this one path because general clients cost more than the whole hop. It trusts the
other side (our own uvicorn) to speak HTTP, and nothing else of what it sends.
"""

import asyncio
import contextlib
from collections import deque
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, cast

import httptools

from shared import sockets

_BUFFERED = 256 * 1024
_IDLE_SECONDS = 3.0  # Below uvicorn's keep-alive of 5 s, so that a kept connection still stands.


class UpstreamAway(Exception):
    """The service cannot be reached. `sent` says whether it may have begun to work."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


@dataclass(slots=True)
class Head:
    """The beginning of an answer."""

    status: int
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)


class _Connection(asyncio.Protocol):
    """One connection; one exchange at a time."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.idle_since = 0.0
        self.closed = False
        self._begin()
        self._writable = asyncio.Event()
        self._writable.set()

    def _begin(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self.head: asyncio.Future[Head] = asyncio.get_running_loop().create_future()
        self._made = Head(0)
        self._chunks: deque[bytes] = deque()
        self._held = 0
        self._more = asyncio.Event()
        self.complete = False
        self.keep = False
        # The service has not read, and will not read, all that was sent to it.
        self.spent = False

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if self.complete:  # Nothing was asked: whatever this is, it answers nobody.
            self.abort()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._fail("the service did not speak HTTP")
            self.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        self._fail("the connection was lost")
        self._writable.set()

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    def _fail(self, reason: str) -> None:
        if not self.head.done():
            self.head.set_exception(UpstreamAway(reason, sent=True))
            self.head.exception()  # Looked at: nobody may be waiting any more.
        self._more.set()

    # httptools callbacks

    def on_header(self, name: bytes, value: bytes) -> None:
        self._made.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self._made.status = self._parser.get_status_code()
        self.keep = self._parser.should_keep_alive()
        if self._made.status >= 200 and not self.head.done():
            self.head.set_result(self._made)

    def on_body(self, body: bytes) -> None:
        self._chunks.append(body)
        self._held += len(body)
        if self._held > _BUFFERED and self.transport is not None:
            self.transport.pause_reading()
        self._more.set()

    def on_message_complete(self) -> None:
        if self._made.status < 200:  # An interim answer (1xx); the real one follows.
            self._made = Head(0)
            return
        self.complete = True
        self._more.set()

    # the exchange

    def renew(self) -> None:
        """Make ready for another exchange."""
        self._begin()
        if self.transport is not None:
            # The exchange before may have been given up while its answer was held back.
            self.transport.resume_reading()

    def write(self, data: bytes) -> None:
        if self.transport is None or self.closed:
            raise UpstreamAway("the connection was lost", sent=True)
        self.transport.write(data)

    async def drained(self, seconds: float) -> None:
        """Wait until the service has taken what was written. Raises TimeoutError."""
        if not self._writable.is_set():
            async with asyncio.timeout(seconds):
                await self._writable.wait()

    async def chunks(self, seconds: float) -> AsyncIterator[bytes]:
        """The answer's body as it arrives.

        Raises UpstreamAway where it is cut short, or nothing comes for `seconds`.
        """
        while True:
            while self._chunks:
                chunk = self._chunks.popleft()
                self._held -= len(chunk)
                if self._held <= _BUFFERED // 2 and self.transport is not None:
                    self.transport.resume_reading()
                yield chunk
            if self.complete:
                return
            if self.closed:
                raise UpstreamAway("the answer was cut short", sent=True)
            self._more.clear()
            try:
                async with asyncio.timeout(seconds):
                    await self._more.wait()
            except TimeoutError:
                raise UpstreamAway("the answer stopped", sent=True) from None

    def abort(self) -> None:
        if self.transport is not None:
            self.transport.abort()


class Upstream:
    """Connections to one service, kept and used again. `path` is its unix socket."""

    def __init__(self, path: str, connections: int, seconds: float) -> None:
        self._path = path
        self._seconds = seconds
        self._idle: list[_Connection] = []
        self._places = asyncio.Semaphore(connections)

    async def exchange(self, head: bytes, body: AsyncIterator[bytes] | None) -> "Exchange":
        """Send a request whose head is ready, and return when the answer's head is here.

        `body` yields what follows the head, framed already. Raises UpstreamAway, TimeoutError.
        """
        async with asyncio.timeout(self._seconds):
            await self._places.acquire()
        try:
            return await self._exchange(head, body)
        except BaseException:
            self._places.release()
            raise

    async def _exchange(self, head: bytes, body: AsyncIterator[bytes] | None) -> "Exchange":
        connection = await self._connection()
        try:
            connection.write(head)
            whole = body is None or await self._send(connection, body)
            async with asyncio.timeout(self._seconds):
                answer = await connection.head
        except BaseException:
            connection.abort()
            raise
        return Exchange(self, connection, answer, self._seconds, whole=whole)

    async def _send(self, connection: _Connection, body: AsyncIterator[bytes]) -> bool:
        """Send the body; False where the service answered before its end and reads no more."""
        sending = asyncio.create_task(self._send_all(connection, body))
        try:
            either: set[asyncio.Future[Any]] = {sending, connection.head}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
                return True
            connection.spent = True
            return False
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await sending

    async def _send_all(self, connection: _Connection, body: AsyncIterator[bytes]) -> None:
        async for piece in body:
            connection.write(piece)
            await connection.drained(self._seconds)

    async def _connection(self) -> _Connection:
        loop = asyncio.get_running_loop()
        while self._idle:
            kept = self._idle.pop()
            if not kept.closed and loop.time() - kept.idle_since < _IDLE_SECONDS:
                kept.renew()
                return kept
            kept.abort()
        try:
            async with asyncio.timeout(5):
                _, made = await loop.create_unix_connection(_Connection, sockets.short(self._path))
        except (OSError, TimeoutError) as error:
            raise UpstreamAway("the service does not answer", sent=False) from error
        return made

    def close(self) -> None:
        """Drop the connections that wait for another exchange."""
        while self._idle:
            self._idle.pop().abort()

    def give_back(self, connection: _Connection) -> None:
        """Keep a connection whose exchange is over, or drop one that is not clean."""
        self._places.release()
        clean = connection.complete and connection.keep and not connection.spent
        if clean and not connection.closed:
            connection.idle_since = asyncio.get_running_loop().time()
            self._idle.append(connection)
        else:
            connection.abort()


class Exchange:
    """One request and its answer; close it when done with."""

    def __init__(
        self,
        upstream: Upstream,
        connection: _Connection,
        head: Head,
        seconds: float,
        *,
        whole: bool,
    ) -> None:
        self._upstream = upstream
        self._connection = connection
        self._seconds = seconds
        self.head = head
        # Whether the request's body was read to its end.
        self.whole = whole

    def chunks(self) -> AsyncIterator[bytes]:
        """The answer's body as it arrives. Raises UpstreamAway where it is cut short."""
        return self._connection.chunks(self._seconds)

    def close(self) -> None:
        """Give the connection back."""
        self._upstream.give_back(self._connection)
