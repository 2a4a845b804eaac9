"""Admission: match → identify → decide → seal → record, for every request that wants something.

It reads memory alone, so that it costs microseconds and can be asked from a callback. The one
thing it may have to wait for, a grant that was issued this very moment, it asks its caller to
wait for. What the answer must say beside its own headers (`headers` of Admitted and of Refused)
is gathered here too.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from gateway.answers import Header
from gateway.certificates.presented import Certified
from gateway.decision import NothingHere, decide
from gateway.demands import Call
from gateway.forms import Access, Forms
from gateway.limits.limits import Limits
from gateway.limits.quotas import Held
from gateway.live import Live, LiveGrant, Member
from gateway.loans.rules import NotLent
from gateway.matching import Matched, Matcher
from gateway.records import Kept, Record, Recorder
from gateway.rules import RULES, Rule
from gateway.strangers import Strangers
from gateway.tokens import TokenInvalid, Tokens
from shared import clock
from shared.errors import DomainError, Unauthenticated
from shared.ids import new_text
from shared.principal import Permission

_LONGEST_TOKEN = 4096
_JUST_ISSUED_SECONDS = 5.0
_WAIT_FOR_GRANT_SECONDS = 2.0
_SAID_LIMIT = 64


class CredentialsMissing(Unauthenticated):
    """No bearer token came with the request."""

    code = "credentials-missing"
    title = "Credentials missing"


@dataclass(slots=True)
class Request:
    """What an admission looks at: the path without its query and undecoded, the headers with
    names in lower case, and the caller's network address (`local` where it has none)."""

    method: str
    path: bytes
    headers: list[Header]
    address: str
    # What the connection says of the caller's certificate, where it says something.
    certified: Certified | None = None
    _by_name: dict[bytes, bytes] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # Backwards, so that the first of two headers of one name is the one that counts.
        self._by_name = dict(reversed(self.headers))

    def header(self, name: bytes) -> bytes:
        """The value of a header, empty where it was not sent."""
        return self._by_name.get(name, b"")

    def shows(self, thumbprint: str) -> bool:
        """Whether the caller has proven to hold the certificate of that thumbprint."""
        shown = self.certified.shown(self.headers) if self.certified is not None else None
        return shown is not None and shown.thumbprint == thumbprint

    def length(self) -> int | None:
        """The Content-Length that was sent, None where none that can be read was."""
        value = self._by_name.get(b"content-length", b"")
        return int(value) if value.isdigit() and len(value) < 19 else None

    def said(self, name: bytes) -> str | None:
        """What a department's system says of the act behind its call; opaque, bounded."""
        value = self._by_name.get(name)
        if not value or len(value) > _SAID_LIMIT:
            return None
        text = value.decode("latin-1")
        return text if text.isascii() and text.isprintable() else None


@dataclass(slots=True)
class Refused:
    """The request may not go on; `headers` belong on the answer."""

    refusal: DomainError
    access_id: str
    headers: list[Header]


@dataclass(slots=True)
class Admitted:
    """The request may go on to `rule.service`, with `seal` as its passport.

    `durable` is the `decided` record on its way; under a rule that moves data nothing of an
    answer may leave before it is durable. `headers` belong on the answer.
    The caller fills the second half of `record` and hands it to `Admission.complete`.
    """

    rule: Rule
    member: Member
    acr: str
    grant: LiveGrant | None
    seal: bytes
    record: Access
    durable: Kept
    headers: list[Header]
    # The access id, as the answer and the service are told it.
    request_id: bytes
    # What a look-up under a quota holds, and how many keys the service says it asked for.
    held: Held | None = None
    keys: int = 0

    @property
    def access_id(self) -> str:
        """The id under which both records of this access stand."""
        return self.record.id


@dataclass(frozen=True, slots=True)
class Awaited:
    """The request names a grant so young that it may still be on its way here."""

    grant: UUID


class Admission:
    """Who may do what now, and the record of it."""

    def __init__(
        self,
        live: Live,
        tokens: Tokens,
        recorder: Recorder,
        strangers: Strangers,
        keys: Mapping[str, bytes],
        limits: Limits,
    ) -> None:
        self._live = live
        self._limits = limits
        self._tokens = tokens
        self._recorder = recorder
        self._strangers = strangers
        self._keys = keys
        self._matcher = Matcher(RULES)
        self._forms = Forms()

    async def admit(self, request: Request, at: datetime) -> Admitted | Refused:
        """The verdict on a request received at `at`, waiting for its grant where it must."""
        matched = self.match(request.method, request.path)
        verdict = self.admit_now(request, matched, at)
        if isinstance(verdict, Awaited):
            await self._live.grant_soon(verdict.grant, _WAIT_FOR_GRANT_SECONDS)
            verdict = self.admit_now(request, matched, at, waited=True)
        assert not isinstance(verdict, Awaited)  # noqa: S101 - it has waited
        return verdict

    def match(self, method: str, path: bytes) -> Matched | None:
        """The rule that a request falls under; None where nothing is listed."""
        return self._matcher.match(method, path)

    def admit_now(
        self, request: Request, matched: Matched | None, at: datetime, *, waited: bool = False
    ) -> Admitted | Refused | Awaited:
        """The verdict without waiting. After Awaited it is asked again, with `waited`: until
        then nothing was counted, decided or recorded."""
        access_id = new_text()
        try:
            member, acr = self._identify(request, at)
        except DomainError as refusal:
            self._strangers.refused(request.address, refusal.code, at)
            return Refused(refusal, access_id, [])
        headers: list[Header] = []
        if matched is None:
            hasty = self._limits.caller(member, request.address, at, headers)
            if hasty is not None:
                return Refused(hasty, access_id, headers)
            record = _record(request, access_id, at, None, member, None)
            return self._refuse(NothingHere("There is nothing here."), record, headers)
        rule, named = matched.rule, matched.grant
        grant = None if named is None else self._live.grant(named)
        if named is not None and grant is None and not waited and _just_issued(named, at):
            return Awaited(named)
        hasty = self._limits.caller(member, request.address, at, headers)
        if hasty is not None:
            return Refused(hasty, access_id, headers)
        suspended_under = self._live.suspended_under(member.department) if rule.data else None
        call = Call(
            acr=acr,
            address=request.address,
            end_user=request.said(b"x-huitong-end-user"),
            matter=request.said(b"x-huitong-matter"),
        )
        decision = decide(rule, member, named, grant, suspended_under, self._live.lease, call, at)
        if decision.refusal is not None:
            record = _record(request, access_id, at, matched, member, decision.grant)
            return self._refuse(decision.refusal, record, headers)
        held = None
        if rule.data and decision.grant is not None:
            lookup = rule.permission is Permission.DATA_LOOKUP
            length = request.length() if lookup else None
            taken = self._limits.grant(decision.grant, at, headers, lookup=lookup, length=length)
            if isinstance(taken, DomainError):
                record = _record(request, access_id, at, matched, member, decision.grant)
                return self._refuse(taken, record, headers)
            held = taken
        grant = decision.grant
        place = self._live.place(member.department)
        form = self._forms.of(rule, member, place, acr, grant, self._keys[rule.service], at)
        access = Access(
            access_id,
            form,
            grant.resource if grant is not None else matched.resource,
            at,
            request.address,
            call.end_user,
            call.matter,
            request.said(b"x-huitong-terminal"),
        )
        seal = form.blank.seal(access_id, held.keys if held else None, at)
        durable = self._recorder.keep(access, at)
        name = access_id.encode()
        return Admitted(rule, member, acr, grant, seal, access, durable, headers, name, held)

    def complete(self, admitted: Admitted) -> None:
        """What was admitted is over, whichever way: record how."""
        access = admitted.record
        if admitted.held is not None and admitted.grant is not None:
            self._limits.over(admitted.grant, admitted.held, admitted.keys)
        access.finished = clock.now()
        self._recorder.note(access, access.finished)

    def _refuse(self, refusal: DomainError, record: Record, headers: list[Header]) -> Refused:
        record.decision = "refused"
        record.reason = refusal.code
        record.status = refusal.status
        record.finished = clock.now()
        self._recorder.note(record, record.finished)
        return Refused(refusal, str(record.access_id), headers)

    def _identify(self, request: Request, at: datetime) -> tuple[Member, str]:
        """Who calls, and for whom. Raises CredentialsMissing, TokenInvalid, NotLent."""
        scheme, _, token = request.header(b"authorization").partition(b" ")
        if scheme.lower() != b"bearer" or not token:
            raise CredentialsMissing("Send a bearer token; /oauth/token gives one.")
        try:
            if len(token) > _LONGEST_TOKEN:
                raise RecursionError
            identity = self._tokens.identify(token.strip().decode("latin-1"), at)
        except RecursionError:  # A header of nothing but opening brackets.
            raise TokenInvalid("The token is not one of this platform's.") from None
        if identity.certificate is not None and not request.shows(identity.certificate):
            raise TokenInvalid("The token is bound to a certificate that was not shown here.")
        member = self._live.member(identity.subject)
        if member is None:
            raise TokenInvalid("The holder of this token may no longer call.")
        department = request.header(b"x-huitong-acting-for")
        if department:
            # Another department than the own one: only for whom a loan says so, and so far.
            lent = member.acting_for(department.decode("latin-1").lower(), at)
            if lent is None:
                raise NotLent("You are not lent to this department, or not for now.")
            return lent, identity.acr
        return member.now(at), identity.acr


def _just_issued(identity: UUID, at: datetime) -> bool:
    """Whether a grant of that id may have been issued this very moment.

    Its id tells its age, so waiting for it tells a stranger nothing.
    """
    if identity.version != 7:
        return False
    # In seconds, not as a date: an id may claim a year that no date has.
    made = (identity.int >> 80) / 1000
    return abs(at.timestamp() - made) <= _JUST_ISSUED_SECONDS


def _record(
    request: Request,
    access_id: str,
    at: datetime,
    matched: Matched | None,
    member: Member,
    grant: LiveGrant | None,
) -> Record:
    rule = matched.rule if matched else None
    return Record(
        kind="decided",
        access_id=UUID(access_id),
        # The path of an unlisted request is not recorded: it may hold anything.
        operation=rule.operation if rule else "unlisted",
        decision="allowed",
        principal_kind=member.kind,
        principal_id=member.id,
        department=member.department,
        permission=rule.permission if rule else None,
        resource=grant.resource if grant else matched.resource if matched else None,
        grant=grant.id if grant else None,
        purpose=grant.purpose if grant else None,
        received=at,
        address=request.address,
        end_user=request.said(b"x-huitong-end-user"),
        matter=request.said(b"x-huitong-matter"),
        terminal=request.said(b"x-huitong-terminal"),
        on_behalf_of=member.for_whom(rule.permission, at) if rule else None,
    )
