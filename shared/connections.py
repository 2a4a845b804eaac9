"""A connection from outside: uvicorn's, with bounds on how large and how slow a head may be.

uvicorn bounds neither: whoever sends a head without an end would fill the memory, and whoever
sends none at all would keep a connection for ever. What follows the head is bounded where it is
read (gateway/forwarding.py).
"""

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from shared.errors import (
    MEDIA_TYPE,
    BadRequest,
    DomainError,
    Fault,
    HeadTooLarge,
    TooSlow,
    problem_document,
)

HEAD_BYTES = 32 * 1024
_EACH_HEADER = 128
_LINGER_SECONDS = 1.0
_NEVER = float("inf")


class Bounded(HttpToolsProtocol):
    """One connection, whose malformed requests are refused as problem documents."""

    head_seconds = 20.0

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._size = 0
        self._unread = 0
        # Whether a head is being read, and whether the connection was refused and ends.
        self.in_head = False
        self.refused = False
        # In the loop's time: until when a head must be here, and something of one.
        self._head_by = self._word_by = _NEVER
        # The one timer: it stays where a deadline moves on, and looks again when it is due.
        self._timer: asyncio.TimerHandle | None = None
        self._due = _NEVER

    # uvicorn's protocol

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_by = self.loop.time() + self.head_seconds
        self._look_at(self._head_by)

    def connection_lost(self, exc: Exception | None) -> None:
        self.head_is_here()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        self._begin()
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._grow(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        # Behind the head these are trailers of a chunked body: nobody here wants them, and the
        # application has read its headers already.
        if self.in_head:
            # Counted with what each costs here beside its bytes: many small ones are large too.
            self._grow(len(name) + len(value) + _EACH_HEADER)
            # From here on as uvicorn's.
            name = name.lower()
            if name == b"expect" and value.lower() == b"100-continue":
                self.expect_100_continue = True
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self.head_is_here()
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        if self.pipeline:
            super().on_response_complete()
            return
        # As uvicorn's, but for its timer: it would start and stop one for each request.
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        now = self.loop.time()
        self._head_by = now + self.head_seconds
        if not self.in_head:  # Of the next request something may be here already.
            self._word_by = now + self.timeout_keep_alive
        self._look_at(min(self._head_by, self._word_by))

    def data_received(self, data: bytes) -> None:
        if self.refused:
            return
        self.word_is_here()
        was_in_head = self.in_head
        super().data_received(data)
        # The parser tells of a header when its line has ended; a line may have no end.
        if was_in_head and self.in_head and not self.transport.is_closing():
            self._unread += len(data)
            if self._unread > HEAD_BYTES:
                self.refuse(HeadTooLarge("The request's head is too large."))

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser could not read."""
        if self._size > HEAD_BYTES:
            self.refuse(HeadTooLarge("The request's head is too large."))
        else:
            self.refuse(BadRequest("This is not a request that the HTTP standard allows."))

    # bounds

    def _begin(self) -> None:
        self._size = 0
        self.in_head = True

    def _grow(self, by: int) -> None:
        self._size += by
        if self._size > HEAD_BYTES:
            raise ValueError("the head is too large")  # The parser hands it on as its own error.

    def _look_at(self, due: float) -> None:
        """Have the timer look at that time, or before."""
        if self._timer is not None:
            if self._due <= due:
                return
            self._timer.cancel()
        self._due = due
        self._timer = self.loop.call_at(due, self._look)

    def _look(self) -> None:
        self._timer = None
        due = min(self._head_by, self._word_by)
        if due <= self.loop.time():
            self._too_late()
        elif due != _NEVER:
            self._look_at(due)

    def head_is_here(self) -> None:
        """Nobody waits for a head any more: it came, or nothing will."""
        self.in_head = False
        self._unread = 0
        self._head_by = self._word_by = _NEVER

    def word_is_here(self) -> None:
        """Something came of what is waited for."""
        self._word_by = _NEVER

    def _too_late(self) -> None:
        if self.refused or self.transport.is_closing():
            return
        if self.in_head:
            self.refuse(TooSlow("The request's head did not come in time."))
        else:
            self.transport.close()

    def refuse(self, refusal: DomainError) -> None:
        """Answer so, whatever comes, and end the connection."""
        if self.refused:
            return
        self.head_is_here()
        body = problem_document(refusal)
        whose = "platform" if refusal.status >= Fault.status else "caller"
        head = (
            f"HTTP/1.1 {refusal.status} {refusal.title}\r\n"
            f"content-type: {MEDIA_TYPE}\r\ncontent-length: {len(body)}\r\n"
            + "".join(f"{name}: {value}\r\n" for name, value in refusal.headers.items())
            + f"x-huitong-fault: {whose}\r\n"
            "cache-control: no-store\r\nconnection: close\r\n\r\n"
        )
        self.refused = True
        cycle = self.cycle
        if cycle is not None and not cycle.response_complete:
            if cycle.response_started or not cycle.more_body:
                # Bytes that belong to another answer may be on their way: only an end is clear.
                self.transport.abort()
                return
            # To the application it is a caller that left in the middle of its body.
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.write(head.encode() + body)
        # Not closed at once: what the caller is still sending would reset the connection before
        # the answer was read.
        if self.transport.can_write_eof():  # TLS cannot.
            self.transport.write_eof()
        self.loop.call_later(_LINGER_SECONDS, self.transport.abort)


def connection(config: Config, **named: Any) -> asyncio.Protocol:
    """One connection: of the kind that the application brings (`connection`), or Bounded."""
    kind: type[Bounded] = getattr(config.loaded_app, "connection", Bounded)
    return kind(config=config, **named)
