"""HTTP for providers: the interface of a resource, its credential, its tests and its outages."""

import asyncio
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Request, Response, Security

from services.exchange.apis import queries, usecases
from services.exchange.apis.definition import Definition
from services.exchange.apis.interfaces import Interfaces
from services.exchange.apis.models import Api
from services.exchange.apis.schemas import (
    ApiView,
    CredentialBody,
    DefinitionView,
    OutageView,
    QuestionBody,
    TriedView,
)
from shared.access import admit
from shared.db import Session
from shared.pages import Page, Paging
from shared.principal import Permission, Principal

TAG = "系统接口 · Interfaces of systems"
router = APIRouter(prefix="/v1/resources/{resource}/api", tags=[TAG])

Manager = Annotated[Principal, Security(admit, scopes=[Permission.API_MANAGE])]
IfMatch = Annotated[
    str | None,
    Header(description="The ETag of the interface as you read it.", examples=['"3"']),
]
OperationName = Annotated[
    str, Path(pattern=r"^[a-z][a-z0-9-]{0,62}$", description="As the provider registered it.")
]


async def interfaces_of(request: Request) -> Interfaces:
    """What this process has to do with providers' systems."""
    found: Interfaces = request.app.state.interfaces
    return found


AtInterfaces = Annotated[Interfaces, Depends(interfaces_of)]


def _view(api: Api, by: Principal, at: Interfaces, response: Response) -> ApiView:
    response.headers["ETag"] = usecases.etag(api)
    now = asyncio.get_running_loop().time()
    return ApiView.of(api, at.systems.seen(api.resource_id, by.department, now))


@router.get("", summary="查看系统接口 · Read the interface of a resource")
async def read_api(
    resource: UUID, by: Manager, session: Session, at: AtInterfaces, response: Response
) -> ApiView:
    """The interface as it is registered, and whether the system is there. The credential is not
    shown: nobody can read it.

    Permission `api:manage`. Refused: 404 not your resource, or no interface.
    """
    return _view(await queries.own(session, resource, by), by, at, response)


@router.put(
    "",
    summary="登记系统接口 · Register the interface of a resource",
    responses={201: {"model": ApiView, "description": "首次登记 · Registered for the first time"}},
)
async def register_api(
    resource: UUID,
    body: Definition,
    by: Manager,
    session: Session,
    at: AtInterfaces,
    response: Response,
    if_match: IfMatch = None,
) -> ApiView:
    """Register your system's operations for the resource, or the next definition of them; every
    one is kept. At first it is disabled. Naming another host forgets the credential.

    Permission `api:manage`. Refused: 404 not your resource; 409 a host that the installation does
    not allow, items that the resource does not have, or it has left the catalogue; 412 and 428
    without the present ETag in If-Match. baoji-2017 §16, jiangsu-2017 §15, jiangsu-2012 §15.
    """
    api, first = await usecases.register(session, at.reach, by, resource, body, if_match)
    if first:
        response.status_code = HTTPStatus.CREATED
    return _view(api, by, at, response)


@router.get("/definitions", summary="查看历次登记 · List the definitions of an interface")
async def list_definitions(
    resource: UUID, by: Manager, session: Session, paging: Paging
) -> Page[DefinitionView]:
    """Everything that was registered, the newest first.

    Permission `api:manage`. Refused: 404 not your resource, or no interface.
    """
    found, following = await queries.definitions(session, resource, by, paging)
    return Page(items=[DefinitionView.of(one) for one in found], next=following)


@router.put("/credential", summary="设置接口凭据 · Set the credential of an interface")
async def set_credential(
    resource: UUID,
    body: CredentialBody,
    by: Manager,
    session: Session,
    at: AtInterfaces,
    response: Response,
    if_match: IfMatch = None,
) -> ApiView:
    """What the platform shows your system: a key in a header, a name and a password, a token, or
    OAuth 2.0 client credentials. It is kept sealed, can be replaced and never be read, and is in
    no log.

    Permission `api:manage`. Refused: 404 not your resource, or no interface; 409 a token address
    at a host that is not allowed, or a front-end machine, which keeps its credential itself; 412
    and 428 without the present ETag in If-Match. baoji-2017 §20.
    """
    api = await usecases.set_credential(
        session, at.reach, at.vault, by, resource, body.credential, if_match
    )
    return _view(api, by, at, response)


@router.post("/enable", summary="启用系统接口 · Let an interface be called")
async def enable_api(
    resource: UUID, by: Manager, session: Session, at: AtInterfaces, response: Response
) -> ApiView:
    """From now on whoever has a grant on the resource may call. Again, this changes nothing.

    Permission `api:manage`. Refused: 404 not your resource, or no interface; 409 it has left the
    catalogue.
    """
    return _view(await usecases.switch(session, by, resource, on=True), by, at, response)


@router.post("/disable", summary="停用系统接口 · Let an interface be called no longer")
async def disable_api(
    resource: UUID, by: Manager, session: Session, at: AtInterfaces, response: Response
) -> ApiView:
    """From now on nobody may call. Again, this changes nothing.

    Permission `api:manage`. Refused: 404 not your resource, or no interface.
    """
    return _view(await usecases.switch(session, by, resource, on=False), by, at, response)


@router.post("/operations/{operation}/test", summary="试调用 · Try an operation")
async def try_operation(
    resource: UUID, operation: OperationName, body: QuestionBody, by: Manager, at: AtInterfaces
) -> TriedView:
    """Call your own system once, as a department with a grant would; also while it is disabled.

    Permission `api:manage`. Refused: 404 not your resource, or no such operation; 422 parameters
    that are not as registered.
    """
    return TriedView.of(await at.trials.run(by, resource, operation, body.parameters))


@router.get("/outages", summary="查看中断记录 · List the outages of a system")
async def list_outages(
    resource: UUID, by: Manager, session: Session, paging: Paging
) -> Page[OutageView]:
    """From when to when your system was away, the latest first. Departments with a grant see the
    same.

    Permission `api:manage`. Refused: 404 not your resource, or no interface.
    """
    found, following = await queries.own_outages(session, resource, by, paging)
    return Page(items=[OutageView.of(one) for one in found], next=following)
