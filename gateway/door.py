"""The door: match → identify → decide → seal → record → forward.

Plain ASGI, the outermost application of the process: this is the path that every call takes.
"""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from uuid import UUID

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway import forwarding
from gateway.decision import Decision, NothingHere, decide
from gateway.demands import Call
from gateway.forwarding import CallerGone, Traffic, bounded
from gateway.live import Live, LiveGrant, Member
from gateway.matching import Matcher, uuid_in
from gateway.records import Record, Recorder, RecordUnavailable
from gateway.rules import RULES, Rule
from gateway.strangers import Strangers
from gateway.tokens import TokenInvalid, Tokens
from gateway.upstream import Upstream, UpstreamAway
from shared import clock, errors, passport
from shared.errors import DomainError, Fault, Unauthenticated
from shared.ids import new_id
from shared.principal import Principal

OPEN_PATHS = (
    "/docs",
    "/permissions",
    "/oauth/",
    "/.well-known/",
    "/openapi.json",
    "/livez",
    "/readyz",
    "/problems/",
)
# A log-in form or a token request: what the gateway takes from those it does not know yet.
_OPEN_BODY = 64 * 1024
_LONGEST_TOKEN = 4096
_JUST_ISSUED_SECONDS = 5.0
_WAIT_FOR_GRANT_SECONDS = 2.0
_SAID_LIMIT = 64
# Unless the answer says otherwise: nothing is kept, guessed, framed or run.
_ALWAYS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
)
_log = logging.getLogger(__name__)


class CredentialsMissing(Unauthenticated):
    """No bearer token came with the request."""

    code = "credentials-missing"
    title = "Credentials missing"


class Door:
    """The gateway's outermost application. `control` answers what the gateway itself owns."""

    def __init__(
        self,
        control: ASGIApp,
        live: Live,
        tokens: Tokens,
        recorder: Recorder,
        strangers: Strangers,
        upstreams: Mapping[str, Upstream],
        keys: Mapping[str, bytes],
    ) -> None:
        self._control = control
        self._live = live
        self._tokens = tokens
        self._recorder = recorder
        self._strangers = strangers
        self._upstreams = upstreams
        self._keys = keys
        self._matcher = Matcher(RULES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._control(scope, receive, send)
            return
        sending = _Sending(send)
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
                new_id(),
            )

    async def _admit(self, scope: Scope, receive: Receive, send: "_Sending") -> None:
        at = clock.now()
        access_id = new_id()
        matched = self._matcher.match(scope["method"], scope["raw_path"])
        try:
            member, acr = self._identify(scope, at)
        except DomainError as refusal:
            self._strangers.refused(_address(scope), refusal.code, at)
            await _refuse(send, refusal, access_id)
            return
        if matched is None:
            record = _record(scope, access_id, at, None, member, None)
            await self._refuse_known(send, NothingHere("There is nothing here."), record)
            return
        rule, values = matched
        named = uuid_in(values, "grant")
        grant = await self._grant(named, at) if named is not None else None
        suspended_under = self._live.suspended_under(member.department) if rule.data else None
        call = _call(scope, acr)
        decision = decide(rule, member, named, grant, suspended_under, self._live.lease, call, at)
        record = _record(scope, access_id, at, rule, member, decision.grant)
        if record.resource is None:
            record.resource = uuid_in(values, "resource")
        if decision.refusal is not None:
            await self._refuse_known(send, decision.refusal, record)
            return
        await self._pass(scope, receive, send, rule, member, acr, decision, record)

    def _identify(self, scope: Scope, at: datetime) -> tuple[Member, str]:
        """Who calls. Raises CredentialsMissing, TokenInvalid."""
        sent = next((v for k, v in scope["headers"] if k == b"authorization"), b"")
        scheme, _, token = sent.partition(b" ")
        if scheme.lower() != b"bearer" or not token:
            raise CredentialsMissing("Send a bearer token; /oauth/token gives one.")
        try:
            if len(token) > _LONGEST_TOKEN:
                raise RecursionError
            identity = self._tokens.identify(token.strip().decode("latin-1"), at)
        except RecursionError:  # A header of nothing but opening brackets.
            raise TokenInvalid("The token is not one of this platform's.") from None
        member = self._live.member(identity.subject)
        if member is None:
            raise TokenInvalid("The holder of this token may no longer call.")
        return member, identity.acr

    async def _grant(self, identity: UUID, at: datetime) -> LiveGrant | None:
        known = self._live.grant(identity)
        if known is not None or identity.version != 7:
            return known
        # A grant issued this very moment may be on its way here; its id tells its age, so
        # waiting for it tells a stranger nothing.
        # In seconds, not as a date: an id may claim a year that no date has.
        made = (identity.int >> 80) / 1000
        if abs(at.timestamp() - made) > _JUST_ISSUED_SECONDS:
            return None
        return await self._live.grant_soon(identity, _WAIT_FOR_GRANT_SECONDS)

    def _seal(
        self, rule: Rule, member: Member, acr: str, decision: Decision, access_id: UUID
    ) -> str:
        place = self._live.place(member.department)
        principal = Principal(
            kind=member.kind,
            id=member.id,
            department=member.department,
            region=place.region if place else "",
            authority=place.authority if place else None,
            permissions=member.permissions,
            acr=acr,
            network="outer",
            grant=decision.grant.id if rule.data and decision.grant else None,
            access_id=access_id,
        )
        return passport.seal(principal, rule.service, self._keys[rule.service], clock.now())

    async def _pass(
        self,
        scope: Scope,
        receive: Receive,
        send: "_Sending",
        rule: Rule,
        member: Member,
        acr: str,
        decision: Decision,
        record: Record,
    ) -> None:
        durable = self._recorder.keep(record, clock.now())

        async def recorded() -> None:
            # No record, no access: nothing of an answer leaves before this line has returned.
            # Work that moves no data goes on without; it is in its service's own outbox.
            try:
                await durable
            except RecordUnavailable:
                if rule.data:
                    raise

        seal = self._seal(rule, member, acr, decision, record.access_id)
        traffic = Traffic()
        record.forwarded = clock.now()
        try:
            if rule.service == "gateway":
                body = bounded(receive, traffic, rule.body_limit)
                await self._answer_here(scope, body, send, seal, recorded, record, traffic)
            else:
                upstream = self._upstreams[rule.service]
                exchange = await forwarding.forward(
                    upstream,
                    scope,
                    receive,
                    seal,
                    str(record.access_id),
                    rule.body_limit,
                    traffic,
                )
                record.answered = clock.now()
                try:
                    extra = [(b"x-request-id", str(record.access_id).encode())]
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
            await _refuse(send, refusal, record.access_id)
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
            self._complete(record, traffic)

    async def _answer_here(
        self,
        scope: Scope,
        receive: Receive,
        send: Send,
        seal: str,
        recorded: Callable[[], Awaitable[None]],
        record: Record,
        traffic: Traffic,
    ) -> None:
        own = (passport.HEADER.encode(), b"x-request-id")
        headers = [(k, v) for k, v in scope["headers"] if k not in own]
        headers += [
            (own[0], seal.encode()),
            (own[1], str(record.access_id).encode()),
        ]
        inner = {**scope, "headers": headers}
        await self._control(inner, receive, forwarding.watching(send, traffic, recorded))
        record.answered = clock.now()

    def _complete(self, record: Record, traffic: Traffic) -> None:
        at = clock.now()
        record.kind = "completed"
        record.status = traffic.status
        record.bytes_in = traffic.bytes_in
        record.bytes_out = traffic.bytes_out
        record.keys_digest = traffic.keys_digest
        record.finished = at
        self._recorder.keep(record, at)

    async def _refuse_known(self, send: Send, refusal: DomainError, record: Record) -> None:
        record.decision = "refused"
        record.reason = refusal.code
        record.status = refusal.status
        record.finished = clock.now()
        self._recorder.keep(record, record.finished)
        await _refuse(send, refusal, record.access_id)


class _Sending:
    """`send` that remembers whether an answer has begun, and adds what every answer must say."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.started = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = list(message.get("headers", ()))
            said = {key for key, _ in headers}
            headers += [header for header in _ALWAYS if header[0] not in said]
            message = {**message, "headers": headers}
        await self._send(message)


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return client[0] if client else "local"


def _said(scope: Scope, name: bytes) -> str | None:
    """What a department's system says of the act behind its call; opaque, bounded."""
    value = next((v for k, v in scope["headers"] if k == name), b"")
    text: str = value.decode("latin-1")
    return text if 0 < len(text) <= _SAID_LIMIT and text.isascii() and text.isprintable() else None


def _call(scope: Scope, acr: str) -> Call:
    return Call(
        acr=acr,
        address=_address(scope),
        end_user=_said(scope, b"x-huitong-end-user"),
        matter=_said(scope, b"x-huitong-matter"),
    )


def _record(
    scope: Scope,
    access_id: UUID,
    at: datetime,
    rule: Rule | None,
    member: Member,
    grant: LiveGrant | None,
) -> Record:
    return Record(
        kind="decided",
        access_id=access_id,
        # The path of an unlisted request is not recorded: it may hold anything.
        operation=rule.operation if rule else "unlisted",
        decision="allowed",
        principal_kind=member.kind,
        principal_id=member.id,
        department=member.department,
        permission=rule.permission if rule else None,
        resource=grant.resource if grant else None,
        grant=grant.id if grant else None,
        purpose=grant.purpose if grant else None,
        received=at,
        address=_address(scope),
        end_user=_said(scope, b"x-huitong-end-user"),
        matter=_said(scope, b"x-huitong-matter"),
        terminal=_said(scope, b"x-huitong-terminal"),
    )


async def _refuse(send: Send, refusal: DomainError, access_id: UUID) -> None:
    body = errors.problem_document(refusal, str(access_id))
    headers = [
        (b"content-type", errors.MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"x-request-id", str(access_id).encode()),
        (b"x-huitong-fault", b"platform" if refusal.status >= Fault.status else b"caller"),
        *((k.lower().encode(), v.encode()) for k, v in refusal.headers.items()),
    ]
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
