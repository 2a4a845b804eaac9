"""Every SELECT of the catalogue. `visible_to` is the one rule of who may see which version."""

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    case,
    false,
    func,
    not_,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, contains_eager, selectinload

from services.catalog import names, succession
from services.catalog.entry import Entry, Surroundings
from services.catalog.models import (
    Department,
    Resource,
    ResourceStep,
    ResourceVersion,
)
from services.catalog.search.documents import Facet
from services.catalog.search.wanted import Wanted
from services.catalog.standards import queries as standards
from services.catalog.workflow import HANDED_IN, State
from shared import pages
from shared.errors import NotFound, Unavailable
from shared.events.catalog import ShareMethod
from shared.pages import PageParams
from shared.principal import Principal
from shared.rulebooks.vocabulary import Network

_COLUMNS: Final[dict[Facet, InstrumentedAttribute[Any]]] = {
    Facet.CLASSIFICATION: ResourceVersion.attribute,
    Facet.TOPIC: ResourceVersion.topic,
    Facet.LEVEL: ResourceVersion.level,
    Facet.BASIC_CATEGORY: ResourceVersion.basic_category,
    Facet.FORMAT: ResourceVersion.format_class,
    Facet.SHARE_TYPE: ResourceVersion.share_type,
    Facet.GRADE: ResourceVersion.grade,
    Facet.SECRECY: ResourceVersion.secrecy,
    Facet.OPENNESS: ResourceVersion.openness,
    Facet.UPDATE_CYCLE: ResourceVersion.update_cycle,
}


class ResourceUnknown(NotFound):
    """There is no such resource, or the caller may not know of it."""

    code = "resource-unknown"
    title = "Resource unknown"


class ProviderUnknown(Unavailable):
    """The caller's department was registered so lately that the catalogue has not heard of it."""

    code = "provider-unknown"
    title = "Provider unknown"


def visible_to(viewer: Principal) -> Select[ResourceVersion]:
    """Every version that the viewer may see, with its resource and department.

    The catalogue is there for every department: each sees what is published, what was before it
    and what is announced to follow. Of its own resources a department sees all. The authority
    also sees what its region's departments have handed in, and what has been withdrawn.
    """
    in_catalogue = and_(
        Resource.published.is_not(None),
        Resource.state != State.WITHDRAWN,
        or_(
            ResourceVersion.published_at.is_not(None),
            ResourceVersion.number == Resource.scheduled,
        ),
    )
    withdrawn = and_(
        overseen_by(viewer),
        Resource.state == State.WITHDRAWN,
        ResourceVersion.published_at.is_not(None),
    )
    return (
        select(ResourceVersion)
        .join(Resource, Resource.id == ResourceVersion.resource_id)
        .join(Department, Department.id == Resource.provider)
        .where(
            or_(
                in_catalogue,
                Resource.provider == viewer.department,
                and_(_handed_in_to(viewer), ResourceVersion.number == Resource.latest),
                withdrawn,
            )
        )
        .options(contains_eager(ResourceVersion.resource).contains_eager(Resource.department))
    )


def current(viewer: Principal) -> Select[ResourceVersion]:
    """Of each resource the one version that concerns the viewer.

    That is the latest for those who work on it, and the published one for all others.
    """
    # Two equalities and not one with CASE: PostgreSQL can estimate these, and then walks the
    # newest resources by index instead of sorting all of them.
    works_on = _works_on(viewer)
    return visible_to(viewer).where(
        or_(
            and_(works_on, ResourceVersion.number == Resource.latest),
            and_(not_(works_on), ResourceVersion.number == Resource.published),
        )
    )


async def get(session: AsyncSession, resource: UUID, viewer: Principal) -> ResourceVersion:
    """The version of a resource that concerns the viewer, with its items.

    Raises ResourceUnknown.
    """
    return await _one(session, current(viewer).where(ResourceVersion.resource_id == resource))


async def get_version(
    session: AsyncSession, resource: UUID, number: int, viewer: Principal
) -> ResourceVersion:
    """One version of a resource, with its items. Raises ResourceUnknown."""
    statement = visible_to(viewer).where(
        ResourceVersion.resource_id == resource, ResourceVersion.number == number
    )
    return await _one(session, statement)


async def get_two_versions(
    session: AsyncSession, resource: UUID, numbers: tuple[int, int], viewer: Principal
) -> tuple[ResourceVersion, ResourceVersion]:
    """Two versions of a resource, with their items. Raises ResourceUnknown."""
    before, after = numbers
    return (
        await get_version(session, resource, before, viewer),
        await get_version(session, resource, after, viewer),
    )


async def lock(session: AsyncSession, resource: UUID, by: Principal) -> ResourceVersion:
    """The version that concerns the caller, its resource locked until commit.

    Two who act at once take turns, and the second sees what the first did. Raises
    ResourceUnknown.
    """
    # First the lock, then the look: a statement that waits for a lock would join the resource
    # as it now is with the version as it was.
    await session.execute(select(Resource.id).where(Resource.id == resource).with_for_update())
    return await get(session, resource, by)


async def lock_all(
    session: AsyncSession, resources: Collection[UUID], by: Principal
) -> dict[UUID, ResourceVersion]:
    """The same for many at once; whom the caller does not see is left out."""
    locking = select(Resource.id).where(Resource.id.in_(resources)).order_by(Resource.id)
    await session.execute(locking.with_for_update())
    statement = (
        current(by)
        .where(ResourceVersion.resource_id.in_(resources))
        .options(selectinload(ResourceVersion.items))
        .execution_options(populate_existing=True)
    )
    return {version.resource_id: version for version in await session.scalars(statement)}


async def listed(
    session: AsyncSession, wanted: Wanted, viewer: Principal, params: PageParams
) -> tuple[list[ResourceVersion], str | None]:
    """One page of the resources that the viewer sees, the newest first; words narrow nothing."""
    statement = _narrowed(current(viewer), wanted, viewer)
    return await pages.page(
        session, statement, [ResourceVersion.resource_id], params, descending=True
    )


async def shown(
    session: AsyncSession, resources: Sequence[UUID], viewer: Principal
) -> list[ResourceVersion]:
    """Of these resources what the viewer is shown, in this order; what he may not see is left."""
    statement = current(viewer).where(ResourceVersion.resource_id.in_(resources))
    found = {version.resource_id: version for version in await session.scalars(statement)}
    return [found[resource] for resource in resources if resource in found]


async def department_names(session: AsyncSession, departments: Sequence[UUID]) -> dict[UUID, str]:
    """What departments are called now."""
    statement = select(Department.id, Department.name).where(Department.id.in_(departments))
    return {row.id: row.name for row in await session.execute(statement)}


async def history(
    session: AsyncSession, resource: UUID, viewer: Principal, params: PageParams
) -> tuple[list[ResourceVersion], dict[int, list[ResourceStep]], str | None]:
    """One page of a resource's versions, the latest first, and their steps by version.

    Raises ResourceUnknown when the viewer sees none at all.
    """
    statement = visible_to(viewer).where(ResourceVersion.resource_id == resource)
    versions, after = await pages.page(
        session, statement, [ResourceVersion.number], params, descending=True
    )
    if not versions and params.cursor is None:
        raise ResourceUnknown("There is no such resource.")
    return versions, await _steps(session, versions, viewer), after


async def _steps(
    session: AsyncSession, versions: Sequence[ResourceVersion], viewer: Principal
) -> dict[int, list[ResourceStep]]:
    # Remarks and actors are the business of provider and authority alone.
    if not versions or not versions[0].resource.sides(viewer):
        return {}
    statement = (
        select(ResourceStep)
        .where(
            ResourceStep.resource_id == versions[0].resource_id,
            ResourceStep.number.in_([version.number for version in versions]),
        )
        .order_by(ResourceStep.id)
    )
    by_version: dict[int, list[ResourceStep]] = {}
    for step in await session.scalars(statement):
        by_version.setdefault(step.number, []).append(step)
    return by_version


async def provider(session: AsyncSession, by: Principal) -> Department:
    """The caller's department, which stays as it is until the commit.

    Raises ProviderUnknown, ProviderEnded.
    """
    department = await session.get(Department, by.department, with_for_update={"read": True})
    if department is None:
        raise ProviderUnknown(
            "Your department's registration has not reached the catalogue yet; try again soon.",
            retry_after=2,
        )
    await succession.check_in_being(session, by.department)
    return department


async def find_department(session: AsyncSession, department: UUID) -> Department | None:
    """What is known of a department, locked until commit."""
    return await session.get(Department, department, with_for_update=True)


async def surroundings(
    session: AsyncSession, version: ResourceVersion, network: Network
) -> Surroundings:
    """What the catalogue says about the entry in `version`, whose resource must be loaded.

    Names are compared one at a time (a lock on the name until commit), so that two resources
    cannot take the same name at once.
    """
    entry, resource = version.entry, version.resource
    key = names.key(entry.name)
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(key, 0))))
    same_name = (
        select(ResourceVersion.number)
        .join(Resource, Resource.id == ResourceVersion.resource_id)
        .where(
            ResourceVersion.name_key == key,
            Resource.id != resource.id,
            Resource.state != State.WITHDRAWN,
            or_(
                ResourceVersion.number == Resource.published,
                ResourceVersion.number == Resource.scheduled,
                and_(
                    Resource.provider == resource.provider,
                    ResourceVersion.number == Resource.latest,
                ),
            ),
        )
        .limit(1)
    )
    taken = await session.scalar(same_name)
    named = {item.element for item in entry.items if item.element is not None}
    return Surroundings(
        namesake=taken is not None,
        unknown_related=await _unknown(session, entry),
        elements=await standards.named(session, named),
        network=network,
    )


async def _unknown(session: AsyncSession, entry: Entry) -> frozenset[UUID]:
    if not entry.related:
        return frozenset()
    known = await session.scalars(
        select(Resource.id).where(
            Resource.id.in_(entry.related),
            Resource.published.is_not(None),
            Resource.state != State.WITHDRAWN,
        )
    )
    return frozenset(entry.related) - frozenset(known)


async def _one(session: AsyncSession, statement: Select[ResourceVersion]) -> ResourceVersion:
    found = await session.scalar(statement.options(selectinload(ResourceVersion.items)))
    if found is None:
        raise ResourceUnknown("There is no such resource.")
    return found


def _works_on(viewer: Principal) -> ColumnElement[bool]:
    """Whether the latest version concerns the viewer."""
    return or_(Resource.provider == viewer.department, _handed_in_to(viewer))


def _handed_in_to(viewer: Principal) -> ColumnElement[bool]:
    return and_(overseen_by(viewer), Resource.state.in_(HANDED_IN))


def overseen_by(viewer: Principal) -> ColumnElement[bool]:
    """Whether a department lies in the region that the viewer is the authority of."""
    if viewer.authority is None:
        return false()
    return or_(
        Department.region == viewer.authority,
        Department.region.startswith(viewer.authority + "/", autoescape=True),
    )


def _narrowed(
    statement: Select[ResourceVersion], wanted: Wanted, viewer: Principal
) -> Select[ResourceVersion]:
    for facet, values in wanted.facets.items():
        match facet:
            case Facet.STATE:
                as_it_is = or_(_works_on(viewer), Resource.state == State.WITHDRAWN)
                said = case((as_it_is, Resource.state), else_=State.PUBLISHED)
                statement = statement.where(said.in_([State(value) for value in values]))
            case Facet.PROVIDER:
                statement = statement.where(Resource.provider.in_([UUID(v) for v in values]))
            case Facet.REGION:
                statement = statement.where(Department.region.in_(values))
            case Facet.SHARE_METHOD:
                methods = [ShareMethod(value) for value in sorted(values)]
                statement = statement.where(ResourceVersion.share_methods.overlap(methods))
            case _:
                statement = statement.where(_one_of(_COLUMNS[facet], values))
    return statement


def _one_of(column: InstrumentedAttribute[Any], values: Collection[str]) -> ColumnElement[bool]:
    kind = column.type.python_type
    return column.in_([kind(value) for value in sorted(values)])
