"""Every SELECT of the catalogue. `visible_to` is the one rule of who may see which version."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Double,
    Select,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    tuple_,
)
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, selectinload

from services.catalog import lexemes, names, succession
from services.catalog.classification import Attribute, Topic
from services.catalog.entry import Entry, Surroundings
from services.catalog.models import (
    Department,
    Resource,
    ResourceStep,
    ResourceVersion,
    SearchDocument,
)
from services.catalog.workflow import HANDED_IN, State
from shared import pages
from shared.errors import NotFound, Unavailable
from shared.events.catalog import Grade, ShareType, UpdateCycle
from shared.pages import PageParams
from shared.principal import Principal


class ResourceUnknown(NotFound):
    """There is no such resource, or the caller may not know of it."""

    code = "resource-unknown"
    title = "Resource unknown"


class ProviderUnknown(Unavailable):
    """The caller's department was registered so lately that the catalogue has not heard of it."""

    code = "provider-unknown"
    title = "Provider unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a list is narrowed to; None narrows nothing."""

    text: str | None = None
    provider: UUID | None = None
    state: State | None = None
    attribute: Attribute | None = None
    topic: Topic | None = None
    share_type: ShareType | None = None
    grade: Grade | None = None
    update_cycle: UpdateCycle | None = None


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


async def search(
    session: AsyncSession, wanted: Wanted, viewer: Principal, params: PageParams
) -> tuple[list[ResourceVersion], str | None]:
    """One page of what is wanted and visible, and the cursor of the next."""
    if wanted.text is None:
        return await _listed(session, wanted, viewer, params)
    return await _found(session, wanted.text, wanted, viewer, params)


async def _listed(
    session: AsyncSession, wanted: Wanted, viewer: Principal, params: PageParams
) -> tuple[list[ResourceVersion], str | None]:
    """One page of the resources that the viewer sees, the newest first."""
    statement = _narrowed(current(viewer), wanted, viewer)
    return await pages.page(
        session, statement, [ResourceVersion.resource_id], params, descending=True
    )


async def _found(
    session: AsyncSession, words: str, wanted: Wanted, viewer: Principal, params: PageParams
) -> tuple[list[ResourceVersion], str | None]:
    """One page of what the words of `words` find, the best match first."""
    asked = lexemes.query(words)
    if asked is None:
        return [], None
    by_words = cast(literal(asked.rank), TSQUERY)
    rank = cast(func.ts_rank(SearchDocument.lexemes, by_words), Double)
    key = ResourceVersion.resource_id
    statement = (
        _narrowed(current(viewer), wanted, viewer)
        .join(
            SearchDocument,
            and_(
                SearchDocument.resource_id == ResourceVersion.resource_id,
                SearchDocument.number == ResourceVersion.number,
            ),
        )
        .where(SearchDocument.lexemes.op("@@")(cast(literal(asked.match), TSQUERY)))
        .add_columns(rank)
    )
    if params.cursor is not None:
        after = pages.decode(params.cursor, [float, UUID])
        statement = statement.where(tuple_(rank, key) < tuple_(*after))
    ordered = statement.order_by(rank.desc(), key.desc()).limit(params.limit + 1)
    rows = (await session.execute(ordered)).all()
    versions = [row[0] for row in rows[: params.limit]]
    if len(rows) <= params.limit:
        return versions, None
    last = rows[params.limit - 1]
    return versions, pages.encode([last[1], last[0].resource_id])


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


async def surroundings(session: AsyncSession, version: ResourceVersion) -> Surroundings:
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
    return Surroundings(namesake=taken is not None, unknown_related=await _unknown(session, entry))


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
    as_it_is = or_(_works_on(viewer), Resource.state == State.WITHDRAWN)
    shown = case((as_it_is, Resource.state), else_=State.PUBLISHED)
    conditions = (
        (Resource.provider, wanted.provider),
        (shown, wanted.state),
        (ResourceVersion.attribute, wanted.attribute),
        (ResourceVersion.topic, wanted.topic),
        (ResourceVersion.share_type, wanted.share_type),
        (ResourceVersion.grade, wanted.grade),
        (ResourceVersion.update_cycle, wanted.update_cycle),
    )
    return statement.where(*(column == value for column, value in conditions if value is not None))
