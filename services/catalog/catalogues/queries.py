"""Every SELECT over the two catalogues, which are everybody's to read."""

from sqlalchemy import ColumnElement, Select, exists, func, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, contains_eager, selectinload

from services.catalog.changes.models import CatalogueChange
from services.catalog.changes.rules import ChangeState
from services.catalog.models import Department, Resource, ResourceVersion
from services.catalog.workflow import State
from shared.events.catalog import ShareType
from shared.pages import PageParams, page
from shared.rulebooks.vocabulary import CatalogueKind


def entries(kind: CatalogueKind, region: str | None) -> Select[ResourceVersion]:
    """The published versions that a catalogue holds, of one region and below, or of all."""
    return (
        select(ResourceVersion)
        .join(Resource, Resource.id == ResourceVersion.resource_id)
        .join(Department, Department.id == Resource.provider)
        .where(
            ResourceVersion.number == Resource.published,
            Resource.state != State.WITHDRAWN,
            _held(kind, ResourceVersion),
            _within(region),
        )
    )


async def listing(
    session: AsyncSession, kind: CatalogueKind, region: str | None, params: PageParams
) -> tuple[list[ResourceVersion], str | None]:
    """One page of a catalogue's entries."""
    statement = entries(kind, region).options(
        contains_eager(ResourceVersion.resource).contains_eager(Resource.department)
    )
    return await page(session, statement, [ResourceVersion.resource_id], params)


async def count(session: AsyncSession, kind: CatalogueKind, region: str | None) -> int:
    """How many entries a catalogue holds."""
    counted = await session.scalar(
        select(func.count()).select_from(entries(kind, region).subquery())
    )
    return counted or 0


async def notices(
    session: AsyncSession, kind: CatalogueKind, region: str | None, params: PageParams
) -> tuple[list[CatalogueChange], str | None]:
    """One page of what entered a catalogue, changed in it or left it, the latest first.

    What was shared once and is not any more left the catalogue of what is shared.
    """
    statement = (
        select(CatalogueChange)
        .join(Resource, Resource.id == CatalogueChange.resource_id)
        .join(Department, Department.id == Resource.provider)
        .where(CatalogueChange.state == ChangeState.DONE, _within(region))
        .options(
            contains_eager(CatalogueChange.resource).contains_eager(Resource.department),
            selectinload(CatalogueChange.successors),
        )
    )
    if kind is CatalogueKind.SHARING:
        version = aliased(ResourceVersion)
        statement = statement.where(
            exists().where(
                version.resource_id == CatalogueChange.resource_id,
                version.number <= CatalogueChange.number,
                version.published_at.is_not(None),
                version.share_type != ShareType.NOT_SHARED,
            )
        )
    keys = [CatalogueChange.effective_at, CatalogueChange.id]
    return await page(session, statement, keys, params, descending=True)


def _held(kind: CatalogueKind, version: type[ResourceVersion]) -> ColumnElement[bool]:
    if kind is CatalogueKind.RESOURCES:
        return true()
    return version.share_type != ShareType.NOT_SHARED


def _within(region: str | None) -> ColumnElement[bool]:
    if region is None:
        return true()
    below = Department.region.startswith(region + "/", autoescape=True)
    return or_(Department.region == region, below)
