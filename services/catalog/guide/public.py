"""HTTP of the service guide for the public, by way of the gateway: as pages and as JSON."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.catalog.announced import queries as announced
from services.catalog.announced.routes import html
from services.catalog.guide import pages, queries, rules
from services.catalog.guide.schemas import PublicServices, PublicServiceView
from services.catalog.installation import Installation
from services.catalog.routes import Here
from shared.db import Session
from shared.pages import PageParams

router = APIRouter(prefix="/public/catalogue/services", include_in_schema=False)
_PAGE = 50
_HEADERS = {"Cache-Control": "public, max-age=60"}
Provider = Annotated[UUID | None, Query()]
Cursor = Annotated[str | None, Query(max_length=2048)]


@router.get("")
async def listing(
    session: Session, here: Here, provider: Provider = None, cursor: Cursor = None
) -> Response:
    """The guide as a page."""
    found = await _listed(session, here, provider, cursor)
    return html(pages.listing(found, provider))


@router.get(".json")
async def listing_as_json(
    session: Session, here: Here, provider: Provider = None, cursor: Cursor = None
) -> Response:
    """The guide as JSON."""
    found = await _listed(session, here, provider, cursor)
    return Response(found.model_dump_json(), media_type="application/json", headers=_HEADERS)


@router.get("/{service}.json")
async def service_as_json(service: UUID, session: Session, here: Here) -> Response:
    """One service as JSON."""
    found, _ = await _read(session, here, service)
    return Response(found.model_dump_json(), media_type="application/json", headers=_HEADERS)


@router.get("/{service}")
async def service_as_page(service: UUID, session: Session, here: Here) -> Response:
    """One service as a page."""
    found, resources = await _read(session, here, service)
    return html(pages.service(found, resources))


async def _listed(
    session: Session, here: Installation, provider: UUID | None, cursor: str | None
) -> PublicServices:
    _check_kept(here)
    params = PageParams(limit=_PAGE, cursor=cursor)
    found, after = await queries.public_listing(session, provider, params)
    named = [r for service in found for r in service.numbered(service.published or 1).resources]
    versions = await announced.shown(session, here.today(), named)
    open_ = {version.resource_id for version in versions}
    items = [PublicServiceView.of(service, open_) for service in found]
    return PublicServices(items=items, next=after)


async def _read(
    session: Session, here: Installation, service_id: UUID
) -> tuple[PublicServiceView, list[tuple[UUID, str]]]:
    _check_kept(here)
    service = await queries.get_public(session, service_id)
    named = service.numbered(service.published or 1).resources
    versions = await announced.shown(session, here.today(), named)
    resources = [(version.resource_id, version.name) for version in versions]
    return PublicServiceView.of(service, {identity for identity, _ in resources}), resources


def _check_kept(here: Installation) -> None:
    if not rules.is_kept(here.today()):
        raise rules.ServiceUnknown("There is no guide to services here.")
