"""Every SELECT of the public catalogue: what `rules` lets be public, and nothing else."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, selectinload

from services.catalog.announced import rules
from services.catalog.models import Department, Resource, ResourceVersion
from services.catalog.workflow import State
from shared import pages
from shared.errors import NotFound
from shared.events.catalog import Grade, Secrecy
from shared.pages import PageParams
from shared.rulebooks import Rulebook


class NothingAnnounced(NotFound):
    """There is no such entry for the public."""

    code = "nothing-announced"
    title = "No such entry"


def announced(rulebook: Rulebook) -> Select[ResourceVersion]:
    """The published versions that may be public, with their items and departments."""
    statement = (
        select(ResourceVersion)
        .join(Resource, Resource.id == ResourceVersion.resource_id)
        .join(Department, Department.id == Resource.provider)
        .where(
            ResourceVersion.number == Resource.published,
            Resource.state != State.WITHDRAWN,
            ResourceVersion.share_type.in_(sorted(rules.SHARED)),
            ResourceVersion.grade == Grade.ORDINARY,
            ResourceVersion.secrecy == Secrecy.NONE,
        )
        .options(
            contains_eager(ResourceVersion.resource).contains_eager(Resource.department),
            selectinload(ResourceVersion.items),
        )
    )
    if not rules.whole(rulebook):
        statement = statement.where(ResourceVersion.openness.in_(sorted(rules.OPENED)))
    return statement


async def listed(
    session: AsyncSession, rulebook: Rulebook, params: PageParams
) -> tuple[list[ResourceVersion], str | None]:
    """One page of the public catalogue, the newest first."""
    keys = [ResourceVersion.resource_id]
    return await pages.page(session, announced(rulebook), keys, params, descending=True)


async def shown(
    session: AsyncSession, rulebook: Rulebook, resources: Sequence[UUID]
) -> list[ResourceVersion]:
    """Of these resources what is public, in this order."""
    statement = announced(rulebook).where(ResourceVersion.resource_id.in_(resources))
    found = {version.resource_id: version for version in await session.scalars(statement)}
    return [found[resource] for resource in resources if resource in found]


async def get(session: AsyncSession, rulebook: Rulebook, resource: UUID) -> ResourceVersion:
    """One entry. Raises NothingAnnounced."""
    found = await shown(session, rulebook, [resource])
    if not found:
        raise NothingAnnounced("There is no such entry in the public catalogue.")
    return found[0]
