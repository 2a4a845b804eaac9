"""HTTP for former addresses. Each route reads its input, calls one thing, returns it."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response, Security

from gateway.former_addresses import queries, usecases
from gateway.former_addresses.leading import Led
from gateway.former_addresses.schemas import (
    AddressesReport,
    FormerAddressesBody,
    FormerAddressView,
)
from gateway.live import Live
from shared.access import Permission, Principal, admit
from shared.db import Session
from shared.pages import Page, Paging

router = APIRouter(prefix="/v1/former-addresses", tags=["旧地址 · Former addresses"])

public = APIRouter(include_in_schema=False)

Anybody = Annotated[Principal, Security(admit, scopes=[Permission.PROFILE_READ])]
Keeper = Annotated[Principal, Security(admit, scopes=[Permission.ADDRESS_MANAGE])]


@router.get("", summary="旧地址列表 · List former addresses")
async def listing(
    viewer: Keeper,
    session: Session,
    params: Paging,
    platform: Annotated[
        str | None, Query(max_length=200, description="Only of this platform.")
    ] = None,
) -> Page[FormerAddressView]:
    """The old addresses that were taken over, the newest first.

    Permission `address:manage`.
    """
    found, after = await queries.listing(session, platform, params)
    return Page(items=[FormerAddressView.model_validate(former) for former in found], next=after)


@router.put("", summary="接管旧地址 · Take over old addresses")
async def take_over(body: FormerAddressesBody, by: Keeper, session: Session) -> AddressesReport:
    """Let an old platform's addresses lead to where the same is answered now, all or none.

    Whoever reads there by GET is answered 308 with the new address when they may call that one,
    and 404 like at any other path when not; to pages of the public catalogue everybody is led.
    Parameters of an old call are not passed on, what is sent there by another method is not read.
    Try it first at /v1/former-addresses/rehearse.

    Permission `address:manage`, of the competent authority. Refused: 403 to all others; 409 with
    every fault in `errors`: an address that the platform itself answers, a target that is not
    there, an address that leads elsewhere.
    """
    return await usecases.take_over(session, by, body)


@router.post("/rehearse", summary="试接管旧地址 · Rehearse a takeover of old addresses")
async def rehearse(body: FormerAddressesBody, by: Keeper, session: Session) -> AddressesReport:
    """Tell what would come of these old addresses, with every fault; nothing is kept.

    Permission `address:manage`, of the competent authority. Refused: 403 to all others.
    """
    return await usecases.rehearse(session, by, body)


@router.post("/{former_address}/end", summary="停用旧地址 · End a former address")
async def end(former_address: UUID, by: Keeper, session: Session) -> FormerAddressView:
    """Let an old address lead nowhere from now on; it may be taken over anew.

    Permission `address:manage`, of the competent authority. Refused: 404 unknown; 409 ended
    already.
    """
    return FormerAddressView.model_validate(await usecases.end(session, by, former_address))


@router.get(
    "/{former_address}/target",
    status_code=HTTPStatus.PERMANENT_REDIRECT,
    response_class=Response,
    summary="跟随旧地址 · Follow a former address",
)
async def follow(former_address: UUID, by: Anybody, request: Request) -> Response:
    """Lead to where an old address is answered now. A GET of the old address itself is this.

    Permission `profile:read`. Refused: 404 for whoever may not call what is there, and where the
    address leads nowhere.
    """
    live: Live = request.app.state.live
    led: Led = request.app.state.led
    return _redirect(usecases.follow(led.by_id(former_address), live, by))


@public.get("/catalogue/former-addresses/{former_address}/target")
async def follow_to_page(former_address: UUID, request: Request) -> Response:
    """Lead to the page of the public catalogue at which an old address is answered now."""
    led: Led = request.app.state.led
    return _redirect(usecases.follow_to_page(led.by_id(former_address)))


def _redirect(target: str) -> Response:
    # Kept nowhere: an address may be led elsewhere, and who may follow may change.
    headers = {"Location": target, "Cache-Control": "no-store"}
    return Response(status_code=HTTPStatus.PERMANENT_REDIRECT, headers=headers)
