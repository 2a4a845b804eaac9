"""Every SELECT over rulings. Whom one is shown to is decided in `visible_to` alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, contains_eager

from services.catalog.departments import Department
from services.catalog.sources.datum import Sameness, key_of
from services.catalog.sources.models import CollectionRuling
from services.catalog.sources.rules import CollectionRulingUnknown
from services.catalog.versions import ResourceItem
from shared import pages
from shared.pages import PageParams
from shared.principal import Principal


@dataclass(frozen=True, slots=True)
class WantedRulings:
    """What a list of rulings is narrowed to; None narrows nothing."""

    datum: str | None = None
    lead: UUID | None = None
    superseded: bool = False


async def on(
    session: AsyncSession, items: Sequence[ResourceItem], region: str
) -> dict[int, CollectionRuling]:
    """The ruling that holds in a region for each of these items, by position.

    One on the data element goes before one on the name, and the nearest authority's before a
    higher one's.
    """
    if not items:
        return {}
    wanted = aliased(ResourceItem, name="wanted")
    of = items[0]
    statement = (
        select(wanted.position, CollectionRuling)
        .join(
            CollectionRuling,
            or_(
                and_(
                    CollectionRuling.by == Sameness.ELEMENT,
                    CollectionRuling.datum == wanted.element,
                ),
                and_(
                    CollectionRuling.by == Sameness.NAME,
                    CollectionRuling.datum == key_of(wanted.name),
                ),
            ),
        )
        .where(
            wanted.resource_id == of.resource_id,
            wanted.number == of.number,
            CollectionRuling.superseded_at.is_(None),
            CollectionRuling.region.in_(above(region)),
        )
        .order_by(CollectionRuling.by.desc(), func.length(CollectionRuling.region))
    )
    # Later rows take the place of earlier ones: "name" before "element", a higher region before
    # a nearer one.
    return {row.position: row.CollectionRuling for row in await session.execute(statement)}


def visible_to(viewer: Principal) -> Select[CollectionRuling]:
    """Rulings that hold for the viewer's region, and for a competent authority those below it."""
    below = CollectionRuling.region.startswith(f"{viewer.authority}/", autoescape=True)
    mine = CollectionRuling.region.in_(above(viewer.region))
    return (
        select(CollectionRuling)
        .join(Department, Department.id == CollectionRuling.lead)
        .where(mine if viewer.authority is None else or_(mine, below))
        .options(contains_eager(CollectionRuling.department))
    )


async def get(session: AsyncSession, ruling: UUID, viewer: Principal) -> CollectionRuling:
    """One ruling. Raises CollectionRulingUnknown."""
    found = await session.scalar(visible_to(viewer).where(CollectionRuling.id == ruling))
    if found is None:
        raise CollectionRulingUnknown("There is no such ruling.")
    return found


async def listing(
    session: AsyncSession, wanted: WantedRulings, viewer: Principal, params: PageParams
) -> tuple[list[CollectionRuling], str | None]:
    """One page of the visible rulings, the newest first."""
    statement = visible_to(viewer)
    if wanted.datum is not None:
        statement = statement.where(CollectionRuling.datum == wanted.datum)
    if wanted.lead is not None:
        statement = statement.where(CollectionRuling.lead == wanted.lead)
    if not wanted.superseded:
        statement = statement.where(CollectionRuling.superseded_at.is_(None))
    return await pages.page(session, statement, [CollectionRuling.id], params, descending=True)


async def standing(
    session: AsyncSession, by: Sameness, datum: str, region: str
) -> CollectionRuling | None:
    """The ruling on a datum that a region's authority has made and not replaced."""
    statement = select(CollectionRuling).where(
        CollectionRuling.by == by,
        CollectionRuling.datum == datum,
        CollectionRuling.region == region,
        CollectionRuling.superseded_at.is_(None),
    )
    found: CollectionRuling | None = await session.scalar(statement)
    return found


def above(region: str) -> list[str]:
    """A region and every one that it lies in."""
    parts = region.split("/")
    return ["/".join(parts[:length]) for length in range(1, len(parts) + 1)]
