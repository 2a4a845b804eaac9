"""What the public asks of the catalogue."""

import asyncio
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog.announced import pages, queries, rules
from services.catalog.announced.entries import Entry
from services.catalog.announced.pages import Listing
from services.catalog.classification import TOPICS, Topic
from services.catalog.guide import rules as guide
from services.catalog.installation import Installation
from services.catalog.search import asking, words
from services.catalog.search.asking import Sort
from services.catalog.search.documents import Facet
from services.catalog.search.following import Following
from services.catalog.search.index import Asked
from shared.pages import PageParams

TITLE: Final = "政务信息资源共享目录"
_PAGE: Final = 20
_LABELS: Final = {topic.value: label for named in TOPICS.values() for topic, label in named.items()}


async def search(
    session: AsyncSession,
    following: Following,
    here: Installation,
    text: str,
    topic: Topic | None,
    provider: UUID | None,
    cursor: str | None,
) -> Listing:
    """One page of what is public, the best match first or the newest.

    Raises SearchNotReady, SearchTooDeep, CursorInvalid.
    """
    rulebook = here.today()
    facets = rules.narrowed(rulebook)
    if provider is not None:
        facets[Facet.PROVIDER] = frozenset({str(provider)})
    cut = tuple(words.asked(text))
    # The topics are counted over what was found before one of them was chosen.
    whole = Asked(cut, dict(facets), (), public=True)
    if topic is not None:
        facets[Facet.TOPIC] = frozenset({topic.value})
    asked = Asked(cut, facets, (), public=True)
    sort = Sort.RELEVANCE if cut else Sort.NEWEST
    params = PageParams(limit=_PAGE, cursor=cursor)
    hits, after = await asking.hits(session, following, asked, sort, params)
    found = await queries.shown(session, rulebook, [hit.resource for hit in hits])
    counts = await asyncio.to_thread(following.index.count, whole, [Facet.TOPIC], len(_LABELS))
    return Listing(
        title=TITLE,
        entries=[Entry.of(version, here) for version in found],
        asked=text,
        topic=topic.value if topic else None,
        provider=str(provider) if provider else None,
        total=await asyncio.to_thread(following.index.total, asked),
        topics=pages.topics_of(counts[Facet.TOPIC], _LABELS),
        cursor=after,
        guide=guide.is_kept(rulebook),
    )
