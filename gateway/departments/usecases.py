"""What can be done to departments. One function a verb."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.departments import queries, rules
from gateway.departments.rules import CreditCodeTaken
from gateway.departments.schemas import ChangeBody, DepartmentBody
from gateway.models import Department, DepartmentChange, Particulars
from gateway.models.departments import Said
from shared import clock
from shared.access import Principal
from shared.events.gateway import DepartmentStatus
from shared.idempotency import claim
from shared.outbox import emit

_TAKEN = "A department with this unified social credit code exists."


async def register_department(
    session: AsyncSession, actor: str, by: UUID | None, body: DepartmentBody, identity: UUID
) -> Particulars:
    """Enter a department into the registry.

    Raises CreditCodeTaken, NotFound and DepartmentEnded (of the parent).
    """
    at = clock.now()
    if await queries.by_credit_code(session, body.credit_code) is not None:
        raise CreditCodeTaken(_TAKEN)
    if body.parent is not None:
        await queries.department(session, body.parent)
    department = Department(id=identity, registered_at=at)
    session.add(department)
    await session.flush()
    particulars = Particulars(department=identity, since=at, **body.model_dump())
    session.add(particulars)
    await _flush_code(session)
    emit(session, particulars.announce(actor, by, at, department.version))
    return particulars


async def register_department_once(
    session: AsyncSession, by: Principal, body: DepartmentBody, key: str
) -> Particulars:
    """The same for a caller, who may repeat it with the same key. Raises RegionNotYours too."""
    rules.check_region(by, body.region)
    sent = body.model_dump_json().encode()
    made, first = await claim(session, by, "register-department", key, sent, clock.now())
    if not first:
        return await queries.particulars(session, made)
    return await register_department(session, by.actor, by.department, body, made)


async def plan_change(
    session: AsyncSession,
    by: Principal,
    department: UUID,
    if_match: str | None,
    body: ChangeBody,
    key: str,
    timezone: str,
) -> DepartmentChange:
    """Give a department new particulars from now on, or from a later local day.

    Raises NotFound, RegionNotYours, DepartmentIfMatchMissing, DepartmentChangedMeanwhile, DayPast,
    NothingChanged, DepartmentEnded, CreditCodeTaken, ParentOfItself.
    """
    at = clock.now()
    sent = f"{department} {body.model_dump_json(exclude_unset=True)}".encode()
    made, first = await claim(session, by, "change-department", key, sent, at)
    if not first:
        return await queries.change(session, made)
    current = await queries.lock_particulars(session, department)
    rules.check_region(by, current.region, body.region or current.region)
    rules.check_unchanged(if_match, current.version)
    today = clock.local_date(at, timezone)
    effective_at = rules.takes_effect(body.effective_on, today, at, timezone)
    change = DepartmentChange(
        id=made,
        department=department,
        said=body.said,
        basis=body.basis,
        effective_at=effective_at,
        planned_at=at,
        planned_by=by.actor,
        planned_for=by.department,
    )
    await _check(session, current, change.said)
    session.add(change)
    if effective_at <= at:
        await take_effect(session, change, at)
    return change


async def cancel_change(
    session: AsyncSession, by: Principal, department: UUID, identity: UUID
) -> DepartmentChange:
    """Give a planned change up before its time.

    Raises NotFound, ChangeUnknown, RegionNotYours, ChangeSettled.
    """
    current = await queries.lock_particulars(session, department)
    change = await queries.lock_change(session, identity)
    if change is None or change.department != department:
        raise queries.ChangeUnknown("This department has no such change.")
    rules.check_region(by, current.region)
    if change.taken_effect_at is not None or change.cancelled_at is not None:
        raise rules.ChangeSettled("This change has taken effect or was cancelled already.")
    change.cancelled_at = clock.now()
    return change


async def take_effect(session: AsyncSession, change: DepartmentChange, at: datetime) -> Particulars:
    """Let a change hold from its own moment on; `at` is now.

    Raises DepartmentEnded, NothingChanged, CreditCodeTaken, ParentOfItself, NotFound.
    """
    current = await queries.lock_particulars(session, change.department)
    await _check(session, current, change.said)
    change.taken_effect_at, change.hindered_by = at, None
    return await follow(
        session,
        current,
        change.said,
        DepartmentStatus.ACTIVE,
        change.basis,
        change.effective_at,
        actor=change.planned_by,
        by=change.planned_for,
        at=at,
    )


async def follow(
    session: AsyncSession,
    current: Particulars,
    said: Said,
    status: DepartmentStatus,
    basis: str,
    since: datetime,
    *,
    actor: str,
    by: UUID | None,
    at: datetime,
) -> Particulars:
    """End the particulars of a department, which is locked, and begin the next ones."""
    # Periods follow each other also where a change was hindered and one of a later day was not.
    following = current.followed_by(said, status, basis, max(since, current.since))
    await session.flush()  # One is current at a time: the old one ends first.
    session.add(following)
    await _flush_code(session)
    department = await session.get_one(Department, current.department)
    department.version = following.version
    emit(session, following.changed(current, actor, by, at))
    return following


async def _check(session: AsyncSession, current: Particulars, said: Said) -> None:
    rules.check_active(current.status)
    before = {
        "name": current.name,
        "short_name": current.short_name,
        "credit_code": current.credit_code,
        "region": current.region,
        "parent": str(current.parent) if current.parent else None,
        "is_authority": current.is_authority,
    }
    if {**before, **said} == before:
        raise rules.NothingChanged("The department has these particulars already.")
    code = said.get("credit_code", current.credit_code)
    other = await queries.by_credit_code(session, code)
    if other is not None and other.department != current.department:
        raise CreditCodeTaken(_TAKEN)
    parent = said.get("parent")
    if parent is not None:
        await queries.department(session, UUID(parent))
        rules.check_parent(current.department, await queries.above(session, UUID(parent)))


async def _flush_code(session: AsyncSession) -> None:
    try:
        await session.flush()
    except IntegrityError:  # Two at the same moment: the index has let in one of them.
        raise CreditCodeTaken(_TAKEN) from None
