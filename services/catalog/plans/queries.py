"""Every SELECT over yearly plans. Who may see one is decided in `visible_to` alone."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import selectinload

from services.catalog.models import Department, Resource, ResourceVersion
from services.catalog.plans.models import YearPlan
from services.catalog.plans.rules import PlanState, PlanUnknown
from services.catalog.succession import EndedDepartment
from services.catalog.workflow import State
from shared.events.catalog import ShareType
from shared.pages import PageParams, page
from shared.principal import Principal


def visible_to(viewer: Principal) -> Select[YearPlan]:
    """Adopted plans are everybody's to read; a draft is its authority's alone."""
    return select(YearPlan).where(
        or_(YearPlan.state == PlanState.ADOPTED, YearPlan.region == (viewer.authority or ""))
    )


async def get(session: AsyncSession, plan: UUID, viewer: Principal) -> YearPlan:
    """One plan with its items. Raises PlanUnknown."""
    statement = visible_to(viewer).where(YearPlan.id == plan).options(selectinload(YearPlan.items))
    found = await session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise PlanUnknown("There is no such plan.")
    return found


async def lock(session: AsyncSession, plan: UUID, viewer: Principal) -> YearPlan:
    """One plan with its items, locked until commit. Raises PlanUnknown."""
    await session.execute(select(YearPlan.id).where(YearPlan.id == plan).with_for_update())
    return await get(session, plan, viewer)


async def listing(
    session: AsyncSession, year: int | None, viewer: Principal, params: PageParams
) -> tuple[list[YearPlan], str | None]:
    """One page of the visible plans, the latest year first."""
    statement = visible_to(viewer)
    if year is not None:
        statement = statement.where(YearPlan.year == year)
    return await page(session, statement, [YearPlan.year, YearPlan.id], params, descending=True)


async def of_year(session: AsyncSession, region: str, year: int) -> UUID | None:
    """The plan of a region for a year; whoever begins one at the same moment waits here."""
    turn = func.hashtextextended(f"year-plan {region} {year}", 0)
    await session.execute(select(func.pg_advisory_xact_lock(turn)))
    return await session.scalar(
        select(YearPlan.id).where(YearPlan.region == region, YearPlan.year == year)
    )


async def departments(session: AsyncSession, ids: Collection[UUID]) -> dict[UUID, Department]:
    """The departments of these ids."""
    found = await session.scalars(select(Department).where(Department.id.in_(ids)))
    return {department.id: department for department in found}


async def answerable(session: AsyncSession, promised: Collection[UUID]) -> dict[UUID, UUID]:
    """Who answers now for what these departments were to share: they, or who followed them."""
    rows = await session.execute(select(EndedDepartment.id, EndedDepartment.successor))
    followed = {row.id: row.successor for row in rows}
    found = {}
    for department in promised:
        now, seen = department, {department}
        while (after := followed.get(now)) is not None and after not in seen:
            now = after
            seen.add(after)
        found[department] = now
    return found


async def first_shared(
    session: AsyncSession, wanted: Collection[tuple[UUID, str]]
) -> dict[tuple[UUID, str], datetime]:
    """When each promised resource was first published as shared, by provider and name key.

    What has left the catalogue since, or is not shared any more, does not count.
    """
    if not wanted:
        return {}
    current = (
        select(Resource.id, Resource.provider, ResourceVersion.name_key)
        .join(
            ResourceVersion,
            and_(
                ResourceVersion.resource_id == Resource.id,
                ResourceVersion.number == Resource.published,
            ),
        )
        .where(
            Resource.state != State.WITHDRAWN,
            ResourceVersion.share_type != ShareType.NOT_SHARED,
            tuple_(Resource.provider, ResourceVersion.name_key).in_(wanted),
        )
        .subquery()
    )
    statement = (
        select(current.c.provider, current.c.name_key, func.min(ResourceVersion.published_at))
        .join(ResourceVersion, ResourceVersion.resource_id == current.c.id)
        .where(
            ResourceVersion.published_at.is_not(None),
            ResourceVersion.share_type != ShareType.NOT_SHARED,
        )
        .group_by(current.c.provider, current.c.name_key)
    )
    return {(row[0], row[1]): row[2] for row in await session.execute(statement)}
