"""HTTP of the public catalogue, for the gateway alone, which answers the public with it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response

from services.catalog.announced import dcat, pages, queries, usecases
from services.catalog.announced.dcat import Place, Syntax
from services.catalog.announced.entries import Entry
from services.catalog.classification import Topic
from services.catalog.routes import Here
from services.catalog.search.routes import Search
from shared.db import Session
from shared.pages import PageParams, Paging

router = APIRouter(prefix="/public/catalogue", include_in_schema=False)
# The gateway's own address, under which the public reads; only the gateway reaches this service.
Base = Annotated[str, Header(alias="x-huitong-base", max_length=200)]
_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
)
_SHORT = "public, max-age=60"


def html(text: str) -> Response:
    """A page as the public gets it: no script, kept a minute."""
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": _SHORT}
    return Response(text, media_type="text/html", headers=headers)


def _graph(text: str, syntax: Syntax, link: str | None = None) -> Response:
    headers = {"Cache-Control": _SHORT}
    if link is not None:
        headers["Link"] = f'<{link}>; rel="next"'
    return Response(text, media_type=syntax.media_type, headers=headers)


def _place(here: Here, base: str) -> Place:
    authority = here.today().competent_authority.value.name
    return Place(base, usecases.TITLE, authority)


@router.get("")
async def listing(
    session: Session,
    index: Search,
    here: Here,
    q: Annotated[str, Query(max_length=200)] = "",
    topic: Topic | None = None,
    provider: UUID | None = None,
    cursor: Annotated[str | None, Query(max_length=2048)] = None,
) -> Response:
    """The list as a page."""
    found = await usecases.search(session, index, here, q, topic, provider, cursor)
    return html(pages.listing(found))


@router.get(".{syntax}")
async def graph(
    syntax: Syntax, session: Session, here: Here, paging: Paging, base: Base
) -> Response:
    """One page of the list as DCAT."""
    params = PageParams(limit=min(paging.limit, 100), cursor=paging.cursor)
    found, after = await queries.listed(session, here.today(), params)
    link = f"{base}/catalogue.{syntax}?cursor={after}" if after else None
    entries = [Entry.of(version, here) for version in found]
    whole = dcat.catalogue(entries, _place(here, base), link)
    return _graph(dcat.written(whole, syntax), syntax, link)


@router.get("/{resource}.{syntax}")
async def entry_graph(
    resource: UUID, syntax: Syntax, session: Session, here: Here, base: Base
) -> Response:
    """One entry as DCAT."""
    version = await queries.get(session, here.today(), resource)
    single = dcat.single(Entry.of(version, here), _place(here, base))
    return _graph(dcat.written(single, syntax), syntax)


@router.get("/{resource}")
async def entry(resource: UUID, session: Session, here: Here) -> Response:
    """One entry as a page."""
    version = await queries.get(session, here.today(), resource)
    return html(pages.entry(Entry.of(version, here), usecases.TITLE))
