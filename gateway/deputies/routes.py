"""HTTP for deputies. Each route reads its input, calls one thing, returns it."""

from uuid import UUID

from fastapi import APIRouter

from gateway.accounts.routes import Oneself
from gateway.deputies import queries, usecases
from gateway.deputies.schemas import DeputyBody, DeputyView
from shared.db import Session
from shared.pages import Page, Paging

router = APIRouter(prefix="/v1", tags=["账号 · Accounts"])


@router.post(
    "/operators/{operator}/deputies", status_code=201, summary="指定代理人 · Name a deputy"
)
async def name(operator: UUID, body: DeputyBody, by: Oneself, session: Session) -> DeputyView:
    """Let a colleague of the same department hold your roles for a time; an administrator does it
    for somebody who cannot. The deputy acts under the own name, and the access log says for whom.
    It ends by itself.

    Permission: `profile:manage` for oneself, `account:manage` besides for others. Errors: 404; 403
    `deputy-self-named`, `roles-not-yours-to-give`; 409 `deputy-unfit`, `deputy-times`,
    `deputy-named-already`, `roles-incompatible`.
    """
    return DeputyView.model_validate(await usecases.name(session, by, operator, body))


@router.get("/operators/{operator}/deputies", summary="代理记录 · List a person's deputies")
async def list_deputies(
    operator: UUID, by: Oneself, session: Session, params: Paging
) -> Page[DeputyView]:
    """Who acts, acted or will act for a person, the newest first.

    Permission: `profile:manage` for oneself, `account:manage` besides for others. Errors: 404.
    """
    found, cursor = await queries.of_operator(session, by, operator, params)
    return Page(items=[DeputyView.model_validate(deputy) for deputy in found], next=cursor)


@router.post("/deputies/{deputy}/end", summary="终止代理 · End a deputy")
async def end(deputy: UUID, by: Oneself, session: Session) -> DeputyView:
    """Nobody acts for the person any more, at once. The person, the deputy or an administrator
    ends it.

    Permission: `profile:manage`, `account:manage` besides for others. Errors: 404, 409
    `deputy-over`.
    """
    return DeputyView.model_validate(await usecases.end(session, by, deputy))
