"""HTTP for recoveries. Each route reads its input, calls one thing, returns it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Security

from gateway.accounts.routes import Keeper
from gateway.oauth.callers import address_of
from gateway.recoveries import queries, usecases
from gateway.recoveries.schemas import ApprovedRecovery, RecoveryBody, RecoveryView, RefusalBody
from shared import clock
from shared.access import Permission, Principal, admit
from shared.db import Session
from shared.pages import Page, Paging

router = APIRouter(prefix="/v1", tags=["账号 · Accounts"])

Approver = Annotated[Principal, Security(admit, scopes=[Permission.RECOVERY_APPROVE])]


@router.post(
    "/operators/{operator}/recoveries",
    status_code=201,
    summary="申请重置 · Ask for a recovery",
)
async def ask(operator: UUID, body: RecoveryBody, by: Keeper, session: Session) -> RecoveryView:
    """Ask that a person's lost password or second factor be reset, after making sure who it is.
    Within 24 hours a second person decides.

    Permission: `account:manage`. Errors: 404, 403 `account-own`, 409 `account-closed`, 409
    `recovery-waiting`.
    """
    return RecoveryView.model_validate(await usecases.ask(session, by, operator, body))


@router.get("/recoveries", summary="待复核的重置申请 · List recoveries to decide")
async def list_recoveries(viewer: Approver, session: Session, params: Paging) -> Page[RecoveryView]:
    """The recoveries that wait for a second person: your department's; for security and
    system administrators also those of the region that their department is the authority of.

    Permission: `recovery:approve`.
    """
    found, cursor = await queries.waiting(session, viewer, clock.now(), params)
    return Page(items=[RecoveryView.model_validate(recovery) for recovery in found], next=cursor)


@router.post("/recoveries/{recovery}/approve", summary="同意重置 · Approve a recovery")
async def approve(
    request: Request, recovery: UUID, by: Approver, session: Session
) -> ApprovedRecovery:
    """Let the reset happen. All log-ins of the person end; a lost password is replaced by one,
    shown once, that opens nothing but its own change.

    Permission: `recovery:approve`, at the department or the platform; never who asked, nor whose
    account it is. Errors: 404; 403 `recovery-second-person`, `roles-not-yours-to-give`; 409
    `recovery-over`, `account-closed`, `second-factor-not-enrolled`.
    """
    decided, password, until = await usecases.approve(
        session, by, recovery, request.app.state.hashing, address_of(request)
    )
    view = RecoveryView.model_validate(decided)
    return ApprovedRecovery(**view.model_dump(), password=password, until=until)


@router.post("/recoveries/{recovery}/refuse", summary="驳回重置 · Refuse a recovery")
async def refuse(recovery: UUID, body: RefusalBody, by: Approver, session: Session) -> RecoveryView:
    """Nothing is reset; the reason stays in the account's history.

    Permission: `recovery:approve`, as for the approval. Errors: 404, 403
    `recovery-second-person`, 409 `recovery-over`.
    """
    return RecoveryView.model_validate(await usecases.refuse(session, by, recovery, body))
