"""HTTP for older exchanges. Each route reads its input, calls one thing, returns it."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response

from services.exchange.jurisdiction import Jurisdiction
from services.exchange.older import queries, usecases
from services.exchange.older.migration import MigrationState
from services.exchange.older.models import OlderExchange
from services.exchange.older.queries import WantedOlder
from services.exchange.older.schemas import (
    KeepBody,
    MoveBody,
    OlderDescriptionBody,
    OlderExchangeBody,
    OlderExchangeView,
    ProgressView,
)
from services.exchange.outside import queries as outside
from services.exchange.outside.access import Filer, IfMatch, Overseer, Reader
from services.exchange.outside.rules import etag
from services.exchange.outside.schemas import StepView
from services.exchange.place import Here
from shared.db import Session
from shared.idempotency import IdempotencyKey
from shared.pages import Page, Paging

_TAGS = ["原有交换迁移 · Older exchanges"]
router = APIRouter(prefix="/v1/older-exchanges", tags=[*_TAGS])
progress = APIRouter(prefix="/v1/migration-progress", tags=[*_TAGS])


async def wanted(
    here: Here,
    department: Annotated[UUID | None, Query(description="Only this department's.")] = None,
    state: Annotated[MigrationState | None, Query(description="Only in this state.")] = None,
    overdue: Annotated[bool | None, Query(description="Only late ones, or the rest.")] = None,
) -> WantedOlder:
    """What a list of older exchanges is narrowed to."""
    return WantedOlder(today=here.now().today, department=department, state=state, overdue=overdue)


async def _tagged(
    response: Response, session: Session, here: Jurisdiction, found: OlderExchange
) -> OlderExchangeView:
    response.headers["ETag"] = etag(found.version)
    names = await outside.names(session, {found.department, *found.partners})
    return OlderExchangeView.of(found, names, here.now().today)


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    summary="登记原有跨部门交换 · Register an older exchange",
    responses={
        200: {"model": OlderExchangeView, "description": "重复提交 · The key was used before"}
    },
)
async def register(
    body: OlderExchangeBody,
    key: IdempotencyKey,
    by: Filer,
    session: Session,
    here: Here,
    response: Response,
) -> OlderExchangeView:
    """Put an exchange with other departments on record that was there before the platform.

    Permission `exchange:file`. Refused: 409 where the rulebook has none move, a partner is no
    department here, the planned day has passed, or the key came with another body. jiangsu-2017
    §14, baoji-2017 §12 §13.
    """
    found, new = await usecases.register(session, by, here, key, body)
    response.status_code = HTTPStatus.CREATED if new else HTTPStatus.OK
    response.headers["Location"] = f"/v1/older-exchanges/{found.id}"
    return await _tagged(response, session, here, found)


@router.get("", summary="查询原有跨部门交换 · List older exchanges")
async def list_older(
    viewer: Reader,
    session: Session,
    here: Here,
    narrowed: Annotated[WantedOlder, Depends(wanted)],
    paging: Paging,
) -> Page[OlderExchangeView]:
    """What your department registered or takes part in; for a competent authority its region's.

    Permission `exchange:read`. jiangsu-2017 §14, baoji-2017 §12 §13.
    """
    found, after = await queries.listing(session, narrowed, viewer, paging)
    names = await outside.names(
        session, {d for one in found for d in (one.department, *one.partners)}
    )
    views = [OlderExchangeView.of(one, names, narrowed.today) for one in found]
    return Page(items=views, next=after)


@router.get("/{exchange}", summary="查看原有跨部门交换 · Read an older exchange")
async def read_older(
    exchange: UUID, viewer: Reader, session: Session, here: Here, response: Response
) -> OlderExchangeView:
    """One exchange, and where its migration stands.

    Permission `exchange:read`. Refused: 404 for who has no part in it. baoji-2017 §13.
    """
    found = await outside.get(session, OlderExchange, exchange, viewer)
    return await _tagged(response, session, here, found)


@router.put("/{exchange}", summary="修改原有跨部门交换 · Amend an older exchange")
async def amend(
    exchange: UUID,
    body: OlderDescriptionBody,
    by: Filer,
    session: Session,
    here: Here,
    response: Response,
    if_match: IfMatch = None,
) -> OlderExchangeView:
    """Describe it otherwise. Where its migration stands is not touched.

    Permission `exchange:file`, of the department that registered it. Refused: 403 others; 409 a
    partner is unknown; 412 changed meanwhile; 428 no If-Match. baoji-2017 §13.
    """
    found = await usecases.amend(session, by, here, exchange, body, if_match)
    return await _tagged(response, session, here, found)


@router.post("/{exchange}/move", summary="更新迁移进展 · Say how far it has moved")
async def move(
    exchange: UUID, body: MoveBody, by: Filer, session: Session, here: Here, response: Response
) -> OlderExchangeView:
    """Plan its migration by a day, begin it, or say that it has moved, and to which resources.

    Permission `exchange:file`, of the department that registered it. Refused: 403 others; 409 no
    such step leads on, the day is missing or past, or the resources are not in the catalogue.
    jiangsu-2017 §14, baoji-2017 §13.
    """
    found = await usecases.move(session, by, here, exchange, body)
    return await _tagged(response, session, here, found)


@router.post("/{exchange}/keep", summary="准予保留原有交换 · Let an older exchange stay")
async def keep(
    exchange: UUID,
    body: KeepBody,
    by: Overseer,
    session: Session,
    here: Here,
    response: Response,
) -> OlderExchangeView:
    """Let an exchange stay where it is, as the lines of secret networks do.

    Permission `exchange:oversee`, at the authority of its region. Refused: 403 others; 409 it has
    moved or ended. baoji-2017 §12.
    """
    found = await usecases.keep(session, by, here, exchange, body)
    return await _tagged(response, session, here, found)


@router.get("/{exchange}/history", summary="查询原有交换迁移经过 · List what was done about one")
async def history(
    exchange: UUID, viewer: Reader, session: Session, paging: Paging
) -> Page[StepView]:
    """Every step from its registration on, with what was stated then.

    Permission `exchange:read`. Refused: 404 for who has no part in it. baoji-2017 §13.
    """
    found, after = await outside.history(session, OlderExchange, exchange, viewer, paging)
    return Page(items=[StepView.of(step) for step in found], next=after)


@progress.get("", summary="查询迁移总体进展 · Progress of departments")
async def departments(
    viewer: Reader, session: Session, here: Here, paging: Paging
) -> Page[ProgressView]:
    """By department, how many older exchanges stand where, and how many are late: the region's
    for a competent authority, else your own department's.

    Permission `exchange:read`. jiangsu-2017 §14, baoji-2017 §12 §13.
    """
    found, after = await queries.progress(session, here.now().today, viewer, paging)
    return Page(items=[ProgressView.of(one) for one in found], next=after)
