"""Admission: match → identify → decide → seal → record, for every request that wants something.

It reads memory alone, so that it costs microseconds and can be asked from a callback. The one
thing it may have to wait for, a grant that was issued this very moment, it asks its caller to
wait for. What the answer must say beside its own headers (`headers` of Admitted and of Refused)
is gathered here too.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.answers import Header
from gateway.certificates.presented import Certified
from gateway.decision import NothingHere, decide
from gateway.demands import Call
from gateway.forms import Access, Form
from gateway.headers import Headers
from gateway.limits.limits import Limits
from gateway.limits.quotas import Held
from gateway.live import Live, LiveGrant, Member
from gateway.loans.rules import NotLent
from gateway.matching import Matched, Matcher
from gateway.records import Kept, Record, Recorder
from gateway.rules import RULES, Rule
from gateway.strangers import Strangers
from gateway.tokens import Identity, TokenInvalid, Tokens
from shared import clock
from shared.errors import DomainError, Unauthenticated
from shared.ids import new_text
from shared.principal import Permission

_LONGEST_TOKEN = 4096
_JUST_ISSUED_SECONDS = 5.0
_WAIT_FOR_GRANT_SECONDS = 2.0
_MOST_STANDINGS = 10_000
# What a quota of keys counts.
_LOOKUPS = frozenset({Permission.DATA_LOOKUP, Permission.DATA_COUNTER})


class CredentialsMissing(Unauthenticated):
    """No bearer token came with the request."""

    code = "credentials-missing"
    title = "Credentials missing"


@dataclass(slots=True)
class Request:
    """What an admission looks at: the path without its query and undecoded, the headers, and the
    caller's network address (`local` where it has none)."""

    method: str
    path: bytes
    headers: Headers
    address: str
    # What the connection says of the caller's certificate, where it says something.
    certified: Certified | None = None

    def shows(self, thumbprint: str) -> bool:
        """Whether the caller has proven to hold the certificate of that thumbprint."""
        shown = self.certified.shown(self.headers.lines) if self.certified is not None else None
        return shown is not None and shown.thumbprint == thumbprint


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


@dataclass(slots=True)  # Not frozen: of some callers there is one for each request.
class Standing:
    """Who calls, and what the live copy says of a call under a path: `grant` is the one that the
    path names, `suspended_under` the article under which the caller's department is suspended.

    What depends on the moment is not in it, but `until`, when the token ends: a decision compares
    the rest with the moment each time. It holds as long as the live copy is the same.
    """

    until: datetime
    member: Member
    acr: str
    grant: LiveGrant | None
    suspended_under: str | None
    # Of an admitted call, once there was one.
    form: Form | None = None


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
        # What was concluded from that copy, of each token under a path.
        self._copy = live.copy
        self._standings: dict[tuple[bytes, Matched | None], Standing] = {}

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
            standing = self._standing(request, matched, at)
        except DomainError as refusal:
            self._strangers.refused(request.address, refusal.code, at)
            return Refused(refusal, access_id, [])
        member, said = standing.member, request.headers
        if matched is None:
            return self._nothing_here(request, access_id, at, member)
        rule, named, grant = matched.rule, matched.grant, standing.grant
        if named is not None and grant is None and not waited and _just_issued(named, at):
            return Awaited(named)
        headers: list[Header] = []
        hasty = self._limits.caller(member, request.address, at, headers)
        if hasty is not None:
            return Refused(hasty, access_id, headers)
        call = Call(standing.acr, request.address, said.end_user, said.matter)
        decision = decide(
            rule, member, named, grant, standing.suspended_under, self._live.lease, call, at
        )
        grant, against = decision.grant, decision.refusal
        held = None
        if against is None and rule.data and grant is not None:
            lookup = rule.permission in _LOOKUPS
            length = said.length if lookup else None
            taken = self._limits.grant(grant, at, headers, lookup=lookup, length=length)
            if isinstance(taken, DomainError):
                against = taken
            else:
                held = taken
        if against is not None:
            record = _record(request, access_id, at, matched, member, grant)
            return self._refuse(against, record, headers)
        form = standing.form
        if form is None:
            place = self._live.place(member.department)
            key = self._keys[rule.service]
            form = standing.form = Form(rule, member, place, standing.acr, grant, key, at)
        resource = grant.resource if grant is not None else matched.resource
        access = Access(access_id, form, resource, at, request.address, said)
        seal = form.blank.seal(access_id, held.keys if held else None, at)
        durable = self._recorder.keep(access, at)
        name = access_id.encode()
        return Admitted(
            rule, member, standing.acr, grant, seal, access, durable, headers, name, held
        )

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

    def _nothing_here(
        self, request: Request, access_id: str, at: datetime, member: Member
    ) -> Refused:
        headers: list[Header] = []
        hasty = self._limits.caller(member, request.address, at, headers)
        if hasty is not None:
            return Refused(hasty, access_id, headers)
        record = _record(request, access_id, at, None, member, None)
        return self._refuse(NothingHere("There is nothing here."), record, headers)

    def _standing(self, request: Request, matched: Matched | None, at: datetime) -> Standing:
        """Who calls, and what is known of it. Raises CredentialsMissing, TokenInvalid, NotLent."""
        copy, said = self._live.copy, request.headers
        if copy is not self._copy:
            # Nothing that was concluded from another copy holds any more, or keeps that in memory.
            self._standings.clear()
            self._copy = copy
        name = (said.authorization, matched)
        known = self._standings.get(name)
        if known is not None and at < known.until and not said.acting_for:
            return known
        identity = self._identify(request, at)
        member = copy.members.get(identity.subject)
        if member is None:
            raise TokenInvalid("The holder of this token may no longer call.")
        # What is so at this moment or for this request alone is asked for anew each time: what
        # absence and loans give for a while, and what is bound to a certificate.
        lasts = not (member.others or said.acting_for or identity.certificate)
        # Nor is one remembered for a name that padding made long.
        lasts = lasts and len(said.authorization) <= _LONGEST_TOKEN
        if said.acting_for:
            # Another department than the own one: only for whom a loan says so, and so far.
            lent = member.acting_for(said.acting_for.decode("latin-1").lower(), at)
            if lent is None:
                raise NotLent("You are not lent to this department, or not for now.")
            member = lent
        else:
            member = member.now(at)
        grant, suspended_under = None, None
        if matched is not None:
            grant = copy.grants.get(matched.grant) if matched.grant is not None else None
            if matched.rule.data:
                suspended_under = copy.suspended.get(member.department)
        standing = Standing(identity.expires_at, member, identity.acr, grant, suspended_under)
        if lasts:
            if len(self._standings) >= _MOST_STANDINGS:
                self._standings.clear()
            self._standings[name] = standing
        return standing

    def _identify(self, request: Request, at: datetime) -> Identity:
        """Whose token it is. Raises CredentialsMissing, TokenInvalid."""
        token = request.headers.token
        if not token:
            raise CredentialsMissing("Send a bearer token; /oauth/token gives one.")
        try:
            if len(token) > _LONGEST_TOKEN:
                raise RecursionError
            identity = self._tokens.identify(token.decode("latin-1"), at)
        except RecursionError:  # A header of nothing but opening brackets.
            raise TokenInvalid("The token is not one of this platform's.") from None
        if identity.certificate is not None and not request.shows(identity.certificate):
            raise TokenInvalid("The token is bound to a certificate that was not shown here.")
        return identity


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
        end_user=request.headers.end_user,
        matter=request.headers.matter,
        terminal=request.headers.terminal,
        on_behalf_of=member.for_whom(rule.permission, at) if rule else None,
    )
