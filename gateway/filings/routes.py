"""HTTP for filings. Each route reads its input, calls one thing, returns it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Request, Response, Security

from gateway.filings import queries, rules, usecases
from gateway.filings.law import Law
from gateway.filings.schemas import FiledPersonView, FilingBody, FilingView, OverdueView
from shared.access import Permission, Principal, admit
from shared.db import Session
from shared.pages import Page, Paging

router = APIRouter(prefix="/v1", tags=["责任人员备案 · Filings"])

Reader = Annotated[Principal, Security(admit, scopes=[Permission.FILING_READ])]
Filer = Annotated[Principal, Security(admit, scopes=[Permission.FILING_MANAGE])]
Overseer = Annotated[Principal, Security(admit, scopes=[Permission.FILING_OVERSEE])]
IfMatch = Annotated[
    str | None, Header(description="The ETag of the filing as you read it.", examples=['"0"'])
]


async def _law(request: Request) -> Law:
    return Law.of(request.app.state.settings)


InForce = Annotated[Law, Depends(_law)]


@router.get("/filings/overdue", summary="逾期未备案的部门 · List overdue filings")
async def list_overdue(
    viewer: Overseer, session: Session, law: InForce, params: Paging
) -> Page[OverdueView]:
    """Departments of your region that have not filed what their rulebook demands, or whose filed
    compiler or reviewer has no open account any more; without names. They are reminded weekly.

    Permission: `filing:oversee` (the competent authority, supervisors). Source: baoji-2017 §10,
    §28; jiangsu-2017 §24; jiangsu-2012 §30; yixing-2016 §24, §28. How many days the authority
    waits is `HUITONG_FILING_GRACE_DAYS`: the texts say "in time".
    """
    found, cursor = await usecases.overdue(session, viewer, law, params)
    return Page(items=found, next=cursor)


@router.get("/departments/{department}/filing", summary="查看责任人员备案 · Read a filing")
async def read_filing(
    department: UUID, viewer: Reader, session: Session, law: InForce, response: Response
) -> FilingView:
    """Whom a department named: head, responsible unit and persons, compilers and reviewers, with
    their office telephones; and what its rulebook still misses.

    Permission: `filing:read`, for the department's own people, the competent authority of its
    region and supervisors there. Errors: 404 for everybody else. Source: baoji-2017 §28.
    """
    found = await usecases.read(session, viewer, law, department)
    response.headers["ETag"] = rules.etag(found.version)
    return found


@router.put("/departments/{department}/filing", summary="报备责任人员 · File responsible persons")
async def file(
    department: UUID,
    body: FilingBody,
    by: Filer,
    session: Session,
    law: InForce,
    response: Response,
    if_match: IfMatch = None,
) -> FilingView:
    """File your department's responsible persons anew, all of them. What stays the same keeps its
    day; every change is kept. Compilers and reviewers are named with their accounts.

    Permission: `filing:manage` (department administrator). Errors: 404 for another department;
    409 `filing-role-twice`, `filing-account-unfit`, `filing-day-future`; 412 and 428 without the
    present ETag in If-Match. Source: baoji-2017 §10, §28 (changes are filed in time);
    jiangsu-2017 §24; jiangsu-2012 §30; yixing-2016 §24, §28.
    """
    await usecases.file(session, by, law, department, if_match, body)
    found = await usecases.read(session, by, law, department)
    response.headers["ETag"] = rules.etag(found.version)
    return found


@router.get(
    "/departments/{department}/filing/history",
    summary="备案变更记录 · Read a filing's history",
)
async def read_history(
    department: UUID, viewer: Reader, session: Session, params: Paging
) -> Page[FiledPersonView]:
    """Everything that a department ever filed, with since when and until when, the newest first.

    Permission: `filing:read`, as for the filing itself. Errors: 404.
    """
    await queries.readable(session, viewer, department)
    found, cursor = await queries.history(session, department, params)
    return Page(items=[FiledPersonView.of(line) for line in found], next=cursor)
