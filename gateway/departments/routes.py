"""HTTP for departments. Each route reads its input, calls one thing, returns it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Security

from gateway.departments import queries, usecases
from gateway.departments.schemas import DepartmentBody, DepartmentView
from shared.access import Permission, Principal, admit
from shared.db import Session
from shared.idempotency import IdempotencyKey
from shared.pages import Page, Paging

router = APIRouter(prefix="/v1/departments", tags=["身份 · Identity"])

DepartmentReader = Annotated[Principal, Security(admit, scopes=[Permission.DEPARTMENT_READ])]
DepartmentKeeper = Annotated[Principal, Security(admit, scopes=[Permission.DEPARTMENT_MANAGE])]


@router.get("", summary="部门列表 · List departments")
async def list_departments(
    viewer: DepartmentReader, session: Session, params: Paging
) -> Page[DepartmentView]:
    """Every department that takes part, under the name it carries today.

    Permission: `department:read`.
    """
    found, cursor = await queries.departments(session, params)
    return Page(items=[queries.department_view(p) for p in found], next=cursor)


@router.post("", status_code=201, summary="登记部门 · Register a department")
async def register_department(
    body: DepartmentBody, by: DepartmentKeeper, session: Session, key: IdempotencyKey
) -> DepartmentView:
    """Enter a department, or an institution with public-service functions, into the registry.

    Permission: `department:manage` (system administrator). Errors: 409 `credit-code-taken`,
    404 for an unknown parent. Source: baoji-2017 §6 (each level's departments register on the
    city's platform), yixing-2016 §32 (enterprises and institutions with public functions).
    """
    return queries.department_view(await usecases.register_department_once(session, by, body, key))


@router.get("/{department}", summary="查看部门 · Read a department")
async def read_department(
    department: UUID, viewer: DepartmentReader, session: Session
) -> DepartmentView:
    """One department under the name it carries today.

    Permission: `department:read`. Errors: 404.
    """
    return queries.department_view(await queries.particulars(session, department))
