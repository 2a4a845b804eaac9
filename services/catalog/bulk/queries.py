"""Every SELECT of imports. A department sees its own and nobody else's."""

from collections.abc import AsyncIterator, Collection, Sequence
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog.bulk.found import Severity
from services.catalog.bulk.models import (
    ExternalIdentity,
    Import,
    ImportCopyPart,
    ImportedEntry,
    ImportPart,
    ImportProblem,
    Outcome,
    Progress,
)
from services.catalog.models import Resource, ResourceVersion
from services.catalog.workflow import State
from shared import pages
from shared.errors import NotFound
from shared.pages import PageParams
from shared.principal import Principal

OPEN = (Progress.WAITING, Progress.READING, Progress.APPLYING, Progress.MARKING)


class ImportUnknown(NotFound):
    """There is no such import, or it is another department's."""

    code = "import-unknown"
    title = "Import unknown"


def visible_to(viewer: Principal) -> Select[Import]:
    """The imports that the viewer may see: those of the own department."""
    return select(Import).where(Import.department == viewer.department)


async def get(session: AsyncSession, identity: UUID, viewer: Principal) -> Import:
    """One import. Raises ImportUnknown."""
    found = await session.scalar(visible_to(viewer).where(Import.id == identity))
    if found is None:
        raise ImportUnknown("There is no such import.")
    return found


async def listed(
    session: AsyncSession, viewer: Principal, params: PageParams
) -> tuple[list[Import], str | None]:
    """One page of imports, the newest first."""
    return await pages.page(session, visible_to(viewer), [Import.id], params, descending=True)


async def problems(
    session: AsyncSession, job: Import, severity: Severity | None, params: PageParams
) -> tuple[list[ImportProblem], str | None]:
    """One page of what was wrong, in the order of the source."""
    statement = select(ImportProblem).where(ImportProblem.import_id == job.id)
    if severity is not None:
        statement = statement.where(ImportProblem.severity == severity)
    return await pages.page(session, statement, [ImportProblem.number], params)


async def entries(
    session: AsyncSession, job: Import, outcome: Outcome | None, params: PageParams
) -> tuple[list[ImportedEntry], str | None]:
    """One page of the entries that an import brought, in their order."""
    statement = select(ImportedEntry).where(ImportedEntry.import_id == job.id)
    if outcome is not None:
        statement = statement.where(ImportedEntry.outcome == outcome)
    return await pages.page(session, statement, [ImportedEntry.position], params)


async def waiting(session: AsyncSession) -> Sequence[UUID]:
    """The imports that are not over, the oldest first."""
    statement = select(Import.id).where(Import.state.in_(OPEN)).order_by(Import.id)
    return (await session.scalars(statement)).all()


async def count_open(session: AsyncSession, by: Principal) -> int:
    """How many imports of the caller's department are not over."""
    statement = select(func.count()).where(
        Import.department == by.department, Import.state.in_(OPEN)
    )
    return await session.scalar(statement) or 0


async def lock(session: AsyncSession, identity: UUID) -> Import | None:
    """An import, locked until commit."""
    return await session.get(Import, identity, with_for_update=True, populate_existing=True)


async def part(session: AsyncSession, identity: UUID, position: int) -> bytes | None:
    """A piece of what was handed in."""
    found = await session.get(ImportPart, (identity, position))
    return None if found is None else found.body


async def copy_part(session: AsyncSession, identity: UUID, position: int) -> bytes | None:
    """A piece of the annotated copy."""
    found = await session.get(ImportCopyPart, (identity, position))
    return None if found is None else found.body


async def pending(session: AsyncSession, identity: UUID, limit: int) -> Sequence[ImportedEntry]:
    """The next entries that nothing has become of yet."""
    statement = (
        select(ImportedEntry)
        .where(ImportedEntry.import_id == identity, ImportedEntry.outcome == Outcome.PENDING)
        .order_by(ImportedEntry.position)
        .limit(limit)
    )
    return (await session.scalars(statement)).all()


async def all_problems(session: AsyncSession, identity: UUID) -> AsyncIterator[ImportProblem]:
    """Every problem of an import, in order."""
    statement = (
        select(ImportProblem)
        .where(ImportProblem.import_id == identity)
        .order_by(ImportProblem.number)
    )
    async for problem in await session.stream_scalars(statement.execution_options(yield_per=500)):
        yield problem


async def resources_of(
    session: AsyncSession, department: UUID, keys: Collection[str]
) -> dict[str, UUID]:
    """Which of the department's resources the keys mean, for those that mean one.

    A key is first what a department calls a resource, then the platform's id or the catalogue
    code of one of the department's own. Identifiers go with their resource to whoever follows a
    department; where two came together, the department's own is meant, then the older. What is
    another department's is unknown, as if it did not exist.
    """
    identities = (
        select(ExternalIdentity.key, ExternalIdentity.resource_id)
        .join(Resource, Resource.id == ExternalIdentity.resource_id)
        .where(Resource.provider == department, ExternalIdentity.key.in_(keys))
        # The last of a key is the one that stays.
        .order_by(
            ExternalIdentity.department == department,
            ExternalIdentity.known_since.desc(),
            ExternalIdentity.department.desc(),
        )
    )
    found = {row[0]: row[1] for row in await session.execute(identities)}
    others = [key for key in keys if key not in found]
    ids = {uuid: key for key in others if (uuid := _uuid(key)) is not None}
    own = select(Resource.id, Resource.code).where(
        Resource.provider == department,
        or_(Resource.id.in_(ids), Resource.code.in_(others)),
    )
    for identity, code in await session.execute(own):
        if identity in ids:
            found[ids[identity]] = identity
        if code in others:
            found.setdefault(code, identity)
    return found


async def keys_of(session: AsyncSession, resources: Collection[UUID]) -> dict[UUID, str]:
    """What their department calls resources, for those that it gave an identifier; its first."""
    statement = (
        select(ExternalIdentity.resource_id, ExternalIdentity.key)
        .where(ExternalIdentity.resource_id.in_(resources))
        .order_by(ExternalIdentity.known_since.desc(), ExternalIdentity.key.desc())
    )
    return {row[0]: row[1] for row in await session.execute(statement)}


async def namesakes(
    session: AsyncSession, department: UUID, name_keys: Collection[str]
) -> dict[str, set[UUID]]:
    """The resources that have these names now: published ones, and all of the department's."""
    statement = (
        select(ResourceVersion.name_key, Resource.id)
        .join(Resource, Resource.id == ResourceVersion.resource_id)
        .where(
            ResourceVersion.name_key.in_(name_keys),
            Resource.state != State.WITHDRAWN,
            or_(
                ResourceVersion.number == Resource.published,
                and_(Resource.provider == department, ResourceVersion.number == Resource.latest),
            ),
        )
    )
    found: dict[str, set[UUID]] = {}
    for name_key, resource in await session.execute(statement):
        found.setdefault(name_key, set()).add(resource)
    return found


async def in_catalogue(session: AsyncSession, resources: Collection[UUID]) -> set[UUID]:
    """Which of these are resources of the catalogue."""
    if not resources:
        return set()
    statement = select(Resource.id).where(
        Resource.id.in_(resources),
        Resource.published.is_not(None),
        Resource.state != State.WITHDRAWN,
    )
    return set(await session.scalars(statement))


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
