"""HTTP for exchange outside the platform. Each route reads its input, calls one thing."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response

from services.exchange.jurisdiction import Jurisdiction
from services.exchange.off_platform import queries, usecases
from services.exchange.off_platform.models import OffPlatform, Statistics
from services.exchange.off_platform.periods import NAME
from services.exchange.off_platform.queries import WantedFilings
from services.exchange.off_platform.rules import FilingState
from services.exchange.off_platform.schemas import (
    DecisionBody,
    EndBody,
    FiguresView,
    FilingBody,
    FilingView,
    StatisticsBody,
    StatisticsView,
)
from services.exchange.outside import queries as outside
from services.exchange.outside.access import Filer, IfMatch, Overseer, Reader
from services.exchange.outside.rules import etag
from services.exchange.outside.schemas import StepView
from services.exchange.place import Here
from shared.db import Session
from shared.idempotency import IdempotencyKey
from shared.pages import Page, Paging

_TAGS = ["平台外交换 · Exchange outside the platform"]
router = APIRouter(prefix="/v1/off-platform-exchanges", tags=[*_TAGS])
figures = APIRouter(prefix="/v1/off-platform-statistics", tags=[*_TAGS])

PeriodName = Annotated[
    str, Path(pattern=NAME, description="The first month of the period.", examples=["2026-07"])
]


async def wanted(
    here: Here,
    department: Annotated[UUID | None, Query(description="Only this department's.")] = None,
    state: Annotated[FilingState | None, Query(description="Only in this state.")] = None,
    overdue: Annotated[bool | None, Query(description="Only with late statistics.")] = None,
) -> WantedFilings:
    """What a list of filings is narrowed to."""
    return WantedFilings(
        today=here.now().today, department=department, state=state, overdue=overdue
    )


async def _tagged(
    response: Response, session: Session, here: Jurisdiction, filing: OffPlatform
) -> FilingView:
    response.headers["ETag"] = etag(filing.version)
    names = await outside.names(session, {filing.department, *filing.partners})
    return FilingView.of(filing, names, here.now().today)


def _reported(response: Response, report: Statistics) -> StatisticsView:
    response.headers["ETag"] = etag(report.version)
    return StatisticsView.of(report)


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    summary="备案平台外交换 · File an exchange outside the platform",
    responses={200: {"model": FilingView, "description": "重复提交 · The key was used before"}},
)
async def file(
    body: FilingBody,
    key: IdempotencyKey,
    by: Filer,
    session: Session,
    here: Here,
    response: Response,
) -> FilingView:
    """File an exchange that for a special reason does not go over the platform. From the period in
    which it is filed on, statistics are due after each period; the department is reminded.

    Permission `exchange:file`. Refused: 409 where the rulebook knows no such exchange, a partner is
    no department here, or the key came with another body. jiangsu-2012 §14.
    """
    filing, new = await usecases.file(session, by, here, key, body)
    response.status_code = HTTPStatus.CREATED if new else HTTPStatus.OK
    response.headers["Location"] = f"/v1/off-platform-exchanges/{filing.id}"
    return await _tagged(response, session, here, filing)


@router.get("", summary="查询平台外交换备案 · List exchanges outside the platform")
async def list_filings(
    viewer: Reader,
    session: Session,
    here: Here,
    narrowed: Annotated[WantedFilings, Depends(wanted)],
    paging: Paging,
) -> Page[FilingView]:
    """What your department filed or takes part in; for a competent authority its region's.

    `state=filed` is what waits for the authority, `overdue=true` whose statistics are late.

    Permission `exchange:read`. jiangsu-2012 §14.
    """
    found, after = await queries.listing(session, narrowed, viewer, paging)
    names = await outside.names(
        session, {d for filing in found for d in (filing.department, *filing.partners)}
    )
    views = [FilingView.of(filing, names, narrowed.today) for filing in found]
    return Page(items=views, next=after)


@router.get("/{exchange}", summary="查看平台外交换备案 · Read an exchange outside the platform")
async def read_filing(
    exchange: UUID, viewer: Reader, session: Session, here: Here, response: Response
) -> FilingView:
    """One exchange as it is filed, and which statistics are due next.

    Permission `exchange:read`. Refused: 404 for who has no part in it. jiangsu-2012 §14.
    """
    found = await outside.get(session, OffPlatform, exchange, viewer)
    return await _tagged(response, session, here, found)


@router.put("/{exchange}", summary="修改平台外交换备案 · Amend a filing")
async def amend(
    exchange: UUID,
    body: FilingBody,
    by: Filer,
    session: Session,
    here: Here,
    response: Response,
    if_match: IfMatch = None,
) -> FilingView:
    """State it otherwise; it then waits for the authority again.

    Permission `exchange:file`, of the department that filed it. Refused: 403 others; 409 it has
    ended; 412 changed meanwhile; 428 no If-Match. jiangsu-2012 §14.
    """
    found = await usecases.amend(session, by, here, exchange, body, if_match)
    return await _tagged(response, session, here, found)


@router.post("/{exchange}/record", summary="受理平台外交换备案 · Take a filing on record")
async def decide(
    exchange: UUID,
    body: DecisionBody,
    by: Overseer,
    session: Session,
    here: Here,
    response: Response,
    if_match: IfMatch = None,
) -> FilingView:
    """Take a filing on record, or send it back with what has to be changed. With If-Match, only
    what you read is decided on.

    Permission `exchange:oversee`, at the authority of its region. Refused: 403 others; 409 nothing
    waits; 412 changed meanwhile. jiangsu-2012 §14.
    """
    found = await usecases.decide(session, by, here, exchange, body, if_match)
    return await _tagged(response, session, here, found)


@router.post("/{exchange}/end", summary="终止平台外交换 · End an exchange outside the platform")
async def end(
    exchange: UUID, body: EndBody, by: Filer, session: Session, here: Here, response: Response
) -> FilingView:
    """Say that it came to its end. Statistics up to that day stay due.

    Permission `exchange:file`, of the department that filed it. Refused: 403 others; 409 it has
    ended, or the day is not between its beginning and today. jiangsu-2012 §14.
    """
    found = await usecases.end(session, by, here, exchange, body)
    return await _tagged(response, session, here, found)


@router.get("/{exchange}/history", summary="查询平台外交换经过 · List what was done with a filing")
async def history(
    exchange: UUID, viewer: Reader, session: Session, paging: Paging
) -> Page[StepView]:
    """Every step from the filing on, with what was stated then.

    Permission `exchange:read`. Refused: 404 for who has no part in it. jiangsu-2012 §14.
    """
    found, after = await outside.history(session, OffPlatform, exchange, viewer, paging)
    return Page(items=[StepView.of(step) for step in found], next=after)


@router.get("/{exchange}/statistics", summary="查询平台外交换统计 · List the statistics of one")
async def list_statistics(
    exchange: UUID, viewer: Reader, session: Session, paging: Paging
) -> Page[StatisticsView]:
    """The statistics that were handed in, the newest period first.

    Permission `exchange:read`. Refused: 404 for who has no part in it. jiangsu-2012 §14.
    """
    found, after = await queries.statistics(session, exchange, viewer, paging)
    return Page(items=[StatisticsView.of(report) for report in found], next=after)


@router.get(
    "/{exchange}/statistics/{period}", summary="查看平台外交换统计 · Read statistics of a period"
)
async def read_statistics(
    exchange: UUID, period: PeriodName, viewer: Reader, session: Session, response: Response
) -> StatisticsView:
    """The statistics of one period, with the ETag that a correction names.

    Permission `exchange:read`. Refused: 404 not handed in, or for who has no part in it.
    jiangsu-2012 §14.
    """
    return _reported(response, await queries.one_report(session, exchange, period, viewer))


@router.put(
    "/{exchange}/statistics/{period}",
    status_code=HTTPStatus.CREATED,
    summary="报送平台外交换统计 · Report statistics",
    responses={200: {"model": StatisticsView, "description": "更正 · Corrected"}},
)
async def report(
    exchange: UUID,
    period: PeriodName,
    body: StatisticsBody,
    by: Filer,
    session: Session,
    here: Here,
    response: Response,
    if_match: IfMatch = None,
) -> StatisticsView:
    """Hand in the statistics of a period that is over; again with If-Match, correct them.

    Permission `exchange:file`, of the department that filed it. Refused: 403 others; 409 the
    period is not over, or not one of this exchange; to correct: 412 changed meanwhile, 428 no
    If-Match. jiangsu-2012 §14.
    """
    found, new = await usecases.report(session, by, here, exchange, period, body, if_match)
    response.status_code = HTTPStatus.CREATED if new else HTTPStatus.OK
    return _reported(response, found)


@figures.get("", summary="平台外交换统计汇总 · Figures of departments")
async def departments(
    viewer: Reader,
    session: Session,
    here: Here,
    paging: Paging,
    year: Annotated[
        int | None, Query(ge=1980, le=2099, description="Of which year; this one.", examples=[2026])
    ] = None,
) -> Page[FiguresView]:
    """By department, what was exchanged outside the platform in a year, and what is late: the
    region's for a competent authority, else your own department's.

    Permission `exchange:read`. jiangsu-2012 §14.
    """
    today = here.now().today
    found, after = await queries.figures(session, year or today.year, today, viewer, paging)
    return Page(items=[FiguresView.of(one) for one in found], next=after)
