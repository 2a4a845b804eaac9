"""Every SELECT over items that several departments collect."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    exists,
    func,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.catalog import queries as catalogue
from services.catalog.departments import Department
from services.catalog.models import Resource
from services.catalog.sources.datum import Sameness, key_of
from services.catalog.sources.models import CollectionRuling, SecondaryItem
from services.catalog.sources.rulings import above
from services.catalog.versions import ResourceItem, ResourceVersion
from services.catalog.workflow import State
from shared import pages
from shared.events.catalog import ShareType, Standard
from shared.pages import PageParams
from shared.principal import Principal

# How many others are shown for each item and each way of being the same.
CANDIDATES: Final = 10
_RESOURCES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An item of another department's that may be the same datum as the one at `position`.

    `basic`: both are basic items, neither is a key, and the other one is shared.
    """

    position: int
    sameness: Sameness
    resource: UUID
    resource_name: str
    provider: UUID
    provider_name: str
    code: str
    name: str
    basic: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """A datum that several departments have in the catalogue, with some of the resources."""

    datum: str
    name: str
    providers: dict[UUID, str]
    resources: list[UUID]
    resources_count: int
    lead: UUID | None


async def candidates(session: AsyncSession, version: ResourceVersion) -> list[Candidate]:
    """Items of other departments in the catalogue that may be the same as those of `version`.

    By data element and by name, and by the standard of the code, which alone says only that they
    are of one kind. At most CANDIDATES of each way for an item.
    """
    mine, theirs = aliased(ResourceItem, name="mine"), ResourceItem
    ways = (
        (Sameness.ELEMENT, theirs.element == mine.element),
        (Sameness.NAME, key_of(theirs.name) == key_of(mine.name)),
        (
            Sameness.STANDARD,
            and_(theirs.standard == mine.standard, mine.standard != Standard.NONE),
        ),
    )
    found = []
    for sameness, same in ways:
        other = (
            _collected(version.resource.provider)
            .where(same)
            .limit(CANDIDATES)
            .lateral(f"by_{sameness.value}")
        )
        statement = (
            select(mine.position, mine.basic, mine.key, other)
            .select_from(mine)
            .join(other, true())
            .where(mine.resource_id == version.resource_id, mine.number == version.number)
            .order_by(mine.position, other.c.resource)
        )
        for row in await session.execute(statement):
            repeats = sameness is not Sameness.STANDARD
            found.append(
                Candidate(
                    position=row.position,
                    sameness=sameness,
                    resource=row.resource,
                    resource_name=row.resource_name,
                    provider=row.provider,
                    provider_name=row.provider_name,
                    code=row.code,
                    name=row.name,
                    basic=repeats and row.basic and not row.key and row.claims,
                )
            )
    return found


async def repeated(
    session: AsyncSession, version: ResourceVersion, published: int | None
) -> set[int]:
    """The positions of the basic items of `version` that repeat another's shared basic item.

    What its version numbered `published` had already is left out.
    """
    mine, theirs = aliased(ResourceItem, name="mine"), ResourceItem
    before = aliased(ResourceItem, name="before")
    had = exists().where(
        before.resource_id == mine.resource_id,
        before.number == published,
        key_of(before.name) == key_of(mine.name),
    )
    positions: set[int] = set()
    for same in (
        theirs.element == mine.element,
        key_of(theirs.name) == key_of(mine.name),
    ):
        other = (
            _collected(version.resource.provider).where(same, _claims()).limit(1).lateral("other")
        )
        statement = (
            select(mine.position)
            .select_from(mine)
            .join(other, true())
            .where(
                mine.resource_id == version.resource_id,
                mine.number == version.number,
                mine.basic,
                not_(mine.key),
                not_(had),
            )
        )
        positions.update(await session.scalars(statement))
    return positions


async def one_at_a_time(session: AsyncSession) -> None:
    """Let nobody else settle who collects what before this commit."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtext("collection"))))


async def secondary(session: AsyncSession, resource: UUID) -> dict[str, SecondaryItem]:
    """The items, by code, that the resource's provider has stated to collect second."""
    found = await session.scalars(
        select(SecondaryItem).where(SecondaryItem.resource_id == resource)
    )
    return {item.code: item for item in found}


async def overseen(
    session: AsyncSession, departments: Collection[UUID], by: Principal
) -> set[UUID]:
    """Which of these departments lie in the region of the caller's authority."""
    statement = select(Department.id).where(
        Department.id.in_(departments), catalogue.overseen_by(by)
    )
    return set(await session.scalars(statement))


async def duplicates(
    session: AsyncSession, by: Sameness, unruled: bool | None, viewer: Principal, params: PageParams
) -> tuple[list[Duplicate], str | None]:
    """One page of what several departments of the viewer's region collect, by datum.

    Keys are left out: what identifies a row stands in every resource on the same things.
    """
    datum = _datum(by).label("datum")
    ruled = exists().where(
        CollectionRuling.by == by,
        CollectionRuling.datum == _datum(by),
        CollectionRuling.superseded_at.is_(None),
        CollectionRuling.region.in_(above(viewer.authority or "")),
    )
    statement = (
        select(
            datum,
            func.min(ResourceItem.name).label("name"),
            func.array_agg(func.distinct(Resource.provider)).label("providers"),
            func.array_agg(aggregate_order_by(func.distinct(Resource.id), Resource.id)).label(
                "resources"
            ),
        )
        .select_from(ResourceItem)
        .join(
            ResourceVersion,
            and_(
                ResourceVersion.resource_id == ResourceItem.resource_id,
                ResourceVersion.number == ResourceItem.number,
            ),
        )
        .join(Resource, Resource.id == ResourceVersion.resource_id)
        .join(Department, Department.id == Resource.provider)
        .where(
            ResourceVersion.number == Resource.published,
            Resource.state != State.WITHDRAWN,
            not_(ResourceItem.key),
            catalogue.overseen_by(viewer),
            _datum(by).is_not(None),
        )
        .group_by(_datum(by))
        .having(func.count(func.distinct(Resource.provider)) > 1)
        .order_by(_datum(by))
        .limit(params.limit + 1)
    )
    if params.cursor is not None:
        (after,) = pages.decode(params.cursor, [str])
        statement = statement.where(_datum(by) > after)
    if unruled is not None:
        statement = statement.where(not_(ruled) if unruled else ruled)
    rows = (await session.execute(statement)).all()
    shown = rows[: params.limit]
    names = await catalogue.department_names(
        session, list({provider for row in shown for provider in row.providers})
    )
    leads = await _leads(session, by, [row.datum for row in shown], viewer)
    found = [
        Duplicate(
            datum=row.datum,
            name=row.name,
            providers={provider: names[provider] for provider in row.providers},
            resources=row.resources[:_RESOURCES],
            resources_count=len(row.resources),
            lead=leads.get(row.datum),
        )
        for row in shown
    ]
    more = len(rows) > params.limit
    return found, pages.encode([shown[-1].datum]) if more else None


async def _leads(
    session: AsyncSession, by: Sameness, data: Collection[str], viewer: Principal
) -> dict[str, UUID]:
    statement = (
        select(CollectionRuling.datum, CollectionRuling.lead)
        .where(
            CollectionRuling.by == by,
            CollectionRuling.datum.in_(data),
            CollectionRuling.superseded_at.is_(None),
            CollectionRuling.region.in_(above(viewer.authority or "")),
        )
        .order_by(func.length(CollectionRuling.region))
    )
    return {row.datum: row.lead for row in await session.execute(statement)}


def _datum(by: Sameness) -> ColumnElement[str] | ColumnElement[str | None]:
    if by is Sameness.ELEMENT:
        return ResourceItem.element.expression
    return key_of(ResourceItem.name)


def _claims() -> ColumnElement[bool]:
    """Whether an item in the catalogue is basic, no key, and can be got by sharing."""
    share_type = func.coalesce(ResourceItem.share_type, ResourceVersion.share_type)
    return and_(
        ResourceItem.basic,
        not_(ResourceItem.key),
        func.coalesce(share_type, ShareType.UNCONDITIONAL) != ShareType.NOT_SHARED,
    )


def _collected(without: UUID) -> Select[*tuple[object, ...]]:
    """Items in the catalogue, or announced for it, of other departments than `without`."""
    return (
        select(
            Resource.id.label("resource"),
            ResourceVersion.name.label("resource_name"),
            Resource.provider.label("provider"),
            Department.name.label("provider_name"),
            ResourceItem.code.label("code"),
            ResourceItem.name.label("name"),
            _claims().label("claims"),
        )
        .join(
            ResourceVersion,
            and_(
                ResourceVersion.resource_id == ResourceItem.resource_id,
                ResourceVersion.number == ResourceItem.number,
            ),
        )
        .join(Resource, Resource.id == ResourceVersion.resource_id)
        .join(Department, Department.id == Resource.provider)
        .where(
            Resource.provider != without,
            Resource.state != State.WITHDRAWN,
            or_(
                ResourceVersion.number == Resource.published,
                ResourceVersion.number == Resource.scheduled,
            ),
        )
    )
