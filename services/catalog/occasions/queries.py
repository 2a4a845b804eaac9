"""Every SELECT over occasions. Who may see one is decided in `visible_to` alone."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager

from services.catalog import queries as catalogue
from services.catalog.departments import Department
from services.catalog.models import Resource, ResourceVersion
from services.catalog.occasions.models import Occasion
from services.catalog.occasions.rules import OccasionUnknown
from services.catalog.workflow import State
from shared.pages import PageParams, page
from shared.principal import Principal

_HANDED_TO_AUTHORITY = (State.CLEARED, State.SCHEDULED, State.PUBLISHED)


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedOccasions:
    """What a list of occasions is narrowed to; None narrows nothing. `today` is a local day."""

    today: date
    provider: UUID | None = None
    settled: bool | None = None
    overdue: bool | None = None


def visible_to(viewer: Principal) -> Select[Occasion]:
    """Its own department's, and for a competent authority those of its region."""
    return (
        select(Occasion)
        .join(Department, Department.id == Occasion.provider)
        .where(or_(Occasion.provider == viewer.department, catalogue.overseen_by(viewer)))
        .options(contains_eager(Occasion.department))
    )


def overdue_on(today: date) -> ColumnElement[bool]:
    """Whether an update was due before `today` and is not settled."""
    return and_(Occasion.settled_at.is_(None), Occasion.due_on < today)


async def get(session: AsyncSession, occasion: UUID, viewer: Principal) -> Occasion:
    """One occasion. Raises OccasionUnknown."""
    found = await session.scalar(visible_to(viewer).where(Occasion.id == occasion))
    if found is None:
        raise OccasionUnknown("There is no such occasion.")
    return found


async def lock(session: AsyncSession, occasion: UUID, viewer: Principal) -> Occasion:
    """One occasion, locked until commit. Raises OccasionUnknown."""
    statement = visible_to(viewer).where(Occasion.id == occasion).with_for_update(of=Occasion)
    found = await session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise OccasionUnknown("There is no such occasion.")
    return found


async def listing(
    session: AsyncSession, wanted: WantedOccasions, viewer: Principal, params: PageParams
) -> tuple[list[Occasion], str | None]:
    """One page of the visible occasions, the newest first."""
    statement = visible_to(viewer)
    if wanted.provider is not None:
        statement = statement.where(Occasion.provider == wanted.provider)
    if wanted.settled is not None:
        done = Occasion.settled_at
        statement = statement.where(done.is_not(None) if wanted.settled else done.is_(None))
    if wanted.overdue is not None:
        late = overdue_on(wanted.today)
        statement = statement.where(late if wanted.overdue else or_(~late, late.is_(None)))
    return await page(session, statement, [Occasion.id], params, descending=True)


async def own(session: AsyncSession, department: UUID, resources: Collection[UUID]) -> set[UUID]:
    """Which of these resources are the department's."""
    statement = select(Resource.id).where(
        Resource.id.in_(resources), Resource.provider == department
    )
    return set(await session.scalars(statement))


async def not_updated(
    session: AsyncSession, resources: Collection[UUID], since: datetime
) -> list[UUID]:
    """Those that have not been compiled anew and handed to the authority since that moment.

    What was withdrawn needs no update.
    """
    done = select(Resource.id).join(
        ResourceVersion,
        and_(
            ResourceVersion.resource_id == Resource.id,
            ResourceVersion.number == Resource.latest,
        ),
    )
    updated = await session.scalars(
        done.where(
            Resource.id.in_(resources),
            or_(
                Resource.state == State.WITHDRAWN,
                and_(Resource.state.in_(_HANDED_TO_AUTHORITY), ResourceVersion.started_at >= since),
            ),
        )
    )
    ready = set(updated)
    return [resource for resource in resources if resource not in ready]


async def lock_late(session: AsyncSession, today: date, most: int) -> list[Occasion]:
    """Updates past their last day that nobody was told of, locked; what another holds is left."""
    statement = (
        select(Occasion)
        .where(overdue_on(today), Occasion.overdue_at.is_(None))
        .order_by(Occasion.due_on, Occasion.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return list((await session.scalars(statement)).all())


async def lock_near(session: AsyncSession, until: date, most: int) -> list[Occasion]:
    """Open updates due by `until` that nobody was reminded of, locked."""
    statement = (
        select(Occasion)
        .where(
            Occasion.settled_at.is_(None),
            Occasion.due_on <= until,
            Occasion.reminded_at.is_(None),
            Occasion.overdue_at.is_(None),
        )
        .order_by(Occasion.due_on, Occasion.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return list((await session.scalars(statement)).all())
