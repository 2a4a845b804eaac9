"""HTTP for occasions. Each route reads its input, calls one thing, returns it."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.catalog.occasions import queries, usecases
from services.catalog.occasions.queries import WantedOccasions
from services.catalog.occasions.schemas import OccasionBody, OccasionView, SettleBody
from services.catalog.routes import Compiler, Here, Reader
from shared.db import Session
from shared.idempotency import IdempotencyKey
from shared.pages import Page, Paging

router = APIRouter(prefix="/v1/catalogue-updates", tags=["目录更新 · Updates that are due"])


async def wanted(
    here: Here,
    provider: Annotated[UUID | None, Query(description="Only this department's.")] = None,
    settled: Annotated[bool | None, Query(description="Only settled, or only open ones.")] = None,
    overdue: Annotated[bool | None, Query(description="Only overdue ones, or the rest.")] = None,
) -> WantedOccasions:
    """What a list of updates is narrowed to."""
    return WantedOccasions(
        today=here.local_day(), provider=provider, settled=settled, overdue=overdue
    )


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    summary="登记更新事由 · Register a change of law or duty",
    responses={200: {"model": OccasionView, "description": "重复提交 · The key was used before"}},
)
async def register(
    body: OccasionBody,
    key: IdempotencyKey,
    by: Compiler,
    session: Session,
    here: Here,
    response: Response,
) -> OccasionView:
    """Put on record that a law or duty changed, and which of your entries that concerns.

    The last day of the update is counted in working days from the day of the change, where the
    rulebook sets a limit; the department is reminded before it, and late ones are listed.

    Permission `resource:compile`. Refused: 409 a cause that the rulebook does not name, a day in
    the future, resources that are not yours, or a key used with another body. jiangsu-2012 §10,
    jiangsu-2017 §9, yixing-2016 §13, baoji-2017 §10.
    """
    occasion, new = await usecases.register(session, by, here, key, body)
    response.status_code = HTTPStatus.CREATED if new else HTTPStatus.OK
    response.headers["Location"] = f"/v1/catalogue-updates/{occasion.id}"
    return OccasionView.of(occasion, here.local_day())


@router.get("", summary="查询目录更新 · List updates that are due")
async def list_occasions(
    viewer: Reader,
    session: Session,
    here: Here,
    narrowed: Annotated[WantedOccasions, Depends(wanted)],
    paging: Paging,
) -> Page[OccasionView]:
    """Your department's; for a competent authority those of its region; `overdue` for late ones.

    Permission `resource:read`. jiangsu-2017 §9, baoji-2017 §10.
    """
    found, after = await queries.listing(session, narrowed, viewer, paging)
    today = here.local_day()
    return Page(items=[OccasionView.of(occasion, today) for occasion in found], next=after)


@router.get("/{update}", summary="查看目录更新 · Read an update that is due")
async def read_occasion(update: UUID, viewer: Reader, session: Session, here: Here) -> OccasionView:
    """One change of law or duty, the entries concerned, and by when they are updated.

    Permission `resource:read`. Refused: 404 for who is neither the department nor its authority.
    """
    return OccasionView.of(await queries.get(session, update, viewer), here.local_day())


@router.post("/{update}/settle", summary="办结目录更新 · Settle an update")
async def settle(
    update: UUID, body: SettleBody, by: Compiler, session: Session, here: Here
) -> OccasionView:
    """State that the entries concerned are up to date with the change.

    Each of them must have been compiled anew since the change and handed to the competent
    authority, or withdrawn.

    Permission `resource:compile`, of the department that registered it. Refused: 403 others; 404
    unknown; 409 entries not updated, or settled already. baoji-2017 §10.
    """
    return OccasionView.of(await usecases.settle(session, by, here, update, body), here.local_day())
