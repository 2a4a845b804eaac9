"""The door: what is admitted is answered here or forwarded, what is not is refused.

Plain ASGI, the outermost application of the process.
"""

import functools
import logging
from collections.abc import Awaitable, Callable

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import answers, forwarding
from gateway.admission import Admitted, Refused, Request
from gateway.answers import Header
from gateway.certificates.presented import certified_in
from gateway.connection import Connection, Ways
from gateway.forwarding import CallerGone, Traffic, bounded
from gateway.headers import Headers
from gateway.link import UpstreamAway
from gateway.proxies import LOCAL, HttpsRequired
from gateway.records import RecordUnavailable
from shared import clock, passport
from shared.errors import DomainError, Fault
from shared.ids import new_text

OPEN_PATHS = (
    "/docs",
    "/permissions",
    "/catalogue",
    "/oauth/",
    "/.well-known/",
    "/openapi.json",
    "/livez",
    "/readyz",
    "/problems/",
)
# A log-in form or a token request: what the gateway takes from those it does not know yet.
# Asked by whoever keeps the process running, on the same machine.
HEALTH_PATHS = ("/livez", "/readyz")
_OPEN_BODY = 64 * 1024
_log = logging.getLogger(__name__)


class Door:
    """The gateway's outermost application. `control` answers what the gateway itself owns."""

    def __init__(self, control: ASGIApp, ways: Ways) -> None:
        self._control = control
        self._admission = ways.admission
        self._upstreams = ways.upstreams
        self._proxies = ways.proxies
        # The kind of connection that this application is served over (shared/connections.py).
        self.connection = functools.partial(Connection, ways=ways)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._control(scope, receive, send)
            return
        sending = _Sending(send)
        peer = scope["client"][0] if scope.get("client") else None
        tls = scope.get("scheme") == "https"
        address = self._proxies.caller(peer, scope["headers"], tls=tls)
        if address is None and scope["path"] not in HEALTH_PATHS:
            refusal = HttpsRequired("Call over https: over plain http nothing is answered here.")
            await _refuse(sending, refusal, new_text())
            return
        # From here on, also for log-ins and their lock-outs, this is who calls.
        scope = {**scope, "client": (address or LOCAL, 0)}
        try:
            if scope["path"] == "/" or scope["path"].startswith(OPEN_PATHS):
                await self._control(scope, bounded(receive, Traffic(), _OPEN_BODY), sending)
            else:
                await self._admit(scope, receive, sending)
        except CallerGone:
            # Nobody is there to be told. The server cuts off an answer that had begun.
            return
        except Exception:
            if sending.started:
                raise
            _log.exception("unhandled error")
            await _refuse(
                sending,
                Fault("The platform failed; the request id leads to the reason in its log."),
                new_text(),
            )

    async def _admit(self, scope: Scope, receive: Receive, send: "_Sending") -> None:
        request = Request(
            method=scope["method"],
            path=scope["raw_path"],
            headers=Headers(scope["headers"]),
            address=scope["client"][0],
            certified=certified_in(scope),
        )
        verdict = await self._admission.admit(request, clock.now())
        send.extra = verdict.headers
        if isinstance(verdict, Refused):
            await _refuse(send, verdict.refusal, verdict.access_id, request.path)
        else:
            await self._pass(scope, receive, send, verdict)

    async def _pass(
        self, scope: Scope, receive: Receive, send: "_Sending", admitted: Admitted
    ) -> None:
        async def recorded() -> None:
            # No record, no access: nothing of an answer leaves before this line has returned.
            # Work that moves no data goes on without; it is in its service's own outbox.
            try:
                await admitted.durable
            except RecordUnavailable:
                if admitted.rule.data:
                    raise

        rule, record = admitted.rule, admitted.record
        traffic = Traffic()
        record.forwarded = clock.now()
        try:
            if rule.service == "gateway":
                body = bounded(receive, traffic, rule.body_limit)
                await self._answer_here(scope, body, send, recorded, admitted, traffic)
            else:
                upstream = self._upstreams[rule.service]
                exchange = await forwarding.forward(
                    upstream,
                    scope,
                    receive,
                    admitted.seal,
                    admitted.request_id,
                    rule.body_limit,
                    traffic,
                    admitted.member.department,
                )
                record.answered = clock.now()
                try:
                    extra = [(answers.REQUEST_ID, admitted.request_id)]
                    if not exchange.whole:
                        extra.append((b"connection", b"close"))
                    await forwarding.answer(exchange, receive, send, traffic, extra, recorded)
                finally:
                    exchange.close()
        except DomainError as refusal:
            traffic.status = refusal.status
            record.reason = refusal.code
            if send.started:
                raise
            await _refuse(send, refusal, admitted.access_id, scope["raw_path"])
        except CallerGone:
            record.reason = "caller-gone"
            raise
        except UpstreamAway:
            # The answer had begun: the caller must see that it is not whole.
            record.reason = "answer-cut-short"
            raise
        except Exception:
            record.reason = Fault.code
            raise
        finally:
            record.status = traffic.status
            record.bytes_in = traffic.bytes_in
            record.bytes_out = traffic.bytes_out
            record.keys_digest = traffic.keys_digest
            admitted.keys = traffic.keys_count
            self._admission.complete(admitted)

    async def _answer_here(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        recorded: Callable[[], Awaitable[None]],
        admitted: Admitted,
        traffic: Traffic,
    ) -> None:
        own = (passport.HEADER.encode(), answers.REQUEST_ID)
        headers = [(k, v) for k, v in scope["headers"] if k not in own]
        headers += [(own[0], admitted.seal), (own[1], admitted.request_id)]
        inner = {**scope, "headers": headers}
        await self._control(inner, receive, forwarding.watching(send, traffic, recorded))
        admitted.record.answered = clock.now()


class _Sending:
    """`send` that remembers whether an answer has begun, and adds what every answer must say."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False
        # What the admission wants said on this answer, whatever it becomes.
        self.extra: list[Header] = []

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = answers.guarded(list(message.get("headers", ())))
            headers = answers.blamed(message["status"], headers)
            message = {**message, "headers": headers + self.extra}
        await self._send(message)


async def _refuse(send: Send, refusal: DomainError, access_id: str, path: bytes = b"") -> None:
    headers, body = answers.refusal(refusal, access_id, path)
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
