"""HTTP for yearly plans. Each route reads its input, calls one thing, returns it."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.catalog.plans import queries, usecases
from services.catalog.plans.models import YearPlan
from services.catalog.plans.schemas import (
    NewPlanBody,
    PlanBody,
    PlanProgressView,
    PlanSummary,
    PlanView,
)
from services.catalog.routes import Here, IfMatch, Publisher, Reader
from shared.db import Session
from shared.idempotency import IdempotencyKey
from shared.pages import Page, Paging

router = APIRouter(prefix="/v1/year-plans", tags=["年度工作计划 · Yearly plans"])


def _tagged(response: Response, plan: YearPlan) -> PlanView:
    response.headers["ETag"] = usecases.etag(plan)
    return PlanView.complete(plan)


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    summary="提出年度工作计划 · Draw up a yearly plan",
    responses={200: {"model": PlanView, "description": "重复提交 · The key was used before"}},
)
async def begin(
    body: NewPlanBody,
    key: IdempotencyKey,
    by: Publisher,
    session: Session,
    here: Here,
    response: Response,
) -> PlanView:
    """Draw up what the departments of your region are to share in a year, one plan a year.

    Items are known by name and department: what is planned need not exist yet.

    Permission `resource:publish`, at a competent authority. Refused: 403 elsewhere; 409 where the
    rulebook knows no plan, there is one for the year, a day lies outside it, a department is not of
    the region, or the key came with another body. baoji-2017 §5.
    """
    plan, new = await usecases.begin(session, by, here, key, body)
    response.status_code = HTTPStatus.CREATED if new else HTTPStatus.OK
    response.headers["Location"] = f"/v1/year-plans/{plan.id}"
    return _tagged(response, plan)


@router.get("", summary="查询年度工作计划 · List yearly plans")
async def list_plans(
    viewer: Reader,
    session: Session,
    paging: Paging,
    year: Annotated[int | None, Query(ge=2000, le=2999, description="Only this year's.")] = None,
) -> Page[PlanSummary]:
    """Adopted plans, and the drafts of your own region when you are its authority.

    Permission `resource:read`. baoji-2017 §5.
    """
    found, after = await queries.listing(session, year, viewer, paging)
    return Page(items=[PlanSummary.of(plan) for plan in found], next=after)


@router.get("/{plan}", summary="查看年度工作计划 · Read a yearly plan")
async def read_plan(plan: UUID, viewer: Reader, session: Session, response: Response) -> PlanView:
    """One plan with its items.

    Permission `resource:read`. Refused: 404 another authority's draft.
    """
    return _tagged(response, await queries.get(session, plan, viewer))


@router.put("/{plan}", summary="修改年度工作计划 · Change a yearly plan")
async def draw_up(
    plan: UUID,
    body: PlanBody,
    by: Publisher,
    session: Session,
    response: Response,
    if_match: IfMatch = None,
) -> PlanView:
    """Replace what a draft holds.

    Permission `resource:publish`, at the authority that drew it up. Refused: 403 others; 409
    adopted; 412 somebody else changed it first; 428 no If-Match. baoji-2017 §5.
    """
    return _tagged(response, await usecases.draw_up(session, by, plan, body, if_match))


@router.post("/{plan}/adopt", summary="通过年度工作计划 · Adopt a yearly plan")
async def adopt(
    plan: UUID, by: Publisher, session: Session, response: Response, if_match: IfMatch = None
) -> PlanView:
    """Adopt a plan. It never changes again, since the year is assessed against it.

    Permission `resource:publish`, at the authority that drew it up. Refused: 403 others; 409
    adopted already, or empty. baoji-2017 §5 §23.
    """
    return _tagged(response, await usecases.adopt(session, by, plan, if_match))


@router.get("/{plan}/progress", summary="查看计划进展 · Read the progress of a yearly plan")
async def progress(plan: UUID, viewer: Reader, session: Session, here: Here) -> PlanProgressView:
    """How far the plan has come today: what was shared in time, late, not yet, or is overdue.

    Permission `resource:read`. Refused: 404 another authority's draft. baoji-2017 §23.
    """
    return await usecases.measure(session, viewer, here, plan)
