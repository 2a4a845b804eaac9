"""Every SELECT over the service guide. Who may see a service is decided in `visible_to` alone."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, selectinload

from services.catalog import queries as catalogue
from services.catalog.departments import Department
from services.catalog.guide.models import GuideService
from services.catalog.guide.rules import GuideState, ServiceUnknown
from services.catalog.models import Resource
from services.catalog.workflow import State
from shared.pages import PageParams, page
from shared.principal import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedServices:
    """What a list of services is narrowed to; None narrows nothing. `today` is a local day."""

    today: date
    provider: UUID | None = None
    state: GuideState | None = None
    overdue: bool | None = None


def visible_to(viewer: Principal) -> Select[GuideService]:
    """What is in the guide is everybody's; the rest its department's and its authority's."""
    return _whole().where(or_(GuideService.published.is_not(None), _works_on(viewer)))


def public() -> Select[GuideService]:
    """What stands in the guide, for everybody."""
    return _whole().where(GuideService.published.is_not(None))


def overdue_on(today: date) -> ColumnElement[bool]:
    """Whether nobody has said in time that a service is still right."""
    return GuideService.due_on < today


async def get(session: AsyncSession, service: UUID, viewer: Principal) -> GuideService:
    """One service with its descriptions. Raises ServiceUnknown."""
    return await _one(session, visible_to(viewer), service)


async def get_public(session: AsyncSession, service: UUID) -> GuideService:
    """One service of the guide. Raises ServiceUnknown."""
    return await _one(session, public(), service)


async def lock(session: AsyncSession, service: UUID, viewer: Principal) -> GuideService:
    """One service with its descriptions, locked until commit. Raises ServiceUnknown."""
    # First the lock, then the look: who waited sees what the other did.
    locked = select(GuideService.id).where(GuideService.id == service).with_for_update()
    await session.execute(locked)
    return await get(session, service, viewer)


async def listing(
    session: AsyncSession, wanted: WantedServices, viewer: Principal, params: PageParams
) -> tuple[list[GuideService], str | None]:
    """One page of the visible services, the newest first."""
    statement = visible_to(viewer)
    if wanted.provider is not None:
        statement = statement.where(GuideService.provider == wanted.provider)
    if wanted.state is GuideState.PUBLISHED:
        statement = statement.where(GuideService.published.is_not(None))
    elif wanted.state is not None:
        statement = statement.where(GuideService.state == wanted.state, _works_on(viewer))
    if wanted.overdue is not None:
        late = overdue_on(wanted.today)
        statement = statement.where(late if wanted.overdue else or_(~late, late.is_(None)))
    return await page(session, statement, [GuideService.id], params, descending=True)


async def public_listing(
    session: AsyncSession, provider: UUID | None, params: PageParams
) -> tuple[list[GuideService], str | None]:
    """One page of the guide, the newest first."""
    statement = public()
    if provider is not None:
        statement = statement.where(GuideService.provider == provider)
    return await page(session, statement, [GuideService.id], params, descending=True)


async def take_turn(session: AsyncSession, provider: UUID, name_key: str) -> None:
    """Let whoever gives the department's service the same name at the same moment wait."""
    turn = func.hashtextextended(f"guide {provider} {name_key}", 0)
    await session.execute(select(func.pg_advisory_xact_lock(turn)))


async def namesake(
    session: AsyncSession, provider: UUID, name_key: str, but: UUID | None
) -> UUID | None:
    """Another service of the department with that name."""
    statement = select(GuideService.id).where(
        GuideService.provider == provider, GuideService.name_key == name_key
    )
    if but is not None:
        statement = statement.where(GuideService.id != but)
    return await session.scalar(statement)


async def in_catalogue(session: AsyncSession, resources: Collection[UUID]) -> set[UUID]:
    """Which of these resources are in the catalogue."""
    statement = select(Resource.id).where(
        Resource.id.in_(resources),
        Resource.published.is_not(None),
        Resource.state != State.WITHDRAWN,
    )
    return set(await session.scalars(statement))


async def lock_late(session: AsyncSession, today: date, most: int) -> list[GuideService]:
    """What is overdue and nobody was told of, locked; what another holds is left."""
    statement = (
        select(GuideService)
        .where(overdue_on(today), GuideService.overdue_at.is_(None))
        .order_by(GuideService.due_on, GuideService.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return list((await session.scalars(statement)).all())


async def lock_near(session: AsyncSession, until: date, most: int) -> list[GuideService]:
    """What is due by `until` and nobody was reminded of, locked."""
    statement = (
        select(GuideService)
        .where(
            GuideService.due_on <= until,
            GuideService.reminded_at.is_(None),
            GuideService.overdue_at.is_(None),
        )
        .order_by(GuideService.due_on, GuideService.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return list((await session.scalars(statement)).all())


def _works_on(viewer: Principal) -> ColumnElement[bool]:
    """Whether a service is the viewer's department's, or lies in the region that he oversees."""
    return or_(GuideService.provider == viewer.department, catalogue.overseen_by(viewer))


def _whole() -> Select[GuideService]:
    return (
        select(GuideService)
        .join(Department, Department.id == GuideService.provider)
        .options(contains_eager(GuideService.department), selectinload(GuideService.versions))
    )


async def _one(
    session: AsyncSession, statement: Select[GuideService], service: UUID
) -> GuideService:
    narrowed = statement.where(GuideService.id == service)
    found = await session.scalar(narrowed.execution_options(populate_existing=True))
    if found is None:
        raise ServiceUnknown("There is no such service.")
    return found
