"""HTTP for quarterly maintenance and upkeep figures. Each route calls one thing."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query

from services.catalog.maintenance import queries, usecases
from services.catalog.maintenance.queries import WantedMaintenance
from services.catalog.maintenance.rules import PATTERN, Quarter
from services.catalog.maintenance.schemas import ConfirmBody, FiguresView, MaintenanceView
from services.catalog.routes import Here, Reader, Reviewer
from shared.db import Session
from shared.pages import Page, Paging

router = APIRouter(prefix="/v1", tags=["目录维护 · Upkeep of the catalogue"])

Named = Annotated[
    str, Path(pattern=PATTERN, description="Of the year where we are.", examples=["2026Q4"])
]


async def wanted(
    here: Here,
    provider: Annotated[UUID | None, Query(description="Only this department's.")] = None,
    quarter: Annotated[str | None, Query(pattern=PATTERN, description="Only this quarter.")] = None,
    confirmed: Annotated[bool | None, Query(description="Only confirmed, or only open.")] = None,
    overdue: Annotated[bool | None, Query(description="Only overdue, or the rest.")] = None,
) -> WantedMaintenance:
    """What a list of quarterly maintenance is narrowed to."""
    return WantedMaintenance(
        today=here.local_day(),
        provider=provider,
        quarter=quarter,
        confirmed=confirmed,
        overdue=overdue,
    )


@router.get("/catalogue-maintenance", summary="查询季度维护 · List quarterly maintenance")
async def list_maintenance(
    viewer: Reader,
    session: Session,
    here: Here,
    narrowed: Annotated[WantedMaintenance, Depends(wanted)],
    paging: Paging,
) -> Page[MaintenanceView]:
    """What each department with entries in the catalogue was asked to go through, by quarter.

    Your department's; for a competent authority those of its region; `overdue` for late ones.

    Permission `resource:read`. baoji-2017 §10.
    """
    found, after = await queries.listing(session, narrowed, viewer, paging)
    today = here.local_day()
    return Page(items=[MaintenanceView.of(row, today) for row in found], next=after)


@router.post(
    "/catalogue-maintenance/{quarter}/confirm",
    summary="确认季度维护 · Confirm the maintenance of a quarter",
)
async def confirm(
    quarter: Named, body: ConfirmBody, by: Reviewer, session: Session, here: Here
) -> MaintenanceView:
    """Confirm that your department went through its whole catalogue in this quarter, or late.

    Permission `resource:review`, a person of the department. Refused: 403 to systems; 409 where
    the rulebook asks for none, the quarter has not come or had no entries, or it was confirmed.
    baoji-2017 §10.
    """
    found = await usecases.confirm(session, by, here, Quarter.parse(quarter), body)
    return MaintenanceView.of(found, here.local_day())


@router.get("/catalogue-upkeep", summary="查询目录维护情况 · List upkeep figures")
async def list_figures(
    viewer: Reader, session: Session, here: Here, paging: Paging
) -> Page[FiguresView]:
    """How each department keeps its catalogue: entries, updates due and late, quarters confirmed.

    Your department's; for a competent authority those of its region.

    Permission `resource:read`. baoji-2017 §5 §10 §23, jiangsu-2012 §8, yixing-2016 §27.
    """
    found, after = await queries.figures(session, here.local_day(), viewer, paging)
    return Page(items=[FiguresView.of(figures) for figures in found], next=after)
