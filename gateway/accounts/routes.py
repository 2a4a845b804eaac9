"""HTTP for accounts of people. Each route reads its input, calls one thing, returns it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response, Security

from gateway.accounts import queries, rules, usecases
from gateway.accounts.schemas import (
    ChangeView,
    CloseBody,
    OwnPasswordBody,
    ReopenBody,
    RolesBody,
    TemporaryPassword,
)
from gateway.identity.schemas import OperatorView
from gateway.oauth.callers import address_of, log_in_of
from shared.access import Permission, Principal, admit
from shared.db import Session
from shared.pages import Page, Paging

router = APIRouter(prefix="/v1", tags=["账号 · Accounts"])

Oneself = Annotated[Principal, Security(admit, scopes=[Permission.PROFILE_MANAGE])]
Keeper = Annotated[Principal, Security(admit, scopes=[Permission.ACCOUNT_MANAGE])]
IfMatch = Annotated[
    str | None, Header(description="The ETag of the account as you read it.", examples=['"1"'])
]


@router.post("/me/password", status_code=204, summary="修改口令 · Change your password")
async def change_own_password(
    request: Request, body: OwnPasswordBody, by: Oneself, session: Session
) -> None:
    """Choose another password; your other log-ins end at once.

    Permission: `profile:manage`. Errors: 409 `password-wrong`, 409 `password-guessable`, 409
    `password-length`, 409 `password-unchanged`, 403 `password-people-only`, 429.
    """
    await usecases.change_own_password(
        session,
        by,
        log_in_of(request),
        body,
        request.app.state.hashing,
        request.app.state.attempts,
        address_of(request),
    )


@router.get("/operators", summary="操作员列表 · List accounts")
async def list_operators(viewer: Keeper, session: Session, params: Paging) -> Page[OperatorView]:
    """Your department's accounts with their roles; for a security administrator
    also those of the region that the department is the competent authority of.

    Permission: `account:manage`.
    """
    found, cursor = await queries.operators(session, viewer, params)
    return Page(items=[OperatorView.model_validate(operator) for operator in found], next=cursor)


@router.get("/operators/{operator}", summary="查看账号 · Read an account")
async def read_operator(
    operator: UUID, viewer: Keeper, session: Session, response: Response
) -> OperatorView:
    """One account with its roles.

    Permission: `account:manage`. Errors: 404.
    """
    found = await queries.operator(session, viewer, operator)
    response.headers["ETag"] = rules.etag(found.version)
    return OperatorView.model_validate(found)


@router.get("/operators/{operator}/history", summary="账号变更记录 · Read an account's history")
async def read_history(
    operator: UUID, viewer: Keeper, session: Session, params: Paging
) -> Page[ChangeView]:
    """Everything that was done to an account: by whom, when, why; the newest first.

    Permission: `account:manage`. Errors: 404.
    """
    found, cursor = await queries.history(session, viewer, operator, params)
    return Page(items=[ChangeView.model_validate(change) for change in found], next=cursor)


@router.post("/operators/{operator}/close", summary="停用账号 · Close an account")
async def close(operator: UUID, body: CloseBody, by: Keeper, session: Session) -> OperatorView:
    """When a person leaves: tokens and log-ins end at once, and every circle of knowledge that
    names the person loses it. Name the colleague who takes the work over, if somebody does.

    Permission: `account:manage`; accounts with roles of the authority or the platform are the
    security administrator's. Errors: 404, 403 `roles-not-yours-to-give`, 409
    `last-administrator`, 409 `successor-unfit`. Source: baoji-2017 §15(4) (circle of knowledge),
    §20 (access control of persons).
    """
    return OperatorView.model_validate(await usecases.close(session, by, operator, body))


@router.post("/operators/{operator}/reopen", summary="恢复账号 · Reopen an account")
async def reopen(operator: UUID, body: ReopenBody, by: Keeper, session: Session) -> OperatorView:
    """Let a person in again, with the same roles and no circle of knowledge.

    Permission: `account:manage`. Errors: 404, 403 `account-own`, 403 `roles-not-yours-to-give`.
    """
    return OperatorView.model_validate(await usecases.reopen(session, by, operator, body))


@router.put("/operators/{operator}/roles", summary="调整角色 · Change an account's roles")
async def change_roles(
    operator: UUID,
    body: RolesBody,
    by: Keeper,
    session: Session,
    response: Response,
    if_match: IfMatch = None,
) -> OperatorView:
    """Give an account these roles and no others, from now on.

    Permission: `account:manage`; a department's administrator gives the department's four roles.
    Errors: 404; 403 `roles-own`, `roles-not-yours-to-give`; 409 `roles-incompatible`,
    `roles-misplaced`, `last-administrator`; 412 and 428 without the present ETag in If-Match.
    Source: baoji-2017 §10 (compilers and reviewers), §20 (access control of persons).
    """
    changed = await usecases.change_roles(session, by, operator, if_match, body)
    response.headers["ETag"] = rules.etag(changed.version)
    return OperatorView.model_validate(changed)


@router.post(
    "/operators/{operator}/initial-password",
    summary="发放初始口令 · Give an initial password",
)
async def give_initial_password(
    request: Request, operator: UUID, by: Keeper, session: Session
) -> TemporaryPassword:
    """A password for a first log-in, shown once, that opens nothing but its own change. Only
    while the person has never chosen one.

    Permission: `account:manage`. Errors: 404, 403 `account-own`, 403 `roles-not-yours-to-give`,
    409 `account-closed`, 409 `password-chosen`.
    """
    password, until = await usecases.give_initial_password(
        session, by, operator, request.app.state.hashing, address_of(request)
    )
    return TemporaryPassword(password=password, until=until)
