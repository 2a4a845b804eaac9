"""Every SELECT over needs. Who may see one is decided in `visible_to` alone."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, selectinload

from services.catalog import queries as catalogue
from services.catalog.departments import Department
from services.catalog.models import Resource, ResourceVersion
from services.catalog.needs.life import NeedState, NeedUnknown, Urgency
from services.catalog.needs.models import Need, NeedRecord
from services.catalog.workflow import State
from shared.pages import PageParams, page
from shared.principal import Principal


@dataclass(frozen=True, slots=True)
class WantedNeeds:
    """What a list of needs is narrowed to; None narrows nothing."""

    department: UUID | None = None
    state: NeedState | None = None
    urgency: Urgency | None = None
    lead: UUID | None = None


def visible_to(viewer: Principal) -> Select[Need]:
    """Its department's; for a competent authority its region's; for who is to collect, that one."""
    return (
        select(Need)
        .join(Department, Department.id == Need.needing)
        .where(
            or_(
                Need.needing == viewer.department,
                catalogue.overseen_by(viewer),
                and_(Need.lead == viewer.department, Need.state == NeedState.RULED),
            )
        )
        .options(contains_eager(Need.department))
    )


async def get(session: AsyncSession, need: UUID, viewer: Principal) -> Need:
    """One need. Raises NeedUnknown."""
    found = await session.scalar(visible_to(viewer).where(Need.id == need))
    if found is None:
        raise NeedUnknown("There is no such need.")
    return found


async def lock(session: AsyncSession, need: UUID, viewer: Principal) -> Need:
    """One need, locked until commit. Raises NeedUnknown."""
    statement = visible_to(viewer).where(Need.id == need).with_for_update(of=Need)
    found = await session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise NeedUnknown("There is no such need.")
    return found


async def listing(
    session: AsyncSession, wanted: WantedNeeds, viewer: Principal, params: PageParams
) -> tuple[list[Need], str | None]:
    """One page of the visible needs, the newest first."""
    statement = visible_to(viewer)
    if wanted.department is not None:
        statement = statement.where(Need.needing == wanted.department)
    if wanted.state is not None:
        statement = statement.where(Need.state == wanted.state)
    if wanted.urgency is not None:
        statement = statement.where(Need.urgency == wanted.urgency)
    if wanted.lead is not None:
        statement = statement.where(Need.lead == wanted.lead)
    return await page(session, statement, [Need.id], params, descending=True)


async def history(
    session: AsyncSession, need: UUID, viewer: Principal, params: PageParams
) -> tuple[list[NeedRecord], str | None]:
    """One page of a need's steps, the first first. Raises NeedUnknown."""
    await get(session, need, viewer)
    statement = select(NeedRecord).where(NeedRecord.need_id == need)
    return await page(session, statement, [NeedRecord.id], params)


async def in_catalogue(
    session: AsyncSession, resources: Collection[UUID], without: UUID
) -> list[ResourceVersion]:
    """Of these resources the published versions that another department than `without` provides.

    With their items; every department may see them.
    """
    statement = (
        select(ResourceVersion)
        .join(Resource, Resource.id == ResourceVersion.resource_id)
        .join(Department, Department.id == Resource.provider)
        .where(
            Resource.id.in_(resources),
            ResourceVersion.number == Resource.published,
            Resource.state != State.WITHDRAWN,
            Resource.provider != without,
        )
        .options(
            contains_eager(ResourceVersion.resource).contains_eager(Resource.department),
            selectinload(ResourceVersion.items),
        )
    )
    return list((await session.scalars(statement)).all())
