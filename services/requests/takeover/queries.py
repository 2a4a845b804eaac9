"""Every SELECT over old grants. Who may see one is decided in `visible_to` alone."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, selectinload

from services.requests.known import KnownDepartment, KnownResource
from services.requests.takeover.models import FormerGrant
from services.requests.takeover.rules import TakeoverState
from shared.errors import NotFound
from shared.pages import PageParams, page
from shared.principal import Principal

_LIVE = (TakeoverState.PROPOSED, TakeoverState.CONFIRMED)


class GrantTakeoverUnknown(NotFound):
    """There is no such takeover, or it is not the caller's to know of."""

    code = "grant-takeover-not-found"
    title = "Takeover not found"


def visible_to(viewer: Principal) -> Select[FormerGrant]:
    """Both sides', and for a competent authority those of its region's resources."""
    seen = [
        FormerGrant.grantee == viewer.department,
        FormerGrant.resource_id.in_(
            select(KnownResource.id).where(KnownResource.provider == viewer.department)
        ),
    ]
    if viewer.authority is not None:
        seen.append(FormerGrant.resource_id.in_(_of_region(viewer.authority)))
    return select(FormerGrant).where(or_(*seen))


async def get(session: AsyncSession, takeover: UUID, viewer: Principal) -> FormerGrant:
    """One old grant, complete. Raises GrantTakeoverUnknown."""
    statement = _complete(visible_to(viewer).where(FormerGrant.id == takeover))
    found = await session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise GrantTakeoverUnknown("There is no such takeover.")
    return found


async def listing(
    session: AsyncSession,
    viewer: Principal,
    state: TakeoverState | None,
    platform: str | None,
    params: PageParams,
) -> tuple[list[FormerGrant], str | None]:
    """One page of the visible old grants, the newest first; None does not narrow."""
    statement = visible_to(viewer)
    if state is not None:
        statement = statement.where(FormerGrant.state == state)
    if platform is not None:
        statement = statement.where(FormerGrant.platform == platform)
    return await page(session, _complete(statement), [FormerGrant.id], params, descending=True)


async def lock(session: AsyncSession, takeover: UUID, viewer: Principal) -> FormerGrant:
    """A visible old grant, locked until commit, so that two cannot both settle it.

    Raises GrantTakeoverUnknown.
    """
    statement = visible_to(viewer).where(FormerGrant.id == takeover).with_for_update()
    found = await session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise GrantTakeoverUnknown("There is no such takeover.")
    return found


async def brought_in(
    session: AsyncSession, platform: str, references: Collection[str]
) -> dict[str, FormerGrant]:
    """What waits or was confirmed of these, by reference; the platform is locked until commit."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(platform, 3))))
    statement = select(FormerGrant).where(
        FormerGrant.platform == platform,
        FormerGrant.reference.in_(references),
        FormerGrant.state.in_(_LIVE),
    )
    return {former.reference: former for former in await session.scalars(statement)}


async def resources(
    session: AsyncSession, wanted: Collection[UUID], authority: str
) -> dict[UUID, KnownResource]:
    """Those of these resources that stand in the authority's region, with their items."""
    statement = (
        select(KnownResource)
        .where(KnownResource.id.in_(wanted), KnownResource.id.in_(_of_region(authority)))
        .options(selectinload(KnownResource.items))
    )
    return {resource.id: resource for resource in await session.scalars(statement)}


async def standing(session: AsyncSession, wanted: Collection[UUID]) -> set[UUID]:
    """Which of these are departments that have not ended."""
    statement = select(KnownDepartment.id).where(
        KnownDepartment.id.in_(wanted), KnownDepartment.ended.is_(False)
    )
    found: Sequence[UUID] = (await session.scalars(statement)).all()
    return set(found)


def _of_region(authority: str) -> Select[UUID]:
    below = KnownResource.region.startswith(authority + "/", autoescape=True)
    return select(KnownResource.id).where(or_(KnownResource.region == authority, below))


def _complete(statement: Select[FormerGrant]) -> Select[FormerGrant]:
    return statement.options(
        joinedload(FormerGrant.resource), joinedload(FormerGrant.known_grantee)
    )
