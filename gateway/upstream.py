"""A small HTTP/1.1 client for our own services over unix sockets, streaming both ways.

Written for this one path because general clients cost more than the whole hop. It trusts the
other side (our own uvicorn) to speak HTTP, and nothing else of what it sends. Whoever asks is
told by callbacks (Taker), once for each piece that arrives; `Upstream.exchange` is the same for
a coroutine. A connection carries one exchange at a time.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol, cast
from uuid import UUID

import httptools

from gateway.limits.fairness import Places
from shared import sockets

_BUFFERED = 256 * 1024
_IDLE_SECONDS = 3.0  # Below uvicorn's keep-alive of 5 s, so that a kept connection still stands.
_CONNECT_SECONDS = 5.0
Body = AsyncIterator[bytes] | None


class UpstreamAway(Exception):
    """The service cannot be reached. `sent` says whether it may have begun to work."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


@dataclass(slots=True)
class Head:
    """The beginning of an answer. The names of headers are in lower case."""

    status: int
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)


class Taker(Protocol):
    """Who asks a service, and is told of the answer. None of these may raise."""

    # Whose call it is; None is the platform's own.
    department: UUID | None

    def linked(self, link: "Link") -> None:
        """Here is a connection: write to it. It is the taker's until it is given back."""

    def answered(self, link: "Link") -> None:
        """The head, or more of the answer, is here, or its end."""

    def failed(self, away: UpstreamAway) -> None:
        """There is no connection, or it broke; nothing follows."""


class Link(asyncio.Protocol):
    """One connection to a service, and what arrived on it of the answer under way."""

    def __init__(self) -> None:
        self.taker: Taker | None = None
        self.department: UUID | None = None  # Whose place it takes up.
        self.transport: asyncio.Transport | None = None
        self.idle_since = 0.0
        self.closed = False
        self._writable: asyncio.Event | None = None
        self._paused = False
        # One for all its exchanges: another begins only where the one before ended cleanly.
        self._parser = httptools.HttpResponseParser(self)
        self.begin(None)

    def begin(self, taker: Taker | None) -> None:
        """Make ready for an exchange."""
        self.taker = taker
        self.department = taker.department if taker is not None else None
        self._made = Head(0)
        # The answer's head once it is here; an interim answer (1xx) is none.
        self.head: Head | None = None
        self._pieces: list[bytes] = []
        self._held = 0
        self.complete = self.keep = False
        # The service has not read, and will not read, all that was sent to it.
        self.spent = False
        # An answer to HEAD states a length and ends with its head.
        self.headless = False
        if self._paused:
            # The exchange before may have been given up while its answer was held back.
            self._resume()

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        taker = self.taker
        if taker is None or self.complete:
            # Nothing was asked: whatever this is, it answers nobody.
            self.abort()
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.closed = True
            self.abort()
            self._fail("the service did not speak HTTP")
            return
        if self.head is None:
            return
        if self._held > _BUFFERED and not self._paused and self.transport is not None:
            self._paused = True
            self.transport.pause_reading()
        # Told here and not from within the parser: the taker may begin another exchange.
        taker.answered(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self.closed = True
        if self._writable is not None:
            self._writable.set()
        if not self.complete:
            self._fail("the connection was lost")

    def pause_writing(self) -> None:
        self._writable = asyncio.Event()

    def resume_writing(self) -> None:
        if self._writable is not None:
            self._writable.set()
            self._writable = None

    def _fail(self, reason: str) -> None:
        taker, self.taker = self.taker, None
        if taker is not None:
            taker.failed(UpstreamAway(reason, sent=True))

    # httptools callbacks

    def on_message_begin(self) -> None:
        if self.complete:  # A second answer where one was asked for.
            self.keep = False

    def on_header(self, name: bytes, value: bytes) -> None:
        if self.head is None:  # Behind the head these are trailers, which nobody here wants.
            self._made.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if self.head is not None or status < 200:
            return
        self._made.status = status
        self.keep = self._parser.should_keep_alive()
        self.head = self._made
        if self.headless:
            self.complete = True
            self.keep = False

    def on_body(self, body: bytes) -> None:
        if not self.complete:
            self._pieces.append(body)
            self._held += len(body)

    def on_message_complete(self) -> None:
        if self.head is None:  # An interim answer (1xx); the real one follows.
            self._made = Head(0)
        else:
            self.complete = True

    # the exchange

    def write(self, data: bytes) -> None:
        """Send. Raises UpstreamAway."""
        if self.transport is None or self.closed:
            raise UpstreamAway("the connection was lost", sent=True)
        self.transport.write(data)

    def take(self) -> list[bytes]:
        """What has arrived of the body. While nobody takes it, the service is held back."""
        pieces, self._pieces = self._pieces, []
        self._held = 0
        if self._paused:
            self._resume()
        return pieces

    async def drained(self, seconds: float) -> None:
        """Wait until the service has taken what was written. Raises TimeoutError."""
        if self._writable is not None:
            async with asyncio.timeout(seconds):
                await self._writable.wait()

    def abort(self) -> None:
        """Break the connection."""
        if self.transport is not None:
            self.transport.abort()

    def _resume(self) -> None:
        self._paused = False
        if self.transport is not None and not self.closed:
            self.transport.resume_reading()


class Upstream:
    """Connections to one service, kept and used again. `path` is its unix socket; at most
    `connections` are open, and `seconds` is the patience with each step of an exchange."""

    def __init__(self, path: str, connections: int, seconds: float) -> None:
        self._path = path
        self.seconds = seconds
        self._idle: list[Link] = []
        self._places = Places[Taker](connections)
        self._opening: set[asyncio.Task[None]] = set()

    def ask(self, taker: Taker) -> None:
        """Tell the taker of a connection, now or as soon as there is one for its department.

        Raises DepartmentBusy, PlatformBusy.
        """
        if self._places.enter(taker.department, taker):
            self._serve(taker)

    def forget(self, taker: Taker) -> None:
        """The taker waits for a connection no more."""
        self._places.give_up(taker.department, taker)

    def give_back(self, link: Link) -> None:
        """Keep a connection whose exchange is over, or drop one that is not clean."""
        link.taker = None
        if link.complete and link.keep and not link.spent and not link.closed:
            link.idle_since = self._loop.time()
            self._idle.append(link)
        else:
            link.abort()
        self._next(link.department)

    async def exchange(
        self, head: bytes, body: Body, *, headless: bool = False, department: UUID | None = None
    ) -> "Exchange":
        """Send a request whose head is ready, and return when the answer's head is here.

        `body` yields what follows the head, framed already; `headless` is a HEAD request's
        answer. Raises UpstreamAway, TimeoutError, DepartmentBusy, PlatformBusy.
        """
        exchange = Exchange(self, department)
        try:
            await exchange.begin(head, body, headless=headless)
        except BaseException:
            exchange.close()
            raise
        return exchange

    def close(self) -> None:
        """Drop the connections that wait for another exchange."""
        while self._idle:
            self._idle.pop().abort()

    def _next(self, department: UUID | None) -> None:
        following = self._places.leave(department)
        if following is not None:
            self._serve(following)

    def _serve(self, taker: Taker) -> None:
        while self._idle:
            kept = self._idle.pop()
            if not kept.closed and self._loop.time() - kept.idle_since < _IDLE_SECONDS:
                kept.begin(taker)
                taker.linked(kept)
                return
            kept.abort()
        opening = self._loop.create_task(self._open(taker))
        self._opening.add(opening)
        opening.add_done_callback(self._opening.discard)

    async def _open(self, taker: Taker) -> None:
        try:
            async with asyncio.timeout(_CONNECT_SECONDS):
                _, link = await self._loop.create_unix_connection(Link, sockets.short(self._path))
        except (OSError, TimeoutError):
            self._next(taker.department)
            taker.failed(UpstreamAway("the service does not answer", sent=False))
            return
        link.begin(taker)
        taker.linked(link)

    @cached_property  # Asking for it is a system call each time.
    def _loop(self) -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()


class Exchange:
    """One request and its answer, for a coroutine; close it when done with."""

    def __init__(self, upstream: Upstream, department: UUID | None) -> None:
        self.department = department
        self._upstream = upstream
        self._linked: asyncio.Future[Link] = asyncio.get_running_loop().create_future()
        self._headed: asyncio.Future[Head] = asyncio.get_running_loop().create_future()
        self._more = asyncio.Event()
        self._link: Link | None = None
        self._away: UpstreamAway | None = None
        self._closed = False
        # Whether the request's body was read to its end.
        self.whole = True

    # Taker

    def linked(self, link: Link) -> None:
        if self._closed:  # It waited for too long, or its caller left.
            self._upstream.give_back(link)
        else:
            self._link = link
            self._linked.set_result(link)

    def answered(self, link: Link) -> None:
        if link.head is not None and not self._headed.done():
            self._headed.set_result(link.head)
        self._more.set()

    def failed(self, away: UpstreamAway) -> None:
        self._away = away
        for future in (self._linked, self._headed):
            if not future.done():
                future.set_exception(away)
                future.exception()  # Looked at: nobody may be waiting any more.
        self._more.set()

    # the exchange

    @property
    def head(self) -> Head:
        """The head of the answer, which has begun."""
        return self._headed.result()

    async def begin(
        self, head: bytes, body: AsyncIterator[bytes] | None, *, headless: bool
    ) -> None:
        """Send the request and wait for the answer's head. Raises UpstreamAway, TimeoutError."""
        seconds = self._upstream.seconds
        async with asyncio.timeout(seconds):
            self._upstream.ask(self)
            link = await self._linked
        link.headless = headless
        link.write(head)
        self.whole = body is None or await self._send(link, body)
        async with asyncio.timeout(seconds):
            await self._headed

    async def chunks(self) -> AsyncIterator[bytes]:
        """The answer's body as it arrives.

        Raises UpstreamAway where it is cut short, or nothing comes for too long.
        """
        link = self._linked.result()
        while True:
            self._more.clear()
            for piece in link.take():
                yield piece
            if self._more.is_set():
                continue
            if link.complete:
                return
            if self._away is not None:
                raise UpstreamAway("the answer was cut short", sent=True)
            try:
                async with asyncio.timeout(self._upstream.seconds):
                    await self._more.wait()
            except TimeoutError:
                raise UpstreamAway("the answer stopped", sent=True) from None

    def close(self) -> None:
        """Give the connection back, or stop waiting for one."""
        if self._closed:
            return
        self._closed = True
        if self._link is not None:
            self._upstream.give_back(self._link)
        else:
            self._upstream.forget(self)

    async def _send(self, link: Link, body: AsyncIterator[bytes]) -> bool:
        """Send the body; False where the service answered before its end and reads no more."""
        sending = asyncio.create_task(self._send_all(link, body))
        try:
            either: set[asyncio.Future[Any]] = {sending, self._headed}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
                return True
            link.spent = True
            return False
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await sending

    async def _send_all(self, link: Link, body: AsyncIterator[bytes]) -> None:
        async for piece in body:
            link.write(piece)
            await link.drained(self._upstream.seconds)
