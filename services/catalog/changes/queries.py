"""Every SELECT over changes. Who may see one is decided in `visible_to` alone."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, selectinload

from services.catalog import queries as catalogue
from services.catalog.changes.models import CatalogueChange
from services.catalog.changes.rules import ChangeState, ChangeUnknown
from services.catalog.models import Department, Resource, ResourceItem, ResourceVersion
from services.catalog.workflow import State
from shared.events.catalog import ChangeKind
from shared.pages import PageParams, page
from shared.principal import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedChanges:
    """What a list of changes is narrowed to; None narrows nothing."""

    resource: UUID | None = None
    provider: UUID | None = None
    kind: ChangeKind | None = None
    state: ChangeState | None = None


def visible_to(viewer: Principal) -> Select[CatalogueChange]:
    """Every change that the viewer may see, with its resource and department.

    Changes of what is or was in the catalogue are everybody's to know; the first publication of a
    resource is not, until it takes effect, but for its provider and the competent authority.
    """
    return (
        select(CatalogueChange)
        .join(Resource, Resource.id == CatalogueChange.resource_id)
        .join(Department, Department.id == Resource.provider)
        .where(
            or_(
                Resource.published.is_not(None),
                Resource.provider == viewer.department,
                catalogue.overseen_by(viewer),
            )
        )
        .options(
            contains_eager(CatalogueChange.resource).contains_eager(Resource.department),
            selectinload(CatalogueChange.successors),
        )
    )


async def get(session: AsyncSession, change: UUID, viewer: Principal) -> CatalogueChange:
    """One change. Raises ChangeUnknown."""
    statement = visible_to(viewer).where(CatalogueChange.id == change)
    found = await session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise ChangeUnknown("There is no such change.")
    return found


async def listing(
    session: AsyncSession, wanted: WantedChanges, viewer: Principal, params: PageParams
) -> tuple[list[CatalogueChange], str | None]:
    """One page of the changes that the viewer sees, the latest effect first."""
    conditions = (
        (CatalogueChange.resource_id, wanted.resource),
        (Resource.provider, wanted.provider),
        (CatalogueChange.kind, wanted.kind),
        (CatalogueChange.state, wanted.state),
    )
    narrowed = [column == value for column, value in conditions if value is not None]
    keys = [CatalogueChange.effective_at, CatalogueChange.id]
    return await page(session, visible_to(viewer).where(*narrowed), keys, params, descending=True)


async def lock(session: AsyncSession, change: UUID, viewer: Principal) -> CatalogueChange:
    """A change, its resource locked until commit. Raises ChangeUnknown."""
    found = await get(session, change, viewer)
    await session.execute(
        select(Resource.id).where(Resource.id == found.resource_id).with_for_update()
    )
    return await get(session, change, viewer)


async def due(session: AsyncSession, at: datetime, most: int) -> list[tuple[UUID, UUID]]:
    """The changes whose moment has come, the earliest first: their resources' ids and theirs."""
    statement = (
        select(CatalogueChange.resource_id, CatalogueChange.id)
        .where(CatalogueChange.state == ChangeState.WAITING, CatalogueChange.effective_at <= at)
        .order_by(CatalogueChange.effective_at, CatalogueChange.id)
        .limit(most)
    )
    return [(row[0], row[1]) for row in await session.execute(statement)]


async def lock_due(session: AsyncSession, resource: UUID, change: UUID) -> CatalogueChange | None:
    """A change that still waits, its resource locked; None where somebody was quicker."""
    await session.execute(select(Resource.id).where(Resource.id == resource).with_for_update())
    statement = (
        select(CatalogueChange)
        .where(CatalogueChange.id == change, CatalogueChange.state == ChangeState.WAITING)
        .options(selectinload(CatalogueChange.successors))
    )
    return await session.scalar(statement)


async def waiting(
    session: AsyncSession, resource: UUID, kind: ChangeKind | None = None
) -> list[CatalogueChange]:
    """The changes of a locked resource that have not taken effect, of one kind or all."""
    statement = select(CatalogueChange).where(
        CatalogueChange.resource_id == resource, CatalogueChange.state == ChangeState.WAITING
    )
    if kind is not None:
        statement = statement.where(CatalogueChange.kind == kind)
    return list((await session.scalars(statement)).all())


async def version_of(session: AsyncSession, resource: UUID, number: int) -> ResourceVersion:
    """One version of a resource with its items, resource and department; it must exist."""
    statement = (
        select(ResourceVersion)
        .join(Resource, Resource.id == ResourceVersion.resource_id)
        .join(Department, Department.id == Resource.provider)
        .where(ResourceVersion.resource_id == resource, ResourceVersion.number == number)
        .options(
            contains_eager(ResourceVersion.resource).contains_eager(Resource.department),
            selectinload(ResourceVersion.items),
        )
    )
    return (await session.scalars(statement)).one()


async def items_of(session: AsyncSession, resources: Collection[UUID]) -> dict[UUID, set[str]]:
    """The item codes of those of these resources that are in the catalogue."""
    if not resources:
        return {}
    statement = (
        select(Resource.id, ResourceItem.code)
        .outerjoin(
            ResourceItem,
            (ResourceItem.resource_id == Resource.id) & (ResourceItem.number == Resource.published),
        )
        .where(
            Resource.id.in_(resources),
            Resource.published.is_not(None),
            Resource.state != State.WITHDRAWN,
        )
    )
    found: dict[UUID, set[str]] = {}
    for resource, code in await session.execute(statement):
        found.setdefault(resource, set()).update({code} if code is not None else ())
    return found
