"""HTTP for successions. Each route reads its input, calls one thing, returns it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response, Security

from gateway.departments.routes import timezone_of
from gateway.departments.rules import etag
from gateway.models import Succession
from gateway.successions import queries, usecases
from gateway.successions.schemas import PlanBody, PreviewView, SuccessionView
from shared import clock
from shared.access import Permission, Principal, admit
from shared.db import Session
from shared.idempotency import IdempotencyKey
from shared.pages import Page, Paging

router = APIRouter(prefix="/v1/successions", tags=["身份 · Identity"])

Keeper = Annotated[Principal, Security(admit, scopes=[Permission.DEPARTMENT_MANAGE])]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=200,
        description="The ETag of the succession as you read it.",
        examples=['"1"'],
    ),
]


async def _tagged(response: Response, session: Session, succession: Succession) -> SuccessionView:
    response.headers["ETag"] = etag(succession.version)
    return SuccessionView.of(succession, await queries.steps(session, [succession.id]))


@router.get("", summary="机构沿革列表 · List successions")
async def list_successions(
    viewer: Keeper, session: Session, params: Paging
) -> Page[SuccessionView]:
    """What is planned for departments of your region, and what was carried out; the newest first.

    Permission: `department:manage`, at the competent authority.
    """
    found, cursor = await queries.listing(session, viewer, params)
    steps = await queries.steps(session, [succession.id for succession in found])
    views = [
        SuccessionView.of(succession, [s for s in steps if s.succession == succession.id])
        for succession in found
    ]
    return Page(items=views, next=cursor)


@router.post("", status_code=201, summary="筹划机构沿革 · Plan a succession")
async def plan_succession(
    body: PlanBody,
    by: Keeper,
    session: Session,
    request: Request,
    response: Response,
    key: IdempotencyKey,
) -> SuccessionView:
    """Plan that departments are renamed, merged, split or abolished on a local day.

    Look at the preview next. On its day the plan is carried out by itself, unless something
    hinders it: resources, grants, open requests, clients and operators are the successors' from
    then on; what lies before stays under the old names. A suspension passes to the successors.

    Permission: `department:manage`, at the competent authority of all regions concerned. Errors:
    404; 403 `department-region-not-yours`; 409 `succession-contradicts`,
    `succession-planned-already`, `department-ended`, `department-day-past`. Source: baoji-2017
    §5-6, §10 (changed functions), §28 (kept up to date).
    """
    made = await usecases.plan(session, by, body, key, timezone_of(request))
    return await _tagged(response, session, made)


@router.get("/{succession}", summary="查看机构沿革 · Read a succession")
async def read_succession(
    succession: UUID, viewer: Keeper, session: Session, response: Response
) -> SuccessionView:
    """A plan; once it is carried out, how far each service has come with it.

    Permission: `department:manage`, at the competent authority. Errors: 404.
    """
    return await _tagged(response, session, await queries.get(session, succession, viewer))


@router.put("/{succession}", summary="修改机构沿革 · Change a plan")
async def replan_succession(
    succession: UUID,
    body: PlanBody,
    by: Keeper,
    session: Session,
    request: Request,
    response: Response,
    if_match: IfMatch = None,
) -> SuccessionView:
    """Put another plan in the place of one that was not carried out yet.

    Permission: `department:manage`, at the competent authority of all regions concerned. Errors:
    as for planning; 409 `succession-settled`; 412 and 428 without the present ETag in If-Match.
    """
    changed = await usecases.replan(session, by, succession, if_match, body, timezone_of(request))
    return await _tagged(response, session, changed)


@router.get("/{succession}/preview", summary="预览机构沿革 · Preview a succession")
async def preview_succession(succession: UUID, viewer: Keeper, session: Session) -> PreviewView:
    """Exactly what would move if the day were now, what is undecided, and what hinders the plan.

    Grants given and requests asked of a department follow their resource.

    Permission: `department:manage`, at the competent authority. Errors: 404.
    """
    found = await queries.get(session, succession, viewer)
    return PreviewView.of(found.id, *await usecases.preview(session, found, clock.now()))


@router.post("/{succession}/cancel", summary="取消机构沿革 · Cancel a plan")
async def cancel_succession(
    succession: UUID, by: Keeper, session: Session, response: Response
) -> SuccessionView:
    """Give a plan up before it is carried out.

    Permission: `department:manage`, at the competent authority of all regions concerned. Errors:
    404; 403 `department-region-not-yours`; 409 `succession-settled`.
    """
    return await _tagged(response, session, await usecases.cancel(session, by, succession))
