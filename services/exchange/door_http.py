"""HTTP/1.1 for the file door: small, strict, and careful with slow and hostile callers.

One request at a time on a connection. What is not GET or HEAD is refused, bodies are not read,
heads are short, and a caller that neither sends nor takes bytes for a while is cut off. At most
one piece of a file and the transport's small buffer are in memory for each connection.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import cast

import httptools

_log = logging.getLogger(__name__)
_LONGEST_HEAD = 16 * 1024
_BUFFERED = 256 * 1024


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds that a caller may take for a head, between requests, and to take a piece."""

    head: float = 10.0
    idle: float = 60.0
    piece: float = 60.0


@dataclass(slots=True)
class Request:
    """One request: `headers` by lower-case name, the last of equal ones."""

    method: str
    path: str
    headers: dict[str, str] = field(default_factory=dict)
    has_body: bool = False


class Gone(Exception):
    """The caller went away, or takes no bytes."""


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

    def start(self, status: int, headers: Mapping[str, str]) -> None:
        """Send the head."""
        self.started = True
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines.append("connection: keep-alive" if self._keep else "connection: close")
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
        self.start(status, {**headers, "content-length": str(len(body))})
        if self.method != "HEAD":
            self._connection.write(body)


Handler = Callable[[Request, Answerer], Awaitable[None]]


class Connection(asyncio.Protocol):
    """One caller's connection."""

    def __init__(
        self, handler: Handler, connections: "set[Connection]", patience: Patience
    ) -> None:
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
        self._head = 0
        self._request: Request | None = None
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
        if self._task is not None:
            self._task.cancel()

    def pause_writing(self) -> None:
        """The caller takes bytes more slowly than they come."""
        self._room.clear()

    def resume_writing(self) -> None:
        """It took some."""
        self._room.set()

    def data_received(self, data: bytes) -> None:
        """Bytes of a request."""
        self._head += len(data)
        if self._head > _LONGEST_HEAD:
            self._refuse(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._refuse(HTTPStatus.BAD_REQUEST)
        except httptools.HttpParserError:
            self._refuse(HTTPStatus.BAD_REQUEST)

    def on_message_begin(self) -> None:
        """The parser: a request begins."""
        self._request = Request("", "")

    def on_url(self, url: bytes) -> None:
        """The parser: (a part of) its target."""
        if self._request is not None:
            self._request.path += url.decode("latin-1")

    def on_header(self, name: bytes, value: bytes) -> None:
        """The parser: a header."""
        if self._request is not None:
            key = name.decode("latin-1").lower()
            self._request.headers[key] = value.decode("latin-1")
            if key == "transfer-encoding" or (key == "content-length" and value.strip() != b"0"):
                self._request.has_body = True

    def on_message_complete(self) -> None:
        """The parser: the request is whole."""
        request, self._request = self._request, None
        if request is None:
            return
        self._head = 0
        request.method = self._parser.get_method().decode()
        self._waiting.append((request, self._parser.should_keep_alive()))
        if self._task is None:
            self._task = asyncio.ensure_future(self._answer_all())

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
        if self._transport is not None:
            # What the caller sends meanwhile waits in its own socket.
            self._transport.pause_reading()
        keep = True
        while self._waiting and keep and not self._lost:
            request, keep = self._waiting.pop(0)
            keep = keep and not request.has_body
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
