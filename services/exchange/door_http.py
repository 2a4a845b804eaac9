"""HTTP/1.1 for the file door: small, strict, and careful with slow and hostile callers.

One request at a time on a connection. Bodies are taken of those requests alone whose handler may
want them, as fast as it reads; heads are short, and a caller that neither sends nor takes bytes
for a while is cut off. At most one piece of a file and the small buffers of both directions are in
memory for each connection.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import cast

import httptools

_log = logging.getLogger(__name__)
_LONGEST_HEAD = 16 * 1024
_BUFFERED = 256 * 1024
_HEAD_TOO_LARGE = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that a caller may take for a head, between requests, and to take a piece."""

    head: float = 10.0
    idle: float = 60.0
    piece: float = 60.0
    # Of a body that nobody wants, for so long: a caller that is cut off reads no refusal.
    unwanted: float = 2.0


class Gone(Exception):
    """The caller went away, or takes no bytes, or sends none."""


class Body:
    """The bytes of a request, as they come; `flow` is told to stop and go on."""

    def __init__(self, flow: Callable[[bool], None], begin: Callable[[], None], wait: float):
        self.ended = False
        self._flow = flow
        self._begin = begin
        self._wait = wait
        self._pieces: deque[bytes] = deque()
        self._held = 0
        self._broken = False
        self._unwanted = False
        self._more = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Each piece once. Raises Gone where the line broke or nothing more comes."""
        if not self.ended:
            self._begin()
        while True:
            while self._pieces:
                piece = self._pieces.popleft()
                self._held -= len(piece)
                if self._held < _BUFFERED and not self.ended:
                    self._flow(True)
                yield piece
            if self.ended:
                return
            if self._broken:
                raise Gone
            self._more.clear()
            try:
                async with asyncio.timeout(self._wait):
                    await self._more.wait()
            except TimeoutError:
                raise Gone from None

    def feed(self, data: bytes) -> None:
        """Bytes came."""
        if self._unwanted:
            return
        self._pieces.append(data)
        self._held += len(data)
        if self._held >= _BUFFERED:
            self._flow(False)
        self._more.set()

    def end(self) -> None:
        """All of them did."""
        self.ended = True
        self._more.set()

    def break_off(self) -> None:
        """No more will."""
        self._broken = True
        self._more.set()

    def refuse(self) -> None:
        """What still comes is dropped."""
        self._unwanted = True
        self._pieces.clear()
        self._flow(True)


@dataclass(slots=True)
class Request:
    """One request: `headers` by lower-case name, the last of equal ones. `body` is there where
    it may be wanted."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    has_body: bool = False
    body: Body | None = None


class Answerer:
    """One connection's sending side, as a handler sees it."""

    def __init__(self, connection: "Connection", request: Request, *, keep: bool) -> None:
        self.started = False
        self._connection = connection
        self._request = request
        self._keep = keep

    @property
    def method(self) -> str:
        """The request's method."""
        return self._request.method

    @property
    def keeps(self) -> bool:
        """Whether another request may follow: not behind a body that was not read to its end."""
        body = self._request.body
        return self._keep and (not self._request.has_body or (body is not None and body.ended))

    def start(self, status: int, headers: Mapping[str, str]) -> None:
        """Send the head."""
        self.started = True
        lines = [f"HTTP/1.1 {status} {_phrase(status)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines.append("connection: keep-alive" if self.keeps else "connection: close")
        self._connection.write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n")

    async def send(self, data: bytes) -> None:
        """Send bytes of the body; returns when there is room for more. Raises Gone."""
        self._connection.write(data)
        await self._connection.room()

    def abort(self) -> None:
        """Cut the connection off: half an answer must not look like a whole one."""
        self._connection.abort()

    def whole(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        """Send an answer that is all there; to HEAD its head alone."""
        # An answer that can have no body has no length of one either (RFC 9110 §8.6).
        length = {} if status == HTTPStatus.NO_CONTENT else {"content-length": str(len(body))}
        self.start(status, {**headers, **length})
        if self.method != "HEAD":
            self._connection.write(body)


Handler = Callable[[Request, Answerer], Awaitable[None]]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        # Numbers of other protocols than HTTP's own have no phrase of it.
        return "Refused"


class Connection(asyncio.Protocol):
    """One caller's connection."""

    def __init__(
        self,
        handler: Handler,
        connections: "set[Connection]",
        patience: Patience,
        takes: str | None = None,
    ) -> None:
        """`takes` is the beginning of the paths whose requests' bodies are read."""
        self._takes = takes
        self._handler = handler
        self._connections = connections
        self._patience = patience
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._room = asyncio.Event()
        self._room.set()
        self._lost = False
        self._task: asyncio.Task[None] | None = None
        self._waiting: list[tuple[Request, bool]] = []
        self._head = self._unended = 0
        self._request: Request | None = None
        self._body: Body | None = None
        # Whether what is being answered came with a body.
        self._taking = False
        self._clock: asyncio.TimerHandle | None = None
        self.closed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A caller came."""
        # uvloop's transports are no asyncio.Transport by class, only by what they do.
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=_BUFFERED)
        self._connections.add(self)
        self._expect(self._patience.head)

    def connection_lost(self, exc: Exception | None) -> None:
        """The caller is gone."""
        self._lost = True
        self._room.set()
        self.closed.set()
        self._connections.discard(self)
        if self._clock is not None:
            self._clock.cancel()
        if self._body is not None:
            self._body.break_off()
        # What came of a body is still to be kept, also when all of it did.
        if self._task is not None and not self._taking:
            self._task.cancel()

    def pause_writing(self) -> None:
        """The caller takes bytes more slowly than they come."""
        self._room.clear()

    def resume_writing(self) -> None:
        """It took some."""
        self._room.set()

    def data_received(self, data: bytes) -> None:
        """Bytes of a request."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refuse(HTTPStatus.BAD_REQUEST)
            return
        except httptools.HttpParserError:
            self._refuse(_HEAD_TOO_LARGE if self._head > _LONGEST_HEAD else HTTPStatus.BAD_REQUEST)
            return
        if self._request is not None and self._body is None:
            # A head that does not end, or a body that nobody asked for.
            self._unended += len(data)
            if self._unended > _LONGEST_HEAD:
                self._refuse(_HEAD_TOO_LARGE)

    def on_message_begin(self) -> None:
        """The parser: a request begins."""
        self._request = Request("", "")
        self._head = self._unended = 0

    def on_url(self, url: bytes) -> None:
        """The parser: (a part of) its target."""
        if self._request is not None:
            self._count(len(url))
            self._request.path += url.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        """The parser: a header."""
        if self._request is not None:
            self._count(len(name) + len(value))
            key = name.decode("latin-1").lower()
            self._request.headers[key] = value.decode("latin-1")
            if key == "transfer-encoding" or (key == "content-length" and value.strip() != b"0"):
                self._request.has_body = True

    def _count(self, size: int) -> None:
        self._head += size
        if self._head > _LONGEST_HEAD:
            raise ValueError("the head is too long")

    def on_headers_complete(self) -> None:
        """The parser: its head is whole; where its body may be wanted it is answered now."""
        request = self._request
        if request is None:
            return
        request.method = self._parser.get_method().decode()
        if self._takes is not None and request.has_body and request.path.startswith(self._takes):
            expected = request.headers.get("expect", "").lower() == "100-continue"
            request.body = Body(
                self._flow, lambda: self._go_on(expected=expected), self._patience.piece
            )
            self._body = request.body
            self._begin(request)

    def on_body(self, data: bytes) -> None:
        """The parser: bytes of its body."""
        if self._body is not None:
            self._body.feed(data)

    def on_message_complete(self) -> None:
        """The parser: the request is whole."""
        request, self._request = self._request, None
        if request is None:
            return
        if request.body is None:
            self._begin(request)
            return
        self._body = None
        request.body.end()
        if self._transport is not None and not self._lost:
            # What the caller sends next waits in its own socket.
            self._transport.pause_reading()

    def _begin(self, request: Request) -> None:
        self._waiting.append((request, self._parser.should_keep_alive()))
        if self._task is None:
            self._task = asyncio.ensure_future(self._answer_all())

    def _flow(self, go_on: bool) -> None:
        if self._transport is None or self._lost:
            return
        if go_on:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def _go_on(self, *, expected: bool) -> None:
        if expected:
            self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        # It was let wait where the request came right behind another one.
        self._flow(True)

    def write(self, data: bytes) -> None:
        """Hand bytes to the transport."""
        if self._transport is not None and not self._lost:
            self._transport.write(data)

    async def room(self) -> None:
        """Until the transport takes more. Raises Gone."""
        if not self._room.is_set():
            try:
                await asyncio.wait_for(self._room.wait(), self._patience.piece)
            except TimeoutError:
                self.abort()
        if self._lost:
            raise Gone
        # Others on this loop have their turn between two pieces.
        await asyncio.sleep(0)

    def abort(self) -> None:
        """Drop the connection at once."""
        if self._transport is not None:
            self._transport.abort()
        self._lost = True

    def finish(self) -> None:
        """Close when what is being answered has been."""
        if self._task is None and self._transport is not None:
            self._transport.close()

    async def _answer_all(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
        keep = True
        while self._waiting and keep and not self._lost:
            request, keep = self._waiting.pop(0)
            if request.body is None and self._transport is not None:
                # What the caller sends meanwhile waits in its own socket.
                self._transport.pause_reading()
            self._taking = request.body is not None
            answer = Answerer(self, request, keep=keep)
            try:
                await self._handler(request, answer)
            except Gone:
                return
            except Exception:
                _log.exception("a request at the file door failed")
                if answer.started:
                    self.abort()
                    return
                answer.whole(HTTPStatus.INTERNAL_SERVER_ERROR, {}, b"")
            keep = answer.keeps
            if request.body is not None and not request.body.ended and not self._lost:
                request.body.refuse()
                await asyncio.sleep(self._patience.unwanted)
        self._task = None
        if self._transport is None or self._lost:
            return
        if not keep:
            self._transport.close()
            return
        self._transport.resume_reading()
        self._expect(self._patience.idle)

    def _expect(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._clock = loop.call_later(seconds, self.finish)

    def _refuse(self, status: HTTPStatus) -> None:
        answer = Answerer(self, Request("GET", ""), keep=False)
        answer.whole(status, {}, b"")
        if self._transport is not None:
            self._transport.close()
