"""HTTP for departments. Each route reads its input, calls one thing, returns it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Query, Request, Response, Security
from pydantic import AwareDatetime

from gateway.departments import queries, rules, usecases
from gateway.departments.schemas import ChangeBody, ChangeView, DepartmentBody, DepartmentView
from gateway.models import Particulars
from shared.access import Permission, Principal, admit
from shared.db import Session
from shared.events.gateway import DepartmentStatus
from shared.idempotency import IdempotencyKey
from shared.pages import Page, Paging

router = APIRouter(prefix="/v1/departments", tags=["身份 · Identity"])

DepartmentReader = Annotated[Principal, Security(admit, scopes=[Permission.DEPARTMENT_READ])]
DepartmentKeeper = Annotated[Principal, Security(admit, scopes=[Permission.DEPARTMENT_MANAGE])]
AsOf = Annotated[
    AwareDatetime | None,
    Query(
        description="As it was at this moment; now when left out.",
        examples=["2026-01-01T00:00:00+08:00"],
    ),
]
Status = Annotated[DepartmentStatus | None, Query(description="Only of this status.")]
IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=200,
        description="The ETag of the department as you read it.",
        examples=['"1"'],
    ),
]


def timezone_of(request: Request) -> str:
    """Where the installation counts its days."""
    found: str = request.app.state.settings.timezone
    return found


def _tagged(response: Response, particulars: Particulars) -> DepartmentView:
    response.headers["ETag"] = rules.etag(particulars.version)
    return queries.department_view(particulars)


@router.get("", summary="部门列表 · List departments")
async def list_departments(
    viewer: DepartmentReader,
    session: Session,
    params: Paging,
    at: AsOf = None,
    status: Status = None,
) -> Page[DepartmentView]:
    """Every department that takes part, under the name it carries today or carried then.

    One that was merged, split or abolished stays listed, with its status and its last name.

    Permission: `department:read`.
    """
    found, cursor = await queries.departments(session, at, status, params)
    return Page(items=[queries.department_view(p) for p in found], next=cursor)


@router.post("", status_code=201, summary="登记部门 · Register a department")
async def register_department(
    body: DepartmentBody,
    by: DepartmentKeeper,
    session: Session,
    key: IdempotencyKey,
    response: Response,
) -> DepartmentView:
    """Enter a department, or an institution with public-service functions, into the registry.

    Permission: `department:manage`, at the competent authority of its region or above. Errors:
    403 `department-region-not-yours`, 409 `credit-code-taken`, 404 for an unknown parent, 409
    `department-ended` for one that ended. Source: baoji-2017 §6 (each level's departments register
    on the city's platform, each county with an authority of its own), yixing-2016 §32 (enterprises
    and institutions with public functions).
    """
    return _tagged(response, await usecases.register_department_once(session, by, body, key))


@router.get("/{department}", summary="查看部门 · Read a department")
async def read_department(
    department: UUID,
    viewer: DepartmentReader,
    session: Session,
    response: Response,
    at: AsOf = None,
) -> DepartmentView:
    """One department under the name it carries today, or carried at a moment.

    Permission: `department:read`. Errors: 404, also for a moment before it was registered.
    """
    return _tagged(response, await queries.particulars(session, department, at))


@router.get("/{department}/history", summary="查看部门沿革 · Read a department's history")
async def read_history(
    department: UUID, viewer: DepartmentReader, session: Session, params: Paging
) -> Page[DepartmentView]:
    """Every name, code, region and parent that the department had, from when until when.

    The newest first. Permission: `department:read`. Errors: 404.
    """
    found, cursor = await queries.history(session, department, params)
    return Page(items=[queries.department_view(p) for p in found], next=cursor)


@router.get("/{department}/changes", summary="部门变更列表 · List a department's changes")
async def list_changes(
    department: UUID, viewer: DepartmentKeeper, session: Session, params: Paging
) -> Page[ChangeView]:
    """The changes that were decided on, the newest first: planned, in effect or cancelled.

    Permission: `department:manage`. Errors: 404.
    """
    found, cursor = await queries.changes(session, department, params)
    return Page(items=[ChangeView.of(change) for change in found], next=cursor)


@router.post("/{department}/changes", status_code=201, summary="变更部门信息 · Change a department")
async def change_department(
    department: UUID,
    body: ChangeBody,
    by: DepartmentKeeper,
    session: Session,
    request: Request,
    key: IdempotencyKey,
    if_match: IfMatch = None,
) -> ChangeView:
    """Give a department another name, credit code, region or parent: now, or from a later day on.

    What is planned for a later day takes effect by itself when that day begins where the
    installation stands. Documents of the time before keep the name of their time.

    Permission: `department:manage`, at the competent authority of its region or above. Errors:
    403 `department-region-not-yours`; 409 `department-day-past`, `department-ended`,
    `department-nothing-changed`, `department-parent-circular`, `credit-code-taken`; 412 and 428
    without the present ETag in If-Match. Source: baoji-2017 §5-6, §28 (kept up to date).
    """
    return ChangeView.of(
        await usecases.plan_change(
            session, by, department, if_match, body, key, timezone_of(request)
        )
    )


@router.post("/{department}/changes/{change}/cancel", summary="取消变更 · Cancel a planned change")
async def cancel_change(
    department: UUID, change: UUID, by: DepartmentKeeper, session: Session
) -> ChangeView:
    """Give a planned change up before its day.

    Permission: `department:manage`, at the competent authority of its region or above. Errors:
    404; 403 `department-region-not-yours`; 409 `department-change-settled`.
    """
    return ChangeView.of(await usecases.cancel_change(session, by, department, change))
