"""Which published resources may meet a need: found by index, judged by name and items."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog.models import ResourceVersion
from services.catalog.needs import matching, queries
from services.catalog.needs.matching import Fit
from services.catalog.needs.models import Need
from services.catalog.search import asking, words
from services.catalog.search.asking import Sort
from services.catalog.search.following import Following
from services.catalog.search.index import Asked
from shared.pages import PageParams

_HITS: Final = PageParams(limit=20)
_JUDGED: Final = 100
_WORDS: Final = 8
MOST: Final = 20


@dataclass(frozen=True, slots=True)
class Proposal:
    """A published version that may meet a need, and how well."""

    version: ResourceVersion
    fit: Fit


async def propose(session: AsyncSession, index: Following, need: Need) -> list[Proposal]:
    """The published resources of others that fit best, the best first; at most MOST.

    Raises SearchNotReady.
    """
    met: Counter[UUID] = Counter()
    for text in dict.fromkeys(_texts(need)):
        cut = words.asked(text)
        if not cut:
            continue
        # No audience of the caller's: what only somebody sees is no proposal to a department.
        found, _ = await asking.hits(
            session, index, Asked(tuple(cut), {}, ()), Sort.RELEVANCE, _HITS
        )
        met.update({hit.resource for hit in found})
    likely = [resource for resource, _ in met.most_common(_JUDGED)]
    proposals = [
        Proposal(version, _judge(need, version))
        for version in await queries.in_catalogue(session, likely, need.needing)
    ]
    best = sorted(proposals, key=lambda p: (-p.fit.score, p.version.resource_id))
    return [proposal for proposal in best if proposal.fit.score][:MOST]


def _judge(need: Need, version: ResourceVersion) -> Fit:
    items = [item.name for item in version.items]
    return matching.judge(need.name, need.items, version.name, version.abstract, items)


def _texts(need: Need) -> Iterator[str]:
    yield need.name
    yield from need.items
    yield from sorted(matching.significant(need.name), key=len, reverse=True)[:_WORDS]
