"""HTTP for deliveries and receipts. Each route reads its input, calls one thing, returns it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Security

from services.exchange.digests import required
from services.exchange.receipts import queries, usecases
from services.exchange.receipts.queries import Standing, Wanted
from services.exchange.receipts.schemas import DeliveryView, ProgressView, ReceiptBody
from services.exchange.routes import InVault, OwnSessions
from shared import clock
from shared.access import admit
from shared.db import Session
from shared.pages import Page, Paging
from shared.principal import Permission, Principal

router = APIRouter(prefix="/v1/deliveries", tags=["交付回执 · Deliveries and receipts"])

Reader = Annotated[Principal, Security(admit, scopes=[Permission.GRANT_READ])]
Holder = Annotated[Principal, Security(admit, scopes=[Permission.DELIVERY_CONFIRM])]


async def wanted(
    resource: Annotated[UUID | None, Query(description="Only grants of this resource.")] = None,
    standing: Annotated[Standing | None, Query(description="Only those that stand so.")] = None,
) -> Wanted:
    """What the list is narrowed to."""
    return Wanted(resource, standing)


@router.get("", summary="查询交付情况 · List how far holders of grants came")
async def list_progress(
    viewer: Reader,
    session: Session,
    params: Paging,
    only: Annotated[Wanted, Depends(wanted)],
) -> Page[ProgressView]:
    """For each grant in force that your department gave or holds: what is published, what of it
    was fetched, and what its holder confirmed.

    Permission `grant:read`. baoji-2017 §11 §17, jiangsu-2017 §17.
    """
    found, following = await queries.progress(session, viewer, only, params, clock.now())
    return Page(items=[ProgressView.of(progress) for progress in found], next=following)


@router.get("/{grant}", summary="查看授权的交付记录 · List what was handed out under a grant")
async def list_deliveries(
    grant: UUID, viewer: Reader, session: Session, vault: InVault, params: Paging
) -> Page[DeliveryView]:
    """Each delivery under a grant that your department gave or holds, the newest first, also after
    the grant ended.

    Permission `grant:read`. Refused: 404 neither your grant nor of your resource.
    """
    await queries.seen(session, grant, viewer)
    found, following = await queries.of_grant(session, grant, params)
    return Page(items=[DeliveryView.of(d, vault.suite) for d in found], next=following)


@router.post("/{grant}/receipts", summary="提交交付回执 · Confirm what is held")
async def confirm(
    grant: UUID, body: ReceiptBody, by: Holder, sessions: OwnSessions, vault: InVault
) -> DeliveryView:
    """Say what you hold: of which manifest, and the digest over what you took by it. Said again,
    nothing changes. A digest that differs is refused and stays on record for both sides.

    Permission `delivery:confirm`. Refused: 404 not your department's grant; 409 nothing was handed
    out up to that number, or you hold something else: take a snapshot anew; 400 no digest.
    jiangsu-2017 §17, baoji-2017 §17.
    """
    holds = required(vault.suite, body.digest)
    found = await usecases.confirm(sessions, by, grant, body.epoch, body.sequence, holds)
    return DeliveryView.of(found, vault.suite)
