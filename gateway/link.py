"""A link: one connection to one of our own services, and what arrives on it of an answer.

It trusts the other side (our own uvicorn) to speak HTTP, and nothing else of what it sends.
Whoever asks is told by callbacks (Taker), once for each piece that arrives. A link carries one
exchange at a time.
"""

import asyncio
from typing import Protocol, cast
from uuid import UUID

import httptools

from gateway.answers import Head, Header, Heads

_BUFFERED = 256 * 1024
_TURNS = 4


class UpstreamAway(Exception):
    """The service cannot be reached. `sent` says whether it may have begun to work."""

    def __init__(self, reason: str, *, sent: bool) -> None:
        super().__init__(reason)
        self.sent = sent


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

    def __init__(self, heads: Heads) -> None:
        self._heads = heads
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
        # The answer's head once it is here; an interim answer (1xx) is none.
        self.head: Head | None = None
        # Nothing of the answer is here yet. The parser then stands between two answers.
        self._fresh = True
        self._headers: list[Header] = []
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
        fresh, self._fresh = self._fresh, False
        if fresh and not self.headless:
            known = self._heads.find(data)
            if known is not None:
                self.head, self.complete, self.keep = known, True, True
                self._pieces.append(data[known.size :])
                taker.answered(self)
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
        if fresh and self.complete and self.keep:
            self._heads.learn(data, self.head)
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
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if self.head is not None or status < 200:
            return
        self.keep = self._parser.should_keep_alive()
        self.head = Head(status, self._headers)
        if self.headless:
            self.complete = True
            self.keep = False

    def on_body(self, body: bytes) -> None:
        if not self.complete:
            self._pieces.append(body)
            self._held += len(body)

    def on_message_complete(self) -> None:
        if self.head is None:  # An interim answer (1xx); the real one follows.
            self._headers = []
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

    def rest(self) -> None:
        """Read no more for a few turns of the loop: a large answer is in no hurry, and a small
        call that needs several turns would else wait for a piece of it in each."""
        if self.transport is not None and not self._paused and not self.transport.is_closing():
            self._paused = True
            self.transport.pause_reading()
            asyncio.get_running_loop().call_soon(self._rested, self.taker, _TURNS - 1)

    def _rested(self, taker: Taker | None, turns: int) -> None:
        if turns:
            asyncio.get_running_loop().call_soon(self._rested, taker, turns - 1)
        elif self._paused and self.taker is taker:
            self._resume()

    def _resume(self) -> None:
        self._paused = False
        if self.transport is not None and not self.transport.is_closing():
            self.transport.resume_reading()
