"""A relay: one admitted request handed on to its service and answered, by callbacks alone.

It stands where uvicorn's protocol keeps the cycle of a request, and has what that protocol reads
of one. There is no task, no queue and no timer of its own: whatever happens next, a piece of the
body, a connection, an answer, a durable record, a caller that takes again, calls it.

State, in this order: BODY (more of a small body is coming) → LINK (a connection to the service
is wanted) → HEAD (the service was asked) → ANSWER (its answer is coming) → DONE. The record of
the access is completed exactly once, on the way into DONE.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol
from uuid import UUID

from uvicorn.protocols.http.httptools_impl import STATUS_LINE

from gateway import answers
from gateway.admission import Admission, Admitted, Refused, Request
from gateway.answers import Head
from gateway.forwarding import (
    IDLE_SECONDS,
    BodyTooLarge,
    BodyTooSlow,
    ServiceAway,
    head_of,
)
from gateway.link import Link, UpstreamAway
from gateway.patience import Patience
from gateway.records import Kept
from gateway.upstream import Upstream
from shared import clock
from shared.errors import DomainError, Fault

_BODY, _LINK, _HEAD, _ANSWER, _DONE = range(5)
# A piece of an answer that takes long to write, in bytes.
_LARGE = 32 * 1024
# Of such an answer no body follows (RFC 9110 §6.4.1), so none needs a length.
_BODILESS = frozenset({204, 304})
_log = logging.getLogger(__name__)


class Caller(Protocol):
    """The connection that a request came over."""

    transport: asyncio.Transport
    loop: asyncio.AbstractEventLoop

    @property
    def dated(self) -> bytes:
        """The headers that the server puts on every answer, as lines."""

    @property
    def takes(self) -> bool:
        """Whether the caller reads as fast as it is sent to."""

    def on_response_complete(self) -> None:
        """The answer is written: whatever comes next on this connection may begin."""


class Relay:
    """One admitted request. `length` is that of its body, None where it has none."""

    def __init__(
        self,
        caller: Caller,
        admission: Admission,
        patience: Patience,
        request: Request,
        *,
        query: bytes,
        length: int | None,
        keep_alive: bool,
    ) -> None:
        self._caller = caller
        self._admission = admission
        self._patience = patience
        self._request = request
        self._query = query
        self._length = length
        self._link: Link | None = None
        self._attempt = 1
        self._out = 0
        self._chunked = False
        self._state = _BODY
        # What the caller had not taken yet when somebody last looked, in bytes.
        self._unsent = 0
        # What uvicorn's protocol reads of a cycle, and fills.
        self.keep_alive = keep_alive
        self.body = bytearray()
        self.more_body = True
        self.response_started = False
        self.response_complete = False
        self.disconnected = False
        self.deadline = caller.loop.time() + IDLE_SECONDS

    # as uvicorn's protocol sees it

    @property
    def message_event(self) -> "Relay":
        """What the protocol sets when something happened: this relay itself."""
        return self

    def set(self) -> None:
        """More of the body came, or its end, or the caller left."""
        self._guarded(self._heard)

    # from its beginning to its end

    def refused(self, verdict: Refused) -> None:
        """Not admitted: answer so."""
        self._state = _DONE
        self._say(verdict.refusal, verdict)

    def admitted(self, verdict: Admitted, upstream: Upstream) -> None:
        """Admitted: begin, as soon as the body is here."""
        self._admitted = verdict
        self.department: UUID | None = verdict.member.department
        self._upstream = upstream
        self._patience.waiting.add(self)
        if self._length is not None and self._length > verdict.rule.body_limit:
            limit = verdict.rule.body_limit
            self._refuse(BodyTooLarge(f"This operation takes bodies of up to {limit} bytes."))

    def _heard(self) -> None:
        if self.disconnected:
            self._leave()
        elif self._state == _BODY:
            if self.more_body:
                self.deadline = self._caller.loop.time() + IDLE_SECONDS
            else:
                self._admitted.record.forwarded = clock.now()
                self._ask()

    def _ask(self) -> None:
        self._state = _LINK
        self.deadline = self._caller.loop.time() + self._upstream.seconds
        try:
            self._upstream.ask(self)
        except DomainError as refusal:
            self._refuse(refusal)

    def linked(self, link: Link) -> None:
        if self._state != _LINK:  # It waited for too long.
            self._upstream.give_back(link)
            return
        self._link = link
        self._guarded(self._send)

    def _send(self) -> None:
        assert self._link is not None  # noqa: S101 - linked has just set it
        self._state = _HEAD
        request, admitted = self._request, self._admitted
        try:
            head = head_of(
                request.method,
                request.path,
                self._query,
                request.headers.forwarded,
                admitted.seal,
                admitted.request_id,
                self._length,
                body=False,
            )
            self._link.write(head + self.body if self.body else head)
        except UpstreamAway as away:
            self.failed(away)
        except DomainError as refusal:
            self._refuse(refusal)

    def failed(self, away: UpstreamAway) -> None:
        self._guarded(lambda: self._failed(away))

    def _failed(self, away: UpstreamAway) -> None:
        if self.response_started:
            if self._state == _ANSWER:
                self._cut("answer-cut-short")
        elif self._state in (_LINK, _HEAD, _ANSWER):
            self._release()
            # A read that met a connection just closing is sent again, once; nothing else is.
            again = self._attempt == 1 and self._state != _ANSWER and not self.disconnected
            if again and self._request.method == "GET" and self._length is None:
                self._attempt = 2
                self._ask()
            else:
                self._refuse(
                    ServiceAway(
                        "The service behind this operation is away; try again.", retry_after=2
                    )
                )

    def answered(self, link: Link) -> None:
        self._guarded(self._answered)

    def _answered(self) -> None:
        if self._state == _HEAD:
            self._state = _ANSWER
            self._admitted.record.answered = clock.now()
            # No record, no access: nothing of an answer leaves before the record is durable.
            # Meanwhile what comes is held, and the service held back.
            self._admitted.durable.then(self._recorded)
        elif self._state == _ANSWER and self._admitted.durable.settled:
            self._pass_on()

    def _recorded(self, kept: Kept) -> None:
        self._guarded(self._when_recorded)

    def _when_recorded(self) -> None:
        if self._state != _ANSWER:
            return
        refusal = self._admitted.durable.refusal
        # Work that moves no data goes on without; it is in its service's own outbox.
        if refusal is not None and self._admitted.rule.data:
            self._refuse(refusal)
        else:
            self._pass_on()

    def _pass_on(self) -> None:
        """Write what has come, if the caller takes it."""
        link, caller = self._link, self._caller
        assert link is not None  # noqa: S101 - an answer comes over one
        if self.disconnected:
            self._leave()
            return
        if not caller.takes:
            return
        body = b"".join(link.take())
        size = len(body)
        head = b"" if self.response_started else self._head(link, size)
        if self._chunked:
            body = answers.in_chunk(body, last=link.complete)
        written = head + body if head else body
        self._out += size
        if written:
            caller.transport.write(written)
        if link.complete:
            self._end()
        else:
            if size > _LARGE and caller.takes:
                link.rest()
            self.deadline = caller.loop.time() + (
                self._upstream.seconds if caller.takes else IDLE_SECONDS
            )

    def taking(self) -> None:
        """The caller takes again what it is sent."""
        if self._state == _ANSWER and self._admitted.durable.settled:
            self._guarded(self._pass_on)

    def late(self) -> None:
        """The deadline is past."""
        if self._state == _BODY:
            self._refuse(BodyTooSlow("Nothing of the body came for too long; send it again."))
        elif self._state in (_LINK, _HEAD):
            self._upstream.forget(self)
            self._refuse(
                ServiceAway(
                    "The service behind this operation does not answer in time.", retry_after=10
                )
            )
        elif self._state == _ANSWER and self._admitted.durable.settled:
            self._stalled()

    def _stalled(self) -> None:
        if self._caller.takes:
            self._cut("answer-cut-short")
            return
        left = self._caller.transport.get_write_buffer_size()
        if left == self._unsent:
            self._cut("caller-gone")
        else:  # Slow is not gone.
            self._unsent = left
            self.deadline = self._caller.loop.time() + IDLE_SECONDS

    # the answer

    def _head(self, link: Link, size: int) -> bytes:
        """The head of the service's answer, as the caller gets it."""
        head, admitted = link.head, self._admitted
        assert head is not None  # noqa: S101 - the answer has begun
        found = self._read(head)
        framing = b""
        if not found.states_length and head.status not in _BODILESS:
            if link.complete:
                framing = b"content-length: %d\r\n" % size
            else:
                self._chunked = True
                framing = b"transfer-encoding: chunked\r\n"
        self.response_started = True
        said = b"%b%bx-request-id: %b\r\n" % (found.lines, framing, admitted.request_id)
        return self._lines(head.status, said, admitted)

    def _read(self, head: Head) -> answers.Repeated:
        """What of the answer's head goes on, and what of it is recorded."""
        found = head.repeated
        record = self._admitted.record
        record.status, record.keys_digest = head.status, found.keys_digest
        self._admitted.keys = found.keys_count
        return found

    def _lines(self, status: int, said: bytes, verdict: Admitted | Refused) -> bytes:
        """The head of an answer that says this, and what the admission wants said beside it."""
        return b"%b%b%b%b%b\r\n" % (
            STATUS_LINE[status],
            self._caller.dated,
            said,
            answers.lines(verdict.headers),
            b"" if self.keep_alive else b"connection: close\r\n",
        )

    def _refuse(self, refusal: DomainError) -> None:
        """Answer with a refusal instead of the service's answer, and record it."""
        self._release()
        record = self._admitted.record
        record.status, record.reason = refusal.status, refusal.code
        self._complete()
        if self.disconnected:
            self.response_complete = True
        else:
            self._say(refusal, self._admitted)

    def _say(self, refusal: DomainError, verdict: Admitted | Refused) -> None:
        self.response_started = True
        headers, body = answers.refusal(refusal, verdict.access_id, self._request.path)
        said = answers.lines(answers.guarded(headers))
        self._caller.transport.write(self._lines(refusal.status, said, verdict) + body)
        self._over()

    def _end(self) -> None:
        """The whole answer is written."""
        self._release()
        self._complete()
        self._over()

    def _over(self) -> None:
        self.response_complete = True
        if not self.keep_alive:
            self._caller.transport.close()
        self._caller.on_response_complete()

    def _leave(self) -> None:
        """The caller has left."""
        # A service that was asked may act: how that ends is waited for and recorded.
        if self._state in (_HEAD, _DONE):
            return
        record = self._admitted.record
        record.reason = "caller-gone"
        self._upstream.forget(self)
        if self._link is not None and self._link.head is not None:
            self._read(self._link.head)
        self._release()
        self._complete()
        self.response_complete = True

    def _cut(self, reason: str) -> None:
        """The answer had begun: the caller must see that it is not whole."""
        self._admitted.record.reason = reason
        self._release()
        self._complete()
        self.response_complete = True
        transport = self._caller.transport
        if self._caller.takes:
            transport.close()  # With what it can still be told.
        else:
            transport.abort()

    def _complete(self) -> None:
        self._state = _DONE
        self._patience.waiting.discard(self)
        record = self._admitted.record
        record.bytes_in = len(self.body)
        record.bytes_out = self._out
        self._admission.complete(self._admitted)

    def _release(self) -> None:
        link, self._link = self._link, None
        if link is not None:
            self._upstream.give_back(link)

    def _guarded(self, step: Callable[[], None]) -> None:
        """Do the step. A fault of ours is this request's alone, and looks like one."""
        try:
            step()
        except Exception:
            _log.exception("unhandled error")
            if self._state == _DONE or self.response_started:
                self._caller.transport.abort()
                if self._state != _DONE:
                    self._cut(Fault.code)
            else:
                self._refuse(
                    Fault("The platform failed; the request id leads to the reason in its log.")
                )
