"""Every SELECT over quarterly maintenance, and the upkeep figures of departments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Executable, RowMapping, Select, and_, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from services.catalog import queries as catalogue
from services.catalog.departments import Department
from services.catalog.maintenance.models import Maintenance
from services.catalog.models import Resource, ResourceVersion
from services.catalog.occasions.models import Occasion
from services.catalog.occasions.queries import overdue_on
from services.catalog.workflow import State
from shared.events.catalog import ShareType
from shared.pages import PageParams, page
from shared.principal import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedMaintenance:
    """What a list of quarterly maintenance is narrowed to; None narrows nothing."""

    today: date
    provider: UUID | None = None
    quarter: str | None = None
    confirmed: bool | None = None
    overdue: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How one department keeps its catalogue, counted at one moment."""

    department: Department
    published: int = 0
    shared: int = 0
    withdrawn: int = 0
    under_way: int = 0
    last_published_at: datetime | None = None
    updates_open: int = 0
    updates_overdue: int = 0
    updates_settled: int = 0
    updates_settled_late: int = 0
    quarters_confirmed: int = 0
    quarters_overdue: int = 0


def visible_to(viewer: Principal) -> Select[Maintenance]:
    """Its own department's, and for a competent authority those of its region."""
    return (
        select(Maintenance)
        .join(Department, Department.id == Maintenance.provider)
        .where(or_(Maintenance.provider == viewer.department, catalogue.overseen_by(viewer)))
        .options(contains_eager(Maintenance.department))
    )


async def listing(
    session: AsyncSession, wanted: WantedMaintenance, viewer: Principal, params: PageParams
) -> tuple[list[Maintenance], str | None]:
    """One page of what is visible, the newest first."""
    statement = visible_to(viewer)
    if wanted.provider is not None:
        statement = statement.where(Maintenance.provider == wanted.provider)
    if wanted.quarter is not None:
        statement = statement.where(Maintenance.quarter == wanted.quarter)
    done = Maintenance.confirmed_at
    if wanted.confirmed is not None:
        statement = statement.where(done.is_not(None) if wanted.confirmed else done.is_(None))
    if wanted.overdue is not None:
        late = and_(done.is_(None), Maintenance.due_on < wanted.today)
        statement = statement.where(late if wanted.overdue else not_(late))
    return await page(session, statement, [Maintenance.id], params, descending=True)


async def lock(session: AsyncSession, department: UUID, quarter: str) -> Maintenance | None:
    """A department's maintenance of a quarter, locked until commit."""
    return await session.scalar(
        select(Maintenance)
        .join(Department, Department.id == Maintenance.provider)
        .where(Maintenance.provider == department, Maintenance.quarter == quarter)
        .options(contains_eager(Maintenance.department))
        .with_for_update(of=Maintenance)
    )


async def entries_of(session: AsyncSession, department: UUID) -> int:
    """How many entries of the department are in the catalogue."""
    counted = await session.scalar(
        select(func.count()).where(
            Resource.provider == department,
            Resource.published.is_not(None),
            Resource.state != State.WITHDRAWN,
        )
    )
    return counted or 0


async def not_asked(session: AsyncSession, quarter: str) -> list[UUID]:
    """The departments with entries in the catalogue that the quarter was not opened for."""
    asked = select(Maintenance.provider).where(Maintenance.quarter == quarter)
    statement = (
        select(Resource.provider)
        .where(
            Resource.published.is_not(None),
            Resource.state != State.WITHDRAWN,
            Resource.provider.not_in(asked),
        )
        .distinct()
    )
    return list((await session.scalars(statement)).all())


async def lock_late(session: AsyncSession, today: date, most: int) -> list[Maintenance]:
    """What was not confirmed by its last day and nobody was told of, locked."""
    statement = (
        select(Maintenance)
        .where(
            Maintenance.confirmed_at.is_(None),
            Maintenance.due_on < today,
            Maintenance.overdue_at.is_(None),
        )
        .order_by(Maintenance.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return list((await session.scalars(statement)).all())


async def lock_near(session: AsyncSession, until: date, most: int) -> list[Maintenance]:
    """What is to be confirmed by `until` and nobody was reminded of, locked."""
    statement = (
        select(Maintenance)
        .where(
            Maintenance.confirmed_at.is_(None),
            Maintenance.due_on <= until,
            Maintenance.reminded_at.is_(None),
            Maintenance.overdue_at.is_(None),
        )
        .order_by(Maintenance.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return list((await session.scalars(statement)).all())


async def figures(
    session: AsyncSession, today: date, viewer: Principal, params: PageParams
) -> tuple[list[Figures], str | None]:
    """One page of the upkeep figures of the departments that the viewer oversees, or its own.

    Three counts a page, however long the page is.
    """
    seen = select(Department).where(
        or_(Department.id == viewer.department, catalogue.overseen_by(viewer))
    )
    departments, after = await page(session, seen, [Department.id], params)
    ids = [department.id for department in departments]
    entries = await _entries(session, ids)
    updates = await _updates(session, ids, today)
    quarters = await _quarters(session, ids, today)
    found = [
        Figures(
            department=department,
            published=_count(entries, department.id, "published"),
            shared=_count(entries, department.id, "shared"),
            withdrawn=_count(entries, department.id, "withdrawn"),
            under_way=_count(entries, department.id, "under_way"),
            last_published_at=_last_published(entries.get(department.id)),
            updates_open=_count(updates, department.id, "updates_open"),
            updates_overdue=_count(updates, department.id, "updates_overdue"),
            updates_settled=_count(updates, department.id, "updates_settled"),
            updates_settled_late=_count(updates, department.id, "updates_settled_late"),
            quarters_confirmed=_count(quarters, department.id, "quarters_confirmed"),
            quarters_overdue=_count(quarters, department.id, "quarters_overdue"),
        )
        for department in departments
    ]
    return found, after


_Rows = dict[UUID, RowMapping]


def _count(rows: _Rows, department: UUID, name: str) -> int:
    row = rows.get(department)
    counted: int = 0 if row is None else row[name]
    return counted


def _last_published(row: RowMapping | None) -> datetime | None:
    at: datetime | None = None if row is None else row["last_published_at"]
    return at


async def _entries(session: AsyncSession, ids: Sequence[UUID]) -> _Rows:
    live = and_(Resource.published.is_not(None), Resource.state != State.WITHDRAWN)
    statement = (
        select(
            Resource.provider,
            func.count().filter(live).label("published"),
            func.count()
            .filter(live, ResourceVersion.share_type != ShareType.NOT_SHARED)
            .label("shared"),
            func.count()
            .filter(Resource.state == State.WITHDRAWN, Resource.published.is_not(None))
            .label("withdrawn"),
            func.count()
            .filter(Resource.state.not_in([State.WITHDRAWN, State.PUBLISHED]))
            .label("under_way"),
            func.max(ResourceVersion.published_at).label("last_published_at"),
        )
        .outerjoin(
            ResourceVersion,
            and_(
                ResourceVersion.resource_id == Resource.id,
                ResourceVersion.number == Resource.published,
            ),
        )
        .where(Resource.provider.in_(ids))
        .group_by(Resource.provider)
    )
    return await _by_department(session, statement)


async def _updates(session: AsyncSession, ids: Sequence[UUID], today: date) -> _Rows:
    settled = Occasion.settled_at.is_not(None)
    statement = (
        select(
            Occasion.provider,
            func.count().filter(not_(settled)).label("updates_open"),
            func.count().filter(overdue_on(today)).label("updates_overdue"),
            func.count().filter(settled).label("updates_settled"),
            func.count()
            .filter(settled, Occasion.overdue_at.is_not(None))
            .label("updates_settled_late"),
        )
        .where(Occasion.provider.in_(ids))
        .group_by(Occasion.provider)
    )
    return await _by_department(session, statement)


async def _quarters(session: AsyncSession, ids: Sequence[UUID], today: date) -> _Rows:
    done = Maintenance.confirmed_at
    statement = (
        select(
            Maintenance.provider,
            func.count().filter(done.is_not(None)).label("quarters_confirmed"),
            func.count()
            .filter(done.is_(None), Maintenance.due_on < today)
            .label("quarters_overdue"),
        )
        .where(Maintenance.provider.in_(ids))
        .group_by(Maintenance.provider)
    )
    return await _by_department(session, statement)


async def _by_department(session: AsyncSession, statement: Executable) -> _Rows:
    rows = (await session.execute(statement)).mappings()
    return {row["provider"]: row for row in rows}
