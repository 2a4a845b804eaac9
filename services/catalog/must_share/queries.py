"""Every SELECT over what must be shared and is not."""

from uuid import UUID

from sqlalchemy import Select, and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, selectinload

from services.catalog import queries as catalogue
from services.catalog.models import Department, Resource, ResourceItem, ResourceVersion
from services.catalog.must_share import categories
from services.catalog.workflow import State
from shared.events.catalog import ShareType
from shared.pages import PageParams, page
from shared.principal import Principal
from shared.rulebooks import Rulebook


def visible_to(viewer: Principal) -> Select[ResourceVersion]:
    """The published versions of the viewer's department, and of the region that it oversees."""
    return (
        select(ResourceVersion)
        .join(Resource, Resource.id == ResourceVersion.resource_id)
        .join(Department, Department.id == Resource.provider)
        .where(
            ResourceVersion.number == Resource.published,
            Resource.state != State.WITHDRAWN,
            or_(Resource.provider == viewer.department, catalogue.overseen_by(viewer)),
        )
        .options(
            contains_eager(ResourceVersion.resource).contains_eager(Resource.department),
            selectinload(ResourceVersion.items),
        )
    )


async def unshared(
    session: AsyncSession,
    rulebook: Rulebook,
    provider: UUID | None,
    viewer: Principal,
    params: PageParams,
) -> tuple[list[ResourceVersion], str | None]:
    """One page of what must be shared by the rulebook and is not, in whole or in an item."""
    withheld = exists().where(
        ResourceItem.resource_id == ResourceVersion.resource_id,
        ResourceItem.number == ResourceVersion.number,
        ResourceItem.share_type == ShareType.NOT_SHARED,
    )
    statement = visible_to(viewer).where(
        or_(
            ResourceVersion.must_share.in_(sorted(categories.of_rulebook(rulebook))),
            ResourceVersion.topic.in_(sorted(categories.topics_of(rulebook))),
        ),
        or_(
            ResourceVersion.share_type == ShareType.NOT_SHARED,
            and_(ResourceVersion.share_type == ShareType.CONDITIONAL, withheld),
        ),
    )
    if provider is not None:
        statement = statement.where(Resource.provider == provider)
    return await page(session, statement, [ResourceVersion.resource_id], params)
