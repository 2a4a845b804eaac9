"""What somebody searches the catalogue for, and what is found: read by index, shown by right."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog import queries
from services.catalog.models import ResourceVersion
from services.catalog.search import words
from services.catalog.search.documents import Facet, shown_to
from services.catalog.search.following import Following
from services.catalog.search.index import Asked, Count, Hit
from services.catalog.search.wanted import Wanted
from shared import pages
from shared.errors import BadRequest
from shared.pages import PageParams
from shared.principal import Principal

_DEEPEST: Final = 10_000
_OVERLAP: Final = 50
_VALUES: Final = 100


class SearchTooDeep(BadRequest):
    """A search is read to its ten thousandth match; what lies behind is found by narrowing."""

    code = "search-too-deep"
    title = "Search too deep"


class Sort(StrEnum):
    """In which order what was found is listed."""

    RELEVANCE = "relevance"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Spread:
    """How many resources were found, and how they are spread over the facets."""

    total: int
    counts: Mapping[Facet, Count]
    names: Mapping[UUID, str] = field(default_factory=dict)


async def find(
    session: AsyncSession,
    following: Following,
    wanted: Wanted,
    viewer: Principal,
    sort: Sort,
    params: PageParams,
) -> tuple[list[ResourceVersion], str | None]:
    """One page of what the words of `wanted` find, and the cursor of the next.

    Raises SearchNotReady, SearchTooDeep, CursorInvalid.
    """
    cut = words.asked(wanted.text or "")
    if not cut:
        return [], None
    asked = Asked(tuple(cut), wanted.facets, tuple(shown_to(viewer)))
    found, after = await hits(session, following, asked, sort, params)
    return await queries.shown(session, [hit.resource for hit in found], viewer), after


async def hits(
    session: AsyncSession, following: Following, asked: Asked, sort: Sort, params: PageParams
) -> tuple[list[Hit], str | None]:
    """One page of what the index finds, and the cursor of the next.

    What is shown of it is its caller's to decide. Raises SearchNotReady, SearchTooDeep,
    CursorInvalid.
    """
    found, more = await _page(session, following, asked, sort, params)
    after = None
    if more:
        last, seen = found[-1]
        after = pages.encode([sort.value, seen, last.key, last.resource])
    return [hit for hit, _ in found], after


async def spread(
    session: AsyncSession, following: Following, wanted: Wanted, viewer: Principal
) -> Spread:
    """The counts of every facet over what is wanted; a facet's own choice does not narrow it.

    So a list shows what else could be chosen. Raises SearchNotReady.
    """
    await following.catch_up(session)
    cut = words.asked(wanted.text or "")
    if wanted.text and not cut:
        return Spread(0, {facet: Count((), 0) for facet in Facet})
    mine = tuple(shown_to(viewer))
    asked = Asked(tuple(cut), wanted.facets, mine)
    others = [facet for facet in Facet if facet not in wanted.facets]
    counts = await asyncio.to_thread(following.index.count, asked, others, _VALUES)
    for facet in wanted.facets:
        without = {other: values for other, values in wanted.facets.items() if other != facet}
        alone = Asked(tuple(cut), without, mine)
        counts |= await asyncio.to_thread(following.index.count, alone, [facet], _VALUES)
    total = await asyncio.to_thread(following.index.total, asked)
    providers = [UUID(value) for value, _ in counts[Facet.PROVIDER].values]
    return Spread(total, counts, await queries.department_names(session, providers))


async def complete(
    session: AsyncSession, following: Following, typed: str, limit: int
) -> list[str]:
    """Names of what is in the catalogue, for somebody who has begun to type one.

    Raises SearchNotReady.
    """
    if not words.fold(typed):
        return []
    await following.catch_up(session)
    return await asyncio.to_thread(following.index.complete, typed, limit)


async def _page(
    session: AsyncSession, following: Following, asked: Asked, sort: Sort, params: PageParams
) -> tuple[list[tuple[Hit, int]], bool]:
    """The hits of one page, each with how many come before and with it; whether there are more."""
    seen, after = 0, None
    if params.cursor is not None:
        told, seen, key, resource = pages.decode(params.cursor, [str, int, float, UUID])
        if told != sort or seen < 0:
            raise pages.CursorInvalid("This cursor does not belong to this list; start again.")
        after = Hit(resource, key)
    if seen >= _DEEPEST:
        raise SearchTooDeep(
            f"A search is read up to its match number {_DEEPEST}; narrow it to find the others."
        )
    await following.catch_up(session)
    # A little of the page before is read again: where the index has changed meanwhile, its last
    # hit says where to go on.
    begin = max(0, seen - _OVERLAP)
    hits = await asyncio.to_thread(
        following.index.find,
        asked,
        seen - begin + params.limit + 1,
        begin,
        newest=sort is Sort.NEWEST,
    )
    counted = [(hit, begin + number) for number, hit in enumerate(hits, start=1)]
    if after is not None:
        counted = _behind(counted, after)
    return counted[: params.limit], len(counted) > params.limit


def _behind(counted: list[tuple[Hit, int]], after: Hit) -> list[tuple[Hit, int]]:
    for at, (hit, _) in enumerate(counted):
        if hit.resource == after.resource:
            return counted[at + 1 :]
    return [(hit, number) for hit, number in counted if hit.key < after.key]
