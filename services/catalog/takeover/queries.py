"""Every SELECT of takeover: a code is seen by whoever sees the resource that it means."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog import queries as catalogue
from services.catalog.models import ResourceVersion
from services.catalog.takeover.models import FormerCode
from shared import pages
from shared.pages import PageParams
from shared.principal import Principal


async def meant(
    session: AsyncSession,
    code: str | None,
    resource: UUID | None,
    viewer: Principal,
    params: PageParams,
) -> tuple[list[FormerCode], str | None]:
    """One page of the codes that mean something which the viewer sees."""
    seen = catalogue.current(viewer).with_only_columns(ResourceVersion.resource_id).order_by(None)
    statement = select(FormerCode).where(FormerCode.resource_id.in_(seen))
    if code is not None:
        statement = statement.where(FormerCode.code == code)
    if resource is not None:
        statement = statement.where(FormerCode.resource_id == resource)
    return await pages.page(session, statement, [FormerCode.platform, FormerCode.code], params)


async def known(session: AsyncSession, platform: str, codes: Collection[str]) -> dict[str, UUID]:
    """What these codes of the platform mean already; the platform is locked until commit."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(platform, 2))))
    statement = select(FormerCode).where(
        FormerCode.platform == platform, FormerCode.code.in_(codes)
    )
    return {former.code: former.resource_id for former in await session.scalars(statement)}


async def seen(session: AsyncSession, resources: Collection[UUID], viewer: Principal) -> set[UUID]:
    """Which of these resources the viewer sees."""
    statement = catalogue.current(viewer).where(ResourceVersion.resource_id.in_(resources))
    return {version.resource_id for version in await session.scalars(statement)}
