"""HTTP for suspensions. Each route reads its input, calls one thing, returns it."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response, Security

from services.requests.routes import Law
from services.requests.suspensions import queries, usecases
from services.requests.suspensions.schemas import LiftBody, SuspendBody, SuspensionView
from shared.access import admit
from shared.db import Session
from shared.idempotency import IdempotencyKey
from shared.pages import Page, Paging
from shared.principal import Permission, Principal

router = APIRouter(prefix="/v1", tags=["资格暂停 · Suspensions"])

Suspender = Annotated[Principal, Security(admit, scopes=[Permission.SUSPENSION_MANAGE])]
Reader = Annotated[Principal, Security(admit, scopes=[Permission.REQUEST_READ])]


@router.post(
    "/suspensions",
    status_code=HTTPStatus.CREATED,
    summary="暂停共享资格 · Suspend a department",
    responses={
        200: {"model": SuspensionView, "description": "重复提交 · The key was used before"},
    },
)
async def suspend(
    body: SuspendBody,
    key: IdempotencyKey,
    by: Suspender,
    session: Session,
    law: Law,
    response: Response,
) -> SuspensionView:
    """Suspend a department from others' data, after a notice to rectify that it let pass.

    It keeps giving: what it provides goes on. Its requests are refused at once, operations on
    others' data within the bound of the lease; addresses of files that it was given before run
    out by themselves.

    Permission `suspension:manage`, at the competent authority that the platform serves. Refused:
    404 unknown department; 403 another authority; 409 where the rulebook knows no suspension,
    the time to rectify is not over, the violation is not listed, or it is suspended already.
    baoji-2017 §29; the other ladders: jiangsu-2012 §33, jiangsu-2017 §25, yixing-2016 §30.
    """
    suspension, new = await usecases.suspend(session, by, law, key, body)
    response.status_code = HTTPStatus.CREATED if new else HTTPStatus.OK
    return SuspensionView.of(suspension)


@router.get("/suspensions", summary="查询资格暂停 · List suspensions")
async def list_suspensions(
    viewer: Reader,
    session: Session,
    paging: Paging,
    in_force: Annotated[
        bool | None, Query(description="Only those in force, or only those lifted.")
    ] = None,
) -> Page[SuspensionView]:
    """Your department's suspensions; for a competent authority those of its region.

    Permission `request:read`. baoji-2017 §29.
    """
    found, after = await queries.listing(session, viewer, in_force, paging)
    return Page(items=[SuspensionView.of(suspension) for suspension in found], next=after)


@router.get("/suspensions/{suspension}", summary="查看资格暂停 · Read a suspension")
async def read_suspension(suspension: UUID, viewer: Reader, session: Session) -> SuspensionView:
    """One suspension: why, under which article, since when, and whether it was lifted.

    Permission `request:read`. Refused: 404 for whoever is neither the department nor the
    competent authority of its region.
    """
    return SuspensionView.of(await queries.get(session, suspension, viewer))


@router.post("/suspensions/{suspension}/lift", summary="恢复共享资格 · Lift a suspension")
async def lift(
    suspension: UUID, body: LiftBody, by: Suspender, session: Session, law: Law
) -> SuspensionView:
    """Give a department its right to others' data back, with the reason.

    Permission `suspension:manage`, at the competent authority that the platform serves. Refused:
    404 unknown; 403 another authority, or the department itself; 409 lifted already.
    """
    return SuspensionView.of(await usecases.lift(session, by, law, suspension, body))
