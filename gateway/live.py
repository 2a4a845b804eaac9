"""The live copy: who may call, which grants hold and who is suspended, as PostgreSQL last said.

Each gateway process loads it whole, then follows notifications; a beat of the lease that tells
of events not yet heard makes it look again. It is ready only when it has caught up.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from ipaddress import ip_network
from uuid import UUID

import asyncpg
from sqlalchemy import or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.demands import Demand, Network, demanded
from gateway.models import (
    Base,
    Client,
    ClientAddresses,
    ClientLimits,
    ClientPermissions,
    Deputy,
    GrantCopy,
    Operator,
    Particulars,
    ReviewerLoan,
    RevokedToken,
    SuspensionCopy,
)
from gateway.roles import CLIENTS, Role, permissions_of
from gateway.standing_in import StandIn, on_behalf_of, permissions_at, stand_ins
from shared import clock, db
from shared.background import beside
from shared.inbox import heard
from shared.lease import Beat, Lease
from shared.principal import Permission, PrincipalKind

CHANNEL = "live"
REQUESTS = "/huitong/requests"
_OF_CLIENTS = frozenset({"client", "client_addresses", "client_limits", "client_permissions"})
_OF_MEMBERS = _OF_CLIENTS | {"deputy", "operator", "reviewer_loan"}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Member:
    """A client or an operator that may call now."""

    kind: PrincipalKind
    id: UUID
    department: UUID
    permissions: frozenset[Permission]
    # Where it may call from; None is anywhere.
    addresses: tuple[Network, ...] | None = None
    # How fast it may call, as (requests, seconds); None is as fast as all of its kind.
    rate: tuple[int, int] | None = None
    # The colleagues for whom a person acts, now or later.
    others: tuple[StandIn, ...] = ()
    # As whom a person acts for departments that it was lent to as a reviewer.
    lent: tuple["Lent", ...] = ()
    # What it may do for itself, where that differs from `permissions` at this moment.
    own: frozenset[Permission] | None = None

    def now(self, at: datetime) -> "Member":
        """The member as it may act at that moment: with what colleagues' absence gives it."""
        if not self.others:
            return self
        given = permissions_at(self.permissions, self.others, at)
        return replace(self, permissions=given, own=self.permissions)

    def acting_for(self, department: str, at: datetime) -> "Member | None":
        """The member as it reviews for a department that it is lent to now; None for all others.

        `department` is what the call says, in any form.
        """
        return next(
            (
                loan.member
                for loan in self.lent
                if str(loan.member.department) == department and loan.since <= at < loan.until
            ),
            None,
        )

    def for_whom(self, needed: Permission, at: datetime) -> UUID | None:
        """The colleague on whose behalf it does what needs that permission; None for itself."""
        if self.own is None:
            return None
        return on_behalf_of(self.own, self.others, needed, at)


@dataclass(frozen=True, slots=True)
class Lent:
    """A loan: the person as a reviewer of that department, from one moment until another."""

    member: Member
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Where a department belongs, and what it is the authority of."""

    region: str
    authority: str | None


@dataclass(frozen=True, slots=True)
class LiveGrant:
    """A grant as the gateway must know it to let data flow."""

    id: UUID
    resource: UUID
    grantee: UUID
    purpose: str
    grade: str
    valid_from: datetime
    valid_until: datetime | None
    revoked: bool
    circle: frozenset[UUID] | None = None
    circle_article: str | None = None
    personal: bool = False
    # What may be used of it on one local day; None is not bounded.
    calls_per_day: int | None = None
    keys_per_day: int | None = None

    @property
    def demand(self) -> Demand:
        """What its data demands of whoever takes it."""
        return demanded(self.grade, named=self.personal)

    def knows(self, member: UUID) -> bool:
        """Whether that client or operator is inside its circle of knowledge."""
        return self.circle is None or member in self.circle

    def holds(self, at: datetime) -> bool:
        """Whether data may flow under it at that moment."""
        ended = self.valid_until is not None and at >= self.valid_until
        return not self.revoked and self.valid_from <= at and not ended


@dataclass(frozen=True, slots=True)
class Copy:
    """All that PostgreSQL last said. Whatever changes makes another one: as long as this is the
    copy, what was concluded from it holds."""

    members: Mapping[UUID, Member] = field(default_factory=dict)
    places: Mapping[UUID, Place] = field(default_factory=dict)
    grants: Mapping[UUID, LiveGrant] = field(default_factory=dict)
    # The article under which a department may not take.
    suspended: Mapping[UUID, str] = field(default_factory=dict)
    revoked: frozenset[UUID] = frozenset()


class Live:
    """Departments, members and grants in memory."""

    def __init__(self, sessions: db.Sessions, dsn: str, lease: Lease | None = None) -> None:
        self._sessions = sessions
        self._dsn = dsn
        self.copy = Copy()
        self._news = asyncio.Condition()
        self._look = asyncio.Event()
        self._grants_mark = 0
        self.lease = lease or Lease()
        self.loaded = asyncio.Event()

    def readiness(self) -> str | None:
        """Why this process is not ready yet, None when it has caught up."""
        if not self.loaded.is_set():
            return "the live copy is not loaded yet"
        if self.lease.behind:
            return "grants are not caught up yet"
        return None

    def member(self, identity: UUID) -> Member | None:
        """The client or operator, None where it is unknown, revoked or disabled."""
        return self.copy.members.get(identity)

    def is_revoked(self, token: UUID) -> bool:
        """Whether the access token of that jti was revoked before its time."""
        return token in self.copy.revoked

    def place(self, department: UUID) -> Place | None:
        """Where a department belongs."""
        return self.copy.places.get(department)

    def grant(self, identity: UUID) -> LiveGrant | None:
        """What is known of a grant."""
        return self.copy.grants.get(identity)

    def suspended_under(self, department: UUID) -> str | None:
        """The article under which the department may not take now, None where it may."""
        return self.copy.suspended.get(department)

    async def grant_soon(self, identity: UUID, seconds: float) -> LiveGrant | None:
        """The same, waiting a moment for one that was issued just now."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(lambda: identity in self.copy.grants)
        return self.copy.grants.get(identity)

    async def member_soon(self, identity: UUID, seconds: float) -> Member | None:
        """The client or operator, waiting a moment for one that was registered just now."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(lambda: identity in self.copy.members)
        return self.copy.members.get(identity)

    def beat(self, beat: Beat) -> None:
        """A heartbeat of requests came."""
        self.lease.beat(beat)
        if self.lease.behind:
            self._look.set()

    @contextlib.asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Load, then follow, for as long as the block runs."""
        async with beside(self._follow_for_ever()):
            yield

    async def _follow_for_ever(self) -> None:
        while True:
            try:
                await self._follow()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                _log.warning("the live copy waits for the database: %s", type(error).__name__)
            except SQLAlchemyError as error:
                _log.warning("the live copy waits for the database: %s", type(error).__name__)
            # What is in memory stays usable: members at their last known state, grants only as
            # long as the lease allows.
            await asyncio.sleep(0.5)

    async def _follow(self) -> None:
        connection = await asyncpg.connect(**db.asyncpg_arguments(self._dsn), timeout=5)
        changed: set[str] = set()

        def note(*told: object) -> None:
            changed.add(str(told[3]))
            self._look.set()

        try:
            # Listening begins before loading, so that no change falls between the two.
            await connection.add_listener(CHANNEL, note)
            await self._load()
            self.loaded.set()
            while True:
                try:
                    await asyncio.wait_for(self._look.wait(), 5)
                except TimeoutError:
                    # A connection that died in silence would never notify again.
                    await connection.execute("SELECT 1", timeout=5)
                # Cleared before it is read what changed: a change from here on rings again.
                self._look.clear()
                tables = set(changed)
                changed.clear()
                if tables or self.lease.behind:
                    await self._load_some(tables)
        finally:
            await connection.close(timeout=2)

    async def _load(self) -> None:
        members = {*_OF_MEMBERS, "department_particulars"}
        await self._load_some(members | {"grant_copy", "suspension_copy", "revoked_token"})

    async def _load_some(self, tables: set[str]) -> None:
        async with self._sessions() as session:
            # The watermark is read before the grants: what was heard is then surely in them.
            mark = await heard(session, Base, REQUESTS)
            if tables & _OF_MEMBERS:
                clients = select(Client).where(Client.revoked_at.is_(None))
                registered = {a.client: a for a in await session.scalars(select(ClientAddresses))}
                operators = select(Operator).where(Operator.disabled_at.is_(None))
                limited = {row.client: row for row in await session.scalars(select(ClientLimits))}
                reduced = {p.client: p for p in await session.scalars(select(ClientPermissions))}
                members = [
                    _client(c, registered.get(c.id), limited.get(c.id), reduced.get(c.id))
                    for c in await session.scalars(clients)
                ]
                people = {row.id: row for row in await session.scalars(operators)}
                coming = select(Deputy).where(Deputy.ended_at.is_(None), Deputy.until > clock.now())
                named = list(await session.scalars(coming.order_by(Deputy.id)))
                over = ReviewerLoan.until > clock.now()
                lending = select(ReviewerLoan).where(ReviewerLoan.ended_at.is_(None), over)
                loans = list(await session.scalars(lending.order_by(ReviewerLoan.id)))
                members += [_operator(row, named, loans, people) for row in people.values()]
                self.copy = replace(self.copy, members={m.id: m for m in members})
            if "department_particulars" in tables:
                current = select(Particulars).where(Particulars.until.is_(None))
                places = {p.department: _place(p) for p in await session.scalars(current)}
                self.copy = replace(self.copy, places=places)
            if "revoked_token" in tables:
                lasting = select(RevokedToken.id).where(RevokedToken.expires_at > clock.now())
                self.copy = replace(self.copy, revoked=frozenset(await session.scalars(lasting)))
            # These two always, and cheaply: the mark told below must never run ahead of them.
            standing = select(SuspensionCopy).where(SuspensionCopy.lifted_at.is_(None))
            suspended = {s.department: s.article for s in await session.scalars(standing)}
            self.copy = replace(self.copy, suspended=suspended)
            await self._load_grants(session, mark, circles="operator" in tables)
        async with self._news:
            self.lease.heard(mark)
            self._news.notify_all()

    async def _load_grants(self, session: AsyncSession, mark: int, *, circles: bool) -> None:
        # A grant changes only by an event, and its row carries that event's number. Events take
        # effect in order, so nothing older can appear; the last hundred are read again all the
        # same: it costs little, and nothing rests on the mark being exact.
        changed = GrantCopy.sequence > self._grants_mark - 100
        # Who leaves is out of every circle by a change of the gateway's own, which has no number.
        wanted = or_(changed, GrantCopy.circle.is_not(None)) if circles else changed
        statement = select(GrantCopy).where(wanted)
        found = {row.id: _grant(row) for row in await session.scalars(statement)}
        # Replaced, not changed: a reader sees the old or the new, never half of it.
        self.copy = replace(self.copy, grants={**self.copy.grants, **found})
        self._grants_mark = mark


def _client(
    row: Client,
    registered: ClientAddresses | None,
    limited: ClientLimits | None,
    reduced: ClientPermissions | None,
) -> Member:
    networks = registered.networks if registered else None
    limit = reduced.limit if reduced else None
    of_kind = CLIENTS[row.kind]
    return Member(
        PrincipalKind.CLIENT,
        row.id,
        row.department,
        of_kind if limit is None else of_kind & limit,
        addresses=None if networks is None else tuple(ip_network(text) for text in networks),
        rate=limited.rate if limited else None,
    )


def _lent(row: Operator, loan: ReviewerLoan) -> Lent:
    """For that department a reviewer, and nothing of what the person is at home."""
    review = permissions_of(frozenset({Role.REVIEWER}))
    member = Member(PrincipalKind.OPERATOR, row.id, loan.department, review)
    return Lent(member, loan.since, loan.until)


def _operator(
    row: Operator,
    named: list[Deputy],
    loans: list[ReviewerLoan],
    people: dict[UUID, Operator],
) -> Member:
    # Who is closed, or in another department by now, has no deputy and is none.
    colleagues = (
        (people[d.operator], d)
        for d in named
        if d.deputy == row.id
        and d.operator in people
        and people[d.operator].department == row.department
    )
    return Member(
        PrincipalKind.OPERATOR,
        row.id,
        row.department,
        permissions_of(row.held),
        others=stand_ins(row.held, [(p.id, p.held, d.since, d.until) for p, d in colleagues]),
        lent=tuple(_lent(row, loan) for loan in loans if loan.operator == row.id),
    )


def _place(row: Particulars) -> Place:
    return Place(row.region, row.region if row.is_authority else None)


def _grant(row: GrantCopy) -> LiveGrant:
    return LiveGrant(
        id=row.id,
        resource=row.resource,
        grantee=row.grantee,
        purpose=row.purpose,
        grade=row.grade,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        revoked=row.revoked_at is not None,
        circle=None if row.circle is None else frozenset(row.circle),
        circle_article=row.circle_article,
        personal=row.personal,
        calls_per_day=row.calls_per_day,
        keys_per_day=row.keys_per_day,
    )
