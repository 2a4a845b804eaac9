"""HTTP for a client's addresses. Each route reads its input, calls one thing, returns it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Response

from gateway.addresses import usecases
from gateway.addresses.schemas import AddressesBody, AddressesView
from gateway.identity.routes import ClientKeeper
from shared.db import Session

router = APIRouter(prefix="/v1/clients/{client}/addresses", tags=["身份 · Identity"])

IfMatch = Annotated[
    str | None, Header(description="The ETag of the addresses as you read them.", examples=['"0"'])
]


@router.get("", summary="查看调用地址 · Read a client's addresses")
async def read_addresses(
    client: UUID, viewer: ClientKeeper, session: Session, response: Response
) -> AddressesView:
    """Where a machine may call from; null is anywhere.

    Permission: `client:manage`. Errors: 404.
    """
    found = await usecases.read(session, viewer, client)
    response.headers["ETag"] = usecases.etag(found.version)
    return found


@router.put("", summary="设置调用地址 · Set a client's addresses")
async def set_addresses(
    client: UUID,
    body: AddressesBody,
    by: ClientKeeper,
    session: Session,
    response: Response,
    if_match: IfMatch = None,
) -> AddressesView:
    """Refuse the machine everywhere but at these addresses; sensitive data goes nowhere else.

    Permission: `client:manage`. Errors: 404; 412 and 428 without the present ETag in If-Match.
    Source: baoji-2017 §20 (access control), jiangsu-2017 §21.
    """
    changed = await usecases.set_addresses(session, by, client, if_match, body)
    response.headers["ETag"] = usecases.etag(changed.version)
    return changed
