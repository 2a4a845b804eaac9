"""HTTP for the service guide. Each route reads its input, calls one thing, returns it."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.catalog.guide import queries, usecases
from services.catalog.guide.models import GuideService
from services.catalog.guide.queries import WantedServices
from services.catalog.guide.rules import GuideState
from services.catalog.guide.schemas import (
    ConfirmBody,
    DescriptionView,
    EndBody,
    ServiceBody,
    ServiceView,
)
from services.catalog.installation import Installation
from services.catalog.routes import Compiler, Here, IfMatch, Publisher, Reader
from shared.db import Session
from shared.idempotency import IdempotencyKey
from shared.pages import Page, Paging
from shared.principal import Principal

router = APIRouter(prefix="/v1/public-services", tags=["信息化服务指引目录 · Service guide"])


async def wanted(
    here: Here,
    provider: Annotated[UUID | None, Query(description="Only this department's.")] = None,
    state: Annotated[GuideState | None, Query(description="Only in this state.")] = None,
    overdue: Annotated[bool | None, Query(description="Only overdue, or the rest.")] = None,
) -> WantedServices:
    """What a list of services is narrowed to."""
    today = here.local_day()
    return WantedServices(today=today, provider=provider, state=state, overdue=overdue)


def _view(service: GuideService, viewer: Principal, here: Installation) -> ServiceView:
    return ServiceView.of(service, here.local_day(), whole=usecases.sides(service, viewer))


def _tagged(
    response: Response, service: GuideService, viewer: Principal, here: Installation
) -> ServiceView:
    response.headers["ETag"] = usecases.etag(service)
    return _view(service, viewer, here)


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    summary="编制服务指引 · Describe a service to the public",
    responses={200: {"model": ServiceView, "description": "重复提交 · The key was used before"}},
)
async def compile_service(
    body: ServiceBody,
    key: IdempotencyKey,
    by: Compiler,
    session: Session,
    here: Here,
    response: Response,
) -> ServiceView:
    """Describe what your department offers the public; the authority then confirms it.

    A telephone is the office's: a mobile number is refused.

    Permission `resource:compile`. Refused: 409 where the rulebook knows no guide, a service of
    that name is there, a related resource is not in the catalogue, or the key came with another
    body. jiangsu-2012 §20.
    """
    service, new = await usecases.compile_service(session, by, here, key, body)
    response.status_code = HTTPStatus.CREATED if new else HTTPStatus.OK
    response.headers["Location"] = f"/v1/public-services/{service.id}"
    return _tagged(response, service, by, here)


@router.get("", summary="查询服务指引 · List services to the public")
async def list_services(
    viewer: Reader,
    session: Session,
    here: Here,
    narrowed: Annotated[WantedServices, Depends(wanted)],
    paging: Paging,
) -> Page[ServiceView]:
    """What stands in the guide, and what your department or region has under way.

    `state=compiled` is what waits for the authority, `overdue=true` what nobody confirmed in time.

    Permission `resource:read`. jiangsu-2012 §20.
    """
    found, after = await queries.listing(session, narrowed, viewer, paging)
    return Page(items=[_view(service, viewer, here) for service in found], next=after)


@router.get("/{service}", summary="查看服务指引 · Read a service to the public")
async def read_service(
    service: UUID, viewer: Reader, session: Session, here: Here, response: Response
) -> ServiceView:
    """One service: as it stands in the guide, or for those who work on it as last described.

    Permission `resource:read`. Refused: 404 what is not in the guide and not yours. jiangsu-2012
    §20.
    """
    return _tagged(response, await queries.get(session, service, viewer), viewer, here)


@router.get("/{service}/versions", summary="查询服务指引历史 · List descriptions of a service")
async def list_versions(service: UUID, viewer: Reader, session: Session) -> list[DescriptionView]:
    """The descriptions of a service, the latest first; for strangers those that were published.

    Permission `resource:read`. Refused: 404 what is not in the guide and not yours. jiangsu-2012
    §20.
    """
    return await usecases.history(session, viewer, service)


@router.put("/{service}", summary="修改服务指引 · Describe a service anew")
async def write(
    service: UUID,
    body: ServiceBody,
    by: Compiler,
    session: Session,
    here: Here,
    response: Response,
    if_match: IfMatch = None,
) -> ServiceView:
    """Write the next description; what stands in the guide stays until that is confirmed.

    Permission `resource:compile`, at the department that offers it. Refused: 403 others; 409 it
    has ended, or as when described first; 412 changed meanwhile; 428 no If-Match. jiangsu-2012
    §20.
    """
    found = await usecases.write(session, by, here, service, body, if_match)
    return _tagged(response, found, by, here)


@router.post("/{service}/confirm", summary="审定服务指引 · Confirm a description")
async def confirm(
    service: UUID,
    body: ConfirmBody,
    by: Publisher,
    session: Session,
    here: Here,
    response: Response,
    if_match: IfMatch = None,
) -> ServiceView:
    """Put the latest description into the guide, or send it back with remarks.

    Permission `resource:publish`, at the region's authority. Refused: 403 others; 409 nothing
    waits, or sent back without remarks; 412 changed meanwhile. jiangsu-2012 §20.
    """
    found = await usecases.confirm(session, by, here, service, body, if_match)
    return _tagged(response, found, by, here)


@router.post("/{service}/keep", summary="确认服务指引有效 · Say that a service is as described")
async def keep(
    service: UUID, by: Compiler, session: Session, here: Here, response: Response
) -> ServiceView:
    """Say that what stands in the guide is still right; the next such day is set.

    Permission `resource:compile`, at the department that offers it. Refused: 403 others; 409 it
    is not in the guide. jiangsu-2012 §20.
    """
    return _tagged(response, await usecases.keep(session, by, here, service), by, here)


@router.post("/{service}/end", summary="终止服务指引 · End a service")
async def end(
    service: UUID, body: EndBody, by: Compiler, session: Session, here: Here, response: Response
) -> ServiceView:
    """Take a service out of the guide, or give up its description.

    Permission `resource:compile`, at the department that offers it. Refused: 403 others; 409 it
    has ended already. jiangsu-2012 §20.
    """
    return _tagged(response, await usecases.end(session, by, here, service, body), by, here)
