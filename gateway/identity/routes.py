"""HTTP for machines and people. Each route reads its input, calls one thing, returns it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Security

from gateway.departments import queries as departments
from gateway.identity import queries, usecases
from gateway.identity.schemas import (
    ClientBody,
    ClientSecret,
    ClientView,
    OperatorBody,
    OperatorView,
    Profile,
)
from shared.access import Permission, Principal, admit
from shared.db import Session
from shared.idempotency import IdempotencyKey
from shared.pages import Page, Paging

router = APIRouter(prefix="/v1", tags=["身份 · Identity"])

Anyone = Annotated[Principal, Security(admit, scopes=[Permission.PROFILE_READ])]
ClientKeeper = Annotated[Principal, Security(admit, scopes=[Permission.CLIENT_MANAGE])]
OperatorKeeper = Annotated[Principal, Security(admit, scopes=[Permission.OPERATOR_MANAGE])]


@router.get("/me", summary="我是谁 · Who am I")
async def me(viewer: Anyone, session: Session) -> Profile:
    """Your department and your permissions, as the platform sees you.

    Permission: `profile:read`.
    """
    particulars = await departments.particulars(session, viewer.department)
    return Profile(
        kind=viewer.kind,
        id=viewer.id,
        department=departments.department_view(particulars),
        authority=viewer.authority,
        permissions=sorted(viewer.permissions),
        acr=viewer.acr,
    )


@router.get("/clients", summary="系统与前置机列表 · List clients")
async def list_clients(viewer: ClientKeeper, session: Session, params: Paging) -> Page[ClientView]:
    """Your department's systems and front-end machines; for a system administrator also
    those of the region that the department is the competent authority of.

    Permission: `client:manage`.
    """
    found, cursor = await queries.clients(session, viewer, params)
    return Page(items=[ClientView.model_validate(client) for client in found], next=cursor)


@router.post("/clients", status_code=201, summary="登记系统或前置机 · Register a client")
async def register_client(
    body: ClientBody, by: ClientKeeper, session: Session, key: IdempotencyKey
) -> ClientSecret:
    """Give a department's system or front-end machine credentials. The secret is shown once.

    Permission: `client:manage`. Errors: 404 for another department than yours.
    """
    client, secret = await usecases.register_client_once(session, by, body, key)
    view = ClientView.model_validate(client)
    return ClientSecret(**view.model_dump(), secret=secret)


@router.post("/clients/{client}/revoke", summary="吊销系统或前置机 · Revoke a client")
async def revoke_client(client: UUID, by: ClientKeeper, session: Session) -> ClientView:
    """Refuse a machine at once, also where its token is still valid.

    Permission: `client:manage`. Errors: 404.
    """
    return ClientView.model_validate(await usecases.revoke_client(session, by, client))


@router.post("/operators", status_code=201, summary="开立操作员账号 · Open an account")
async def register_operator(
    body: OperatorBody, by: OperatorKeeper, session: Session, key: IdempotencyKey
) -> OperatorView:
    """Open an account with roles in one department. Its password opens nothing but its own
    change, for seven days.

    Permission: `operator:manage` (security administrator). Errors: 409 `username-taken`,
    `roles-incompatible`, `roles-misplaced`, `password-guessable`; 404 for a department that is
    unknown or beyond your region.
    Source: baoji-2017 §10 (named compilers and reviewers), §28 (named responsible persons).
    """
    return OperatorView.model_validate(
        await usecases.register_operator_once(session, by, body, key)
    )
