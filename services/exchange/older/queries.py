"""The SELECTs over older exchanges, and the progress of departments."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange.known import Department
from services.exchange.models import Resource
from services.exchange.older.migration import OPEN, MigrationState
from services.exchange.older.models import OlderExchange
from services.exchange.outside import queries as outside
from shared.pages import PageParams, page
from shared.principal import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedOlder:
    """What a list of older exchanges is narrowed to. `today` is a local day."""

    today: date
    department: UUID | None = None
    state: MigrationState | None = None
    overdue: bool | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of a department's older exchanges stand where, and how many are late."""

    department: UUID
    name: str
    states: dict[MigrationState, int]
    overdue: int


def overdue_on(today: date) -> ColumnElement[bool]:
    """Whether an exchange was to have moved before `today` and has not."""
    return and_(OlderExchange.state.in_(OPEN), OlderExchange.planned_on < today)


async def listing(
    session: AsyncSession, wanted: WantedOlder, viewer: Principal, params: PageParams
) -> tuple[list[OlderExchange], str | None]:
    """One page of the visible exchanges, the newest first."""
    statement = outside.visible_to(OlderExchange, viewer)
    if wanted.department is not None:
        statement = statement.where(OlderExchange.department == wanted.department)
    if wanted.state is not None:
        statement = statement.where(OlderExchange.state == wanted.state)
    if wanted.overdue is not None:
        late = func.coalesce(overdue_on(wanted.today), False)
        statement = statement.where(late if wanted.overdue else not_(late))
    return await page(session, statement, [OlderExchange.id], params, descending=True)


async def known_resources(session: AsyncSession, resources: Collection[UUID]) -> set[UUID]:
    """Which of these are resources of the platform that are in the catalogue."""
    statement = select(Resource.id).where(
        Resource.id.in_(resources), Resource.withdrawn_at.is_(None)
    )
    return set(await session.scalars(statement))


async def progress(
    session: AsyncSession, today: date, viewer: Principal, params: PageParams
) -> tuple[list[Progress], str | None]:
    """One page of departments: the authority's region's, else one's own."""
    mine = or_(
        OlderExchange.department == viewer.department,
        outside.overseen_by(OlderExchange, viewer),
    )
    registered = select(OlderExchange.department).where(mine)
    departments, after = await page(
        session, select(Department).where(Department.id.in_(registered)), [Department.id], params
    )
    found = {
        department.id: Progress(department.id, department.name, {}, 0) for department in departments
    }
    statement = (
        select(
            OlderExchange.department,
            OlderExchange.state,
            func.count(),
            func.count().filter(overdue_on(today)),
        )
        .where(OlderExchange.department.in_(found))
        .group_by(OlderExchange.department, OlderExchange.state)
    )
    late: dict[UUID, int] = dict.fromkeys(found, 0)
    for department, state, count, overdue in (await session.execute(statement)).all():
        found[department].states[state] = count
        late[department] += overdue
    counted = [
        Progress(one.department, one.name, one.states, late[one.department])
        for one in found.values()
    ]
    return counted, after


async def lock_late(session: AsyncSession, today: date, most: int) -> list[OlderExchange]:
    """Exchanges past their planned day that nobody was told of; what another holds is left."""
    statement = (
        select(OlderExchange)
        .where(overdue_on(today), OlderExchange.overdue_at.is_(None))
        .order_by(OlderExchange.planned_on, OlderExchange.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return list((await session.scalars(statement)).all())
