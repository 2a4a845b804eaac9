"""What an authority can do with successions, and what is done on their day."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.departments import queries as departments
from gateway.departments import rules as registry
from gateway.departments import usecases as particulars
from gateway.models import DepartmentChange, Particulars, ReviewerLoan, Succession
from gateway.models.departments import Said
from gateway.models.successions import Assigned
from gateway.successions import queries, rules
from gateway.successions.rules import Hindrance, Move, Party, Plan
from gateway.successions.schemas import Assignment, PlanBody
from shared import clock
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.events.gateway import DepartmentStatus, Heir, SuccessionKind
from shared.idempotency import claim
from shared.outbox import emit
from shared.principal import Principal

_MANY = 5


async def plan(
    session: AsyncSession, by: Principal, body: PlanBody, key: str, timezone: str
) -> Succession:
    """Plan what becomes of departments on a day.

    Raises PlanContradicts, NotFound, RegionNotYours, DepartmentEnded, DayPast, PlannedAlready,
    IdempotencyKeyReused.
    """
    at = clock.now()
    sent = body.model_dump_json().encode()
    made, first = await claim(session, by, "plan-succession", key, sent, at)
    if not first:
        return await queries.get(session, made, by)
    effective_at = await _check(session, by, body, made, at, timezone)
    succession = Succession(
        id=made,
        kind=body.kind,
        predecessors=body.predecessors,
        successors=body.successors,
        successor=body.default,
        survives=body.survives,
        said=body.said,
        resources=_kept(body.resources),
        grants=_kept(body.grants),
        members=_kept(body.members),
        suspension_passes=body.suspension_passes,
        basis=body.basis,
        effective_on=body.effective_on,
        effective_at=effective_at,
        planned_at=at,
        planned_by=by.actor,
        planned_for=by.department,
    )
    session.add(succession)
    await session.flush()
    return succession


async def replan(
    session: AsyncSession,
    by: Principal,
    identity: UUID,
    if_match: str | None,
    body: PlanBody,
    timezone: str,
) -> Succession:
    """Put another plan in the place of one whose day has not come.

    Raises SuccessionUnknown, SuccessionSettled, PreconditionRequired, PreconditionFailed, and what
    `plan` raises.
    """
    at = clock.now()
    succession = await _open(session, by, identity)
    if if_match is None:
        raise PreconditionRequired("Send the ETag of the succession that you read as If-Match.")
    if if_match.strip() not in ("*", registry.etag(succession.version)):
        raise PreconditionFailed("The succession was changed meanwhile; read it again.")
    succession.effective_at = await _check(session, by, body, identity, at, timezone)
    succession.version += 1
    succession.kind = body.kind
    succession.predecessors, succession.successors = body.predecessors, body.successors
    succession.successor, succession.survives = body.default, body.survives
    succession.said = body.said
    succession.resources = _kept(body.resources)
    succession.grants = _kept(body.grants)
    succession.members = _kept(body.members)
    succession.suspension_passes = body.suspension_passes
    succession.basis, succession.effective_on = body.basis, body.effective_on
    succession.planned_by, succession.planned_for = by.actor, by.department
    succession.hindered_by = None
    return succession


async def cancel(session: AsyncSession, by: Principal, identity: UUID) -> Succession:
    """Give a plan up before it is carried out. Raises SuccessionUnknown, SuccessionSettled."""
    succession = await _open(session, by, identity)
    succession.cancelled_at = clock.now()
    succession.version += 1
    return succession


async def preview(
    session: AsyncSession, succession: Succession, at: datetime
) -> tuple[list[Party], list[Move], list[Hindrance]]:
    """The parties, what becomes of each thing, and what stands in the way, as of now."""
    told = _plan_of(succession)
    named = [*told.predecessors, *(s for s in told.successors if s not in told.predecessors)]
    parties = await queries.parties(session, named)
    moves: list[Move] = []
    for predecessor in told.predecessors:
        things = await queries.estate(session, predecessor, at)
        moves += rules.moves(told, predecessor, things)
    found = rules.hindrances(told, parties, moves)
    return [parties[i] for i in named if i in parties], moves, found


async def carry_out(session: AsyncSession, succession: Succession, at: datetime) -> None:
    """Let a succession happen, which is locked: one commit, and events to all who move things.

    Raises Hindered, and what a change of particulars raises.
    """
    named = sorted({*succession.predecessors, *succession.successors})
    # In one order, so that two successions at once wait for each other and never in a circle.
    current = {i: await departments.lock_particulars(session, i) for i in named}
    _, _, found = await preview(session, succession, at)
    if found:
        raise rules.Hindered(
            "; ".join(f"{h.code}: {h.message}" for h in found[:_MANY])
            + (f" (and {len(found) - _MANY} more)" if len(found) > _MANY else "")
        )
    for predecessor in succession.predecessors:
        before = current[predecessor]
        if succession.kind is SuccessionKind.RENAME:
            await _follow(session, succession, before, succession.said, at)
            continue
        members = await _move_members(session, succession, predecessor, at)
        await _part_deputies(session, succession, predecessor, at)
        if not succession.survives:
            await _end(session, succession, before, at)
        emit(session, succession.told(predecessor, members, at))
    succession.carried_out_at, succession.hindered_by = at, None
    succession.version += 1


async def _check(
    session: AsyncSession,
    by: Principal,
    body: PlanBody,
    identity: UUID,
    at: datetime,
    timezone: str,
) -> datetime:
    """Whether the plan can stand, and the moment from which it holds."""
    rules.check_shape(body.plan())
    for department in sorted({*body.predecessors, *body.successors}):
        current = await departments.lock_particulars(session, department)
        registry.check_region(by, current.region)
        registry.check_active(current.status)
    other = await queries.planned_for(session, body.predecessors, identity)
    if other is not None:
        raise rules.PlannedAlready(f"Succession {other} is planned for one of these departments.")
    today = clock.local_date(at, timezone)
    return registry.takes_effect(body.effective_on, today, at, timezone)


async def _open(session: AsyncSession, by: Principal, identity: UUID) -> Succession:
    succession = await queries.lock(session, identity, by)
    for department in sorted({*succession.predecessors, *succession.successors}):
        found = await departments.particulars(session, department)
        registry.check_region(by, found.region)
    if not succession.is_open:
        raise rules.SuccessionSettled("This succession was carried out or cancelled already.")
    return succession


async def _move_members(
    session: AsyncSession, succession: Succession, predecessor: UUID, at: datetime
) -> list[Heir]:
    """Clients and operators act for their heir; their credentials name them, and stay good."""
    named = {UUID(a["thing"]): UUID(a["successor"]) for a in succession.members}
    found: list[Heir] = []
    for client in await queries.lock_clients(session, predecessor):
        heir = named.get(client.id, succession.successor)
        if heir is None:
            revoked = client.revoke(succession.planned_by, succession.planned_for, at)
            if revoked is not None:
                emit(session, revoked)
        elif heir != predecessor:
            client.department = heir
            found.append(Heir(thing=client.id, successor=heir))
    for operator in await queries.lock_operators(session, predecessor):
        heir = named.get(operator.id, succession.successor)
        if heir is None:
            operator.disabled_at = operator.disabled_at or at
        elif heir != predecessor:
            operator.department = heir
            found.append(Heir(thing=operator.id, successor=heir))
    return found


async def _part_deputies(
    session: AsyncSession, succession: Succession, predecessor: UUID, at: datetime
) -> None:
    """A deputy acts for a colleague: no longer where the two are of two departments now."""
    await session.flush()
    for deputy, person, other in await queries.lock_deputies(session, predecessor, at):
        deputy.owner = person.department
        if person.department != other.department:
            emit(session, deputy.lapse(succession.planned_by, succession.planned_for, at))


async def _end(
    session: AsyncSession, succession: Succession, before: Particulars, at: datetime
) -> None:
    """The department is no more: what stood below it stands below its heir."""
    for child in await queries.children(session, before.department):
        below = await departments.lock_particulars(session, child)
        parent = before.parent if child == succession.successor else succession.successor
        said = Said(parent=str(parent) if parent else None)
        await _follow(session, succession, below, said, at)
    await session.execute(
        update(DepartmentChange)
        .where(
            DepartmentChange.department == before.department,
            DepartmentChange.taken_effect_at.is_(None),
            DepartmentChange.cancelled_at.is_(None),
        )
        .values(cancelled_at=at)
    )
    await session.execute(
        update(ReviewerLoan)
        .where(ReviewerLoan.department == before.department, ReviewerLoan.ended_at.is_(None))
        .values(ended_at=at)
    )
    await _follow(session, succession, before, Said(), at, succession.status)


async def _follow(
    session: AsyncSession,
    succession: Succession,
    before: Particulars,
    said: Said,
    at: datetime,
    status: DepartmentStatus = DepartmentStatus.ACTIVE,
) -> None:
    await particulars.follow(
        session,
        before,
        said,
        status,
        succession.basis,
        succession.effective_at,
        actor=succession.planned_by,
        by=succession.planned_for,
        at=at,
    )


def _plan_of(succession: Succession) -> Plan:
    def heirs(assigned: list[Assigned]) -> dict[UUID, UUID]:
        return {UUID(a["thing"]): UUID(a["successor"]) for a in assigned}

    return Plan(
        kind=succession.kind,
        predecessors=tuple(succession.predecessors),
        successors=tuple(succession.successors),
        successor=succession.successor,
        survives=succession.survives,
        renames=bool(succession.said),
        resources=heirs(succession.resources),
        grants=heirs(succession.grants),
        members=heirs(succession.members),
        suspension_passes=succession.suspension_passes,
    )


def _kept(assigned: list[Assignment]) -> list[Assigned]:
    return [Assigned(thing=str(a.thing), successor=str(a.successor)) for a in assigned]
