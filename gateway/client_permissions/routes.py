"""HTTP for a client's permissions. Each route reads its input, calls one thing, returns it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Response

from gateway.client_permissions import usecases
from gateway.client_permissions.schemas import LimitedView, PermissionsBody
from gateway.identity.routes import ClientKeeper
from shared.db import Session

router = APIRouter(prefix="/v1/clients/{client}/permissions", tags=["身份 · Identity"])

IfMatch = Annotated[
    str | None,
    Header(description="The ETag of the permissions as you read them.", examples=['"0"']),
]


@router.get("", summary="查看系统权限 · Read a client's permissions")
async def read_permissions(
    client: UUID, viewer: ClientKeeper, session: Session, response: Response
) -> LimitedView:
    """What a machine is limited to; null is all that its kind may do.

    Permission: `client:manage`. Errors: 404.
    """
    found = await usecases.read(session, viewer, client)
    response.headers["ETag"] = usecases.etag(found.version)
    return found


@router.put("", summary="限定系统权限 · Limit a client's permissions")
async def set_permissions(
    client: UUID,
    body: PermissionsBody,
    by: ClientKeeper,
    session: Session,
    response: Response,
    if_match: IfMatch = None,
) -> LimitedView:
    """Let the machine do these things only, at once, also with the tokens that it holds.

    Permission: `client:manage`. Errors: 404; 409 `client-permissions-beyond-kind`; 412 and 428
    without the present ETag in If-Match. Source: baoji-2017 §20 (authorisation), jiangsu-2017 §21.
    """
    changed = await usecases.set_permissions(session, by, client, if_match, body)
    response.headers["ETag"] = usecases.etag(changed.version)
    return changed
