"""What is done about quarterly maintenance. One function a verb."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog import queries as catalogue
from services.catalog.installation import Installation
from services.catalog.maintenance import queries, rules
from services.catalog.maintenance.models import Maintenance
from services.catalog.maintenance.rules import Quarter
from services.catalog.maintenance.schemas import ConfirmBody
from shared.ids import new_id
from shared.outbox import emit
from shared.principal import Principal


async def confirm(
    session: AsyncSession, by: Principal, here: Installation, quarter: Quarter, body: ConfirmBody
) -> Maintenance:
    """A person of the department went through its whole catalogue in, or for, a quarter.

    Raises MaintenanceNotInRulebook, MaintenancePersonRequired, MaintenanceNotDue,
    MaintenanceConfirmed and ProviderUnknown.
    """
    act = here.act(by)
    article = rules.article_of(act.rulebook)
    rules.check_person(by)
    department = await catalogue.provider(session, by)
    entries = await queries.entries_of(session, department.id)
    if quarter == Quarter.of(here.day_of(act.at)) and entries:
        await _open(session, department.id, quarter, article, act.at)
    maintenance = await queries.lock(session, department.id, str(quarter))
    if maintenance is None:
        raise rules.MaintenanceNotDue(
            f"No maintenance of {quarter} is asked of your department.", article=article
        )
    emit(session, maintenance.confirm(by, entries, body.remarks, act.at))
    return maintenance


async def open_quarter(session: AsyncSession, here: Installation, at: datetime) -> int:
    """Ask every department with entries in the catalogue for the maintenance of this quarter.

    Returns how many were asked that had not been; none where the rulebook knows none.
    """
    today = here.day_of(at)
    rulebook = here.in_force(today)
    if not rules.is_asked(rulebook):
        return 0
    quarter = Quarter.of(today)
    departments = await queries.not_asked(session, str(quarter))
    for department in departments:
        await _open(session, department, quarter, rules.article_of(rulebook), at)
    return len(departments)


async def report_late(session: AsyncSession, here: Installation, at: datetime, most: int) -> int:
    """Say of what was not confirmed by its last day that it is overdue, once; return how many."""
    late = await queries.lock_late(session, here.day_of(at), most)
    for maintenance in late:
        emit(session, maintenance.fall_overdue(at))
    return len(late)


async def remind(session: AsyncSession, here: Installation, at: datetime, most: int) -> int:
    """Remind of what is to be confirmed soon, once; return how many."""
    until = here.due(here.day_of(at), rules.REMINDER_DAYS).date
    near = await queries.lock_near(session, until, most)
    for maintenance in near:
        emit(session, maintenance.remind(at))
    return len(near)


async def _open(
    session: AsyncSession, department: UUID, quarter: Quarter, article: str, at: datetime
) -> None:
    # Whoever opens the same quarter at the same moment makes no second row.
    await session.execute(
        insert(Maintenance)
        .values(
            id=new_id(),
            version=1,
            provider=department,
            quarter=str(quarter),
            due_on=quarter.last_day,
            article=article,
            opened_at=at,
        )
        .on_conflict_do_nothing(index_elements=["provider", "quarter"])
    )
