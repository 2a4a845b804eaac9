"""HTTP for loans of reviewers. Each route reads its input, calls one thing, returns it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Security

from gateway.loans import queries, usecases
from gateway.loans.schemas import LoanBody, LoanView
from shared.access import Permission, Principal, admit
from shared.db import Session
from shared.idempotency import IdempotencyKey
from shared.pages import Page, Paging

router = APIRouter(prefix="/v1/reviewer-loans", tags=["身份 · Identity"])

Lender = Annotated[Principal, Security(admit, scopes=[Permission.OPERATOR_MANAGE])]


@router.get("", summary="借调审核人列表 · List reviewers on loan")
async def list_loans(viewer: Lender, session: Session, params: Paging) -> Page[LoanView]:
    """Reviewers who were lent to departments of your region, the newest first.

    Permission: `operator:manage`, at the competent authority.
    """
    found, cursor = await queries.listing(session, viewer, params)
    return Page(items=[LoanView.model_validate(loan) for loan in found], next=cursor)


@router.post("", status_code=201, summary="借调审核人 · Lend a reviewer")
async def lend_reviewer(
    body: LoanBody, by: Lender, session: Session, key: IdempotencyKey
) -> LoanView:
    """Let a person review for a department that has nobody beside its compiler, for a time.

    The person logs in as always and sends `X-Huitong-Acting-For: {department}` with what is done
    for that department; it may then review there, and nothing else. Nobody reviews what they
    compiled, on loan or not.

    Permission: `operator:manage`, at the competent authority of both departments. Errors: 404; 403
    `department-region-not-yours`; 409 `reviewer-loan-not-possible`, `department-ended`. Source:
    baoji-2017 §10 (named persons for compiling and reviewing; two, and lent: design).
    """
    return LoanView.model_validate(await usecases.lend(session, by, body, key))


@router.post("/{loan}/end", summary="结束借调 · End a loan")
async def end_loan(loan: UUID, by: Lender, session: Session) -> LoanView:
    """Take a reviewer back before the time; in force at once.

    Permission: `operator:manage`, at the competent authority. Errors: 404; 409
    `reviewer-loan-ended`.
    """
    return LoanView.model_validate(await usecases.end(session, by, loan))
