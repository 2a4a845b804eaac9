"""What the competent authority can do with suspensions. One function a verb."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.requests import queries as cases
from services.requests.jurisdiction import Jurisdiction
from services.requests.suspensions import queries, rules
from services.requests.suspensions.models import Suspension
from services.requests.suspensions.schemas import LiftBody, SuspendBody
from shared.idempotency import claim
from shared.outbox import emit
from shared.principal import Principal

SUSPEND = "requests.suspend"


async def suspend(
    session: AsyncSession, by: Principal, law: Jurisdiction, key: str, told: SuspendBody
) -> tuple[Suspension, bool]:
    """Take from a department the right to others' data (baoji-2017 §29).

    Returns the suspension and whether it is new: a repeat of `key` returns the one it made. Raises
    IdempotencyKeyReused, SuspensionNotInRulebook, DepartmentUnknown, NotTheAuthority,
    SuspendedEnded, OwnSuspension, ViolationUnlisted, NoticeImpossible, NotOverdue,
    SuspendedAlready.
    """
    now = law.now()
    rulebook = law.in_force(now.today)
    article = rules.article_of(rulebook)
    made, new = await claim(session, by, SUSPEND, key, told.model_dump_json().encode(), now.at)
    if not new:
        return await queries.get(session, made, by), False
    # Whoever suspends the same department at the same moment waits here.
    department = await cases.find_department(session, told.department)
    if department is None:
        raise rules.DepartmentUnknown("There is no such department.")
    rules.check_in_being(ended=department.ended)
    rules.check_authority(by, law.region, department.region)
    rules.check_other(by, department.id)
    rules.check_violation(rulebook, told.violation)
    rules.check_overdue(rulebook, told.notified_on, told.rectify_by, now.today)
    standing = await queries.in_force(session, department.id)
    rules.check_not_suspended(standing.id if standing else None)
    suspension = Suspension(
        id=made,
        department=department.id,
        region=department.region,
        violation=told.violation,
        reason=told.reason,
        notified_on=told.notified_on,
        rectify_by=told.rectify_by,
        article=article,
        rulebook=rulebook.id,
        rulebook_version=rulebook.version,
        suspended_at=now.at,
        suspended_by=by.actor,
    )
    session.add(suspension)
    emit(session, suspension.begun(by))
    await session.flush()
    return await queries.get(session, made, by), True


async def lift(
    session: AsyncSession, by: Principal, law: Jurisdiction, suspension_id: UUID, told: LiftBody
) -> Suspension:
    """Give the right back. Raises SuspensionUnknown, NotTheAuthority, LiftedAlready."""
    suspension = await queries.lock(session, suspension_id, by)
    rules.check_authority(by, law.region, suspension.region)
    emit(session, suspension.lift(by, told.reason, law.now().at))
    await session.flush()
    return await queries.get(session, suspension_id, by)
