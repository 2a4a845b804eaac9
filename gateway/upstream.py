"""A small HTTP/1.1 client for our own services over unix sockets, streaming both ways.

Written for this one path because general clients cost more than the whole hop. Whoever asks is
told by callbacks (gateway/link.py); `Upstream.exchange` is the same for a coroutine.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from functools import cached_property
from typing import Any
from uuid import UUID

from gateway.answers import Head, Heads
from gateway.limits.fairness import Places
from gateway.link import Link, Taker, UpstreamAway
from shared import sockets

_IDLE_SECONDS = 3.0  # Below uvicorn's keep-alive of 5 s, so that a kept connection still stands.
_CONNECT_SECONDS = 5.0
Body = AsyncIterator[bytes] | None


class Upstream:
    """Connections to one service, kept and used again. `path` is its unix socket; at most
    `connections` are open, and `seconds` is the patience with each step of an exchange. `weights`
    are departments' (gateway/limits/fairness.py)."""

    def __init__(
        self, path: str, connections: int, seconds: float, weights: Mapping[UUID, int] | None = None
    ) -> None:
        self._path = path
        self.seconds = seconds
        self._idle: list[Link] = []
        self._places = Places[Taker](connections, weights or {})
        self._opening: set[asyncio.Task[None]] = set()
        self._heads = Heads()

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
                _, link = await self._loop.create_unix_connection(
                    lambda: Link(self._heads), sockets.short(self._path)
                )
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
