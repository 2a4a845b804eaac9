"""The SELECTs over filed exchanges, their statistics, and the figures of departments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange.known import Department
from services.exchange.off_platform.models import OffPlatform, Statistics
from services.exchange.off_platform.rules import FilingState
from services.exchange.outside import queries as outside
from shared.errors import NotFound
from shared.pages import PageParams, page
from shared.principal import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedFilings:
    """What a list of filings is narrowed to; None narrows nothing. `today` is a local day."""

    today: date
    department: UUID | None = None
    state: FilingState | None = None
    overdue: bool | None = None


@dataclass(frozen=True, slots=True)
class Figures:
    """What a department exchanged outside the platform in one year, as it reported."""

    department: UUID
    name: str
    exchanges: int
    waiting: int
    overdue: int
    reports: int
    late: int
    times: int
    rows: int


async def listing(
    session: AsyncSession, wanted: WantedFilings, viewer: Principal, params: PageParams
) -> tuple[list[OffPlatform], str | None]:
    """One page of the visible filings, the newest first."""
    statement = outside.visible_to(OffPlatform, viewer)
    if wanted.department is not None:
        statement = statement.where(OffPlatform.department == wanted.department)
    if wanted.state is not None:
        statement = statement.where(OffPlatform.state == wanted.state)
    if wanted.overdue is not None:
        late = OffPlatform.due_on < wanted.today
        statement = statement.where(late if wanted.overdue else or_(~late, late.is_(None)))
    return await page(session, statement, [OffPlatform.id], params, descending=True)


async def statistics(
    session: AsyncSession, identity: UUID, viewer: Principal, params: PageParams
) -> tuple[list[Statistics], str | None]:
    """One page of the statistics of an exchange, the newest period first. Raises NotFound."""
    await outside.get(session, OffPlatform, identity, viewer)
    statement = select(Statistics).where(Statistics.exchange == identity)
    return await page(session, statement, [Statistics.period], params, descending=True)


async def reported(session: AsyncSession, identity: UUID) -> set[str]:
    """The periods of an exchange that have statistics."""
    statement = select(Statistics.period).where(Statistics.exchange == identity)
    return set(await session.scalars(statement))


async def of_period(session: AsyncSession, identity: UUID, period: str) -> Statistics | None:
    """The statistics of one period, if they are there."""
    return await session.get(Statistics, (identity, period))


async def one_report(
    session: AsyncSession, identity: UUID, period: str, viewer: Principal
) -> Statistics:
    """The statistics of one period of an exchange that the viewer may see. Raises NotFound."""
    await outside.get(session, OffPlatform, identity, viewer)
    found = await of_period(session, identity, period)
    if found is None:
        raise NotFound("There are no statistics of this period.")
    return found


async def figures(
    session: AsyncSession, year: int, today: date, viewer: Principal, params: PageParams
) -> tuple[list[Figures], str | None]:
    """One page of the figures of a year: the authority's region by department, else one's own."""
    mine = or_(
        OffPlatform.department == viewer.department, outside.overseen_by(OffPlatform, viewer)
    )
    filing = select(OffPlatform.department).where(mine)
    departments, after = await page(
        session, select(Department).where(Department.id.in_(filing)), [Department.id], params
    )
    chosen = [department.id for department in departments]
    filed = {row.department: row for row in await _filed(session, chosen, year, today)}
    told = {row.department: row for row in await _told(session, chosen, year)}
    found = []
    for department in departments:
        of, counted = filed[department.id], told.get(department.id)
        found.append(
            Figures(
                department.id,
                department.name,
                of.exchanges,
                of.waiting,
                of.overdue,
                counted.reports if counted else 0,
                counted.late if counted else 0,
                int(counted.times) if counted else 0,
                int(counted.rows) if counted else 0,
            )
        )
    return found, after


@dataclass(frozen=True, slots=True)
class _Filed:
    department: UUID
    exchanges: int
    waiting: int
    overdue: int


@dataclass(frozen=True, slots=True)
class _Told:
    department: UUID
    reports: int
    late: int
    times: int
    rows: int


async def _filed(
    session: AsyncSession, departments: Sequence[UUID], year: int, today: date
) -> list[_Filed]:
    on_file = and_(
        OffPlatform.since <= date(year, 12, 31),
        or_(OffPlatform.ended_on.is_(None), OffPlatform.ended_on >= date(year, 1, 1)),
    )
    statement = (
        select(
            OffPlatform.department,
            func.count().filter(on_file),
            func.count().filter(OffPlatform.state == FilingState.FILED),
            func.count().filter(OffPlatform.due_on < today),
        )
        .where(OffPlatform.department.in_(departments))
        .group_by(OffPlatform.department)
    )
    return [_Filed(*row) for row in (await session.execute(statement)).all()]


async def _told(session: AsyncSession, departments: Sequence[UUID], year: int) -> list[_Told]:
    statement = (
        select(
            OffPlatform.department,
            func.count(),
            func.count().filter(Statistics.late),
            func.sum(Statistics.times),
            func.sum(Statistics.rows),
        )
        .join(Statistics, Statistics.exchange == OffPlatform.id)
        .where(
            OffPlatform.department.in_(departments),
            Statistics.first_day >= date(year, 1, 1),
            Statistics.first_day <= date(year, 12, 31),
        )
        .group_by(OffPlatform.department)
    )
    return [_Told(*row) for row in (await session.execute(statement)).all()]


async def lock_late(session: AsyncSession, today: date, most: int) -> list[OffPlatform]:
    """Filings whose statistics are late and nobody was told; what another holds is left."""
    statement = (
        select(OffPlatform)
        .where(OffPlatform.due_on < today, OffPlatform.overdue_at.is_(None))
        .order_by(OffPlatform.due_on, OffPlatform.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return list((await session.scalars(statement)).all())


async def lock_near(session: AsyncSession, until: date, most: int) -> list[OffPlatform]:
    """Filings whose statistics are due by `until` and nobody was reminded of."""
    statement = (
        select(OffPlatform)
        .where(
            OffPlatform.due_on <= until,
            OffPlatform.reminded_at.is_(None),
            OffPlatform.overdue_at.is_(None),
        )
        .order_by(OffPlatform.due_on, OffPlatform.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return list((await session.scalars(statement)).all())


async def lock_provisional(session: AsyncSession) -> list[OffPlatform]:
    """Filings whose day was counted through days that nobody had announced."""
    statement = select(OffPlatform).where(OffPlatform.due_provisional).order_by(OffPlatform.id)
    return list((await session.scalars(statement.with_for_update(skip_locked=True))).all())
