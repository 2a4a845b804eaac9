"""HTTP for finding resources: the list, its facets, and names for who has begun to type."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Security

from services.catalog import queries
from services.catalog.search import asking
from services.catalog.search.asking import Sort
from services.catalog.search.following import Following
from services.catalog.search.views import FacetsView, SuggestionsView
from services.catalog.search.wanted import Narrowed
from services.catalog.views import ResourceSummary
from shared.access import admit
from shared.db import Session
from shared.pages import Page, Paging
from shared.principal import Permission, Principal

router = APIRouter(prefix="/v1/resources", tags=["政务信息资源目录 · Catalogue"])

Reader = Annotated[Principal, Security(admit, scopes=[Permission.RESOURCE_READ])]


async def following(request: Request) -> Following:
    """The index that this process searches."""
    found: Following = request.app.state.search
    return found


Search = Annotated[Following, Depends(following)]


@router.get("", summary="查询目录 · Search the catalogue")
async def search(
    viewer: Reader,
    session: Session,
    index: Search,
    narrowed: Narrowed,
    paging: Paging,
    sort: Annotated[
        Sort, Query(description="With `q`: the best match first, or the newest.")
    ] = Sort.RELEVANCE,
) -> Page[ResourceSummary]:
    """The resources that you may see: with `q` the best match first, without it the newest.

    Every department sees what is published; its own resources in every state; a competent
    authority also what its region's departments have submitted, and what was withdrawn. Words in
    the name weigh most, then items, department, abstract. A filter given several times takes
    any of its values.

    Permission `resource:read`. Refused: 400 a page behind the 10,000th match; 503 while the
    search index of a new process is being built. jiangsu-2017 §7, baoji-2017 §7.
    """
    if narrowed.text is None:
        versions, after = await queries.listed(session, narrowed, viewer, paging)
    else:
        versions, after = await asking.find(session, index, narrowed, viewer, sort, paging)
    return Page(items=[ResourceSummary.of(version) for version in versions], next=after)


@router.get("/facets", summary="目录分面统计 · Count by facet")
async def facets(viewer: Reader, session: Session, index: Search, narrowed: Narrowed) -> FacetsView:
    """How many resources the same search finds, by each facet.

    The counts of a facet are not narrowed by its own filter, so they say what else could be
    chosen. At most 100 values of each, the most frequent.

    Permission `resource:read`. Refused: 503 while the search index of a new process is being
    built. jiangsu-2017 §7, baoji-2017 §7.
    """
    return FacetsView.of(await asking.spread(session, index, narrowed, viewer))


@router.get("/suggestions", summary="名称联想 · Names while typing")
async def suggestions(
    viewer: Reader,
    session: Session,
    index: Search,
    q: Annotated[
        str, Query(max_length=50, description="What was typed so far.", examples=["法人"])
    ],
    limit: Annotated[int, Query(ge=1, le=20, description="How many names.")] = 10,
) -> SuggestionsView:
    """Names of resources in the catalogue that begin so, or one of whose words does.

    Permission `resource:read`. Refused: 503 while the search index of a new process is being
    built. jiangsu-2017 §7, baoji-2017 §7.
    """
    return SuggestionsView(names=await asking.complete(session, index, q, limit))
