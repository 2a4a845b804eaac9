"""HTTP for freshness. Each route reads its input, calls one thing, returns it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Security

from services.exchange.freshness import queries, usecases
from services.exchange.freshness.queries import Standing, WantedFreshness
from services.exchange.freshness.rules import Timeliness
from services.exchange.freshness.schemas import FreshnessView
from services.exchange.jurisdiction import Jurisdiction
from services.exchange.place import Here
from services.exchange.routes import Submitter
from shared.access import admit
from shared.db import Session
from shared.pages import Page, Paging
from shared.principal import Permission, Principal

_TAGS = ["数据时效 · Freshness"]
lists = APIRouter(prefix="/v1/freshness", tags=[*_TAGS])
router = APIRouter(prefix="/v1/resources/{resource}/freshness", tags=[*_TAGS])

Viewer = Annotated[Principal, Security(admit, scopes=[Permission.RESOURCE_READ])]


async def wanted(
    here: Here,
    provider: Annotated[UUID | None, Query(description="Only this department's.")] = None,
    timeliness: Annotated[Timeliness | None, Query(description="Only what stands so.")] = None,
) -> WantedFreshness:
    """What a list is narrowed to."""
    now = here.now()
    return WantedFreshness(today=now.today, at=now.at, provider=provider, timeliness=timeliness)


def _view(found: Standing, here: Jurisdiction) -> FreshnessView:
    now = here.now()
    return FreshnessView.of(found, usecases.expected_of(here, now, found), here, now)


@lists.get("", summary="查询数据时效 · List how current data is")
async def list_freshness(
    viewer: Viewer,
    session: Session,
    here: Here,
    narrowed: Annotated[WantedFreshness, Depends(wanted)],
    paging: Paging,
) -> Page[FreshnessView]:
    """Your department's resources, those that you hold a grant to, and for a competent authority
    its region's: `timeliness=late` for what is not up to date. Counted once a minute.

    Permission `resource:read`. jiangsu-2012 §15, jiangsu-2017 §17, yixing-2016 §17, baoji-2017
    §11 §17.
    """
    found, after = await queries.listing(session, narrowed, viewer, paging)
    return Page(items=[_view(one, here) for one in found], next=after)


@router.get("", summary="查看数据时效 · Read how current data is")
async def read_freshness(
    resource: UUID, viewer: Viewer, session: Session, here: Here
) -> FreshnessView:
    """Whether a resource's data is on time, due or late, and by how many working days.

    Permission `resource:read`. Refused: 404 not yours and no grant of yours, or not
    shared in batches. jiangsu-2012 §15, jiangsu-2017 §17, yixing-2016 §17, baoji-2017 §11 §17.
    """
    return _view(await queries.one(session, resource, viewer, here.now().at), here)


@router.post("/confirm", summary="确认数据无变化 · Say that nothing has changed")
async def confirm(resource: UUID, by: Submitter, session: Session, here: Here) -> FreshnessView:
    """Say that your data has not changed since the newest batch: it counts as of now.

    Permission `batch:submit`. Refused: 404 not your resource; 409 it has no data. jiangsu-2017 §17,
    baoji-2017 §17.
    """
    return _view(await usecases.confirm(session, by, here, resource), here)
