"""HTTP for limits and usage. Each route reads its input, calls one thing, returns it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Header, Request, Response, Security

from gateway.limits import clients, usage
from gateway.limits.schemas import LimitsBody, LimitsView, UsageView
from gateway.settings import GatewaySettings
from shared.access import Permission, Principal, admit
from shared.db import Session

router = APIRouter(prefix="/v1")

LimitReader = Annotated[Principal, Security(admit, scopes=[Permission.LIMIT_READ])]
LimitKeeper = Annotated[Principal, Security(admit, scopes=[Permission.LIMIT_MANAGE])]
GrantReader = Annotated[Principal, Security(admit, scopes=[Permission.GRANT_READ])]
IfMatch = Annotated[
    str | None, Header(description="The ETag of the limits as you read them.", examples=['"0"'])
]


@router.get(
    "/clients/{client}/limits",
    tags=["身份 · Identity"],
    summary="查看调用频率限制 · Read a client's limits",
)
async def read_limits(
    client: UUID, viewer: LimitReader, session: Session, request: Request, response: Response
) -> LimitsView:
    """How fast a machine of your department, or of one that you oversee, may call.

    Every answer to it says what is left: RateLimit-Policy and RateLimit
    (draft-ietf-httpapi-ratelimit-headers-11).

    Permission: `limit:read`. Errors: 404.
    """
    settings: GatewaySettings = request.app.state.settings
    found = await clients.read(session, viewer, client, settings.client_rate)
    response.headers["ETag"] = clients.etag(found.version)
    return found


@router.put(
    "/clients/{client}/limits",
    tags=["身份 · Identity"],
    summary="设置调用频率限制 · Set a client's limits",
)
async def set_limits(
    client: UUID,
    body: LimitsBody,
    by: LimitKeeper,
    session: Session,
    request: Request,
    response: Response,
    if_match: IfMatch = None,
) -> LimitsView:
    """Let a machine call faster or slower than others; what it used already stays used.

    Permission: `limit:manage`, at the competent authority of the machine's department (system
    administrator, coordinator). Errors: 403 `client-limits-not-yours`; 404; 412 and 428 without
    the present ETag in If-Match. Source: jiangsu-2017 §4(4), baoji-2017 §4(4).
    """
    settings: GatewaySettings = request.app.state.settings
    changed = await clients.set_limits(session, by, client, if_match, body, settings.client_rate)
    response.headers["ETag"] = clients.etag(changed.version)
    return changed


@router.get(
    "/grants/{grant}/usage",
    tags=["授权 · Grants"],
    summary="查看授权使用量 · Read the usage of a grant",
)
async def read_usage(
    grant: UUID, viewer: GrantReader, session: Session, request: Request
) -> UsageView:
    """What was used of a grant today and in the 30 days before, and what its quota leaves today.

    Days are those of the place where the platform stands. Where several gateways run, what the
    others admitted in the last seconds may be missing.

    Permission: `grant:read`, of the grantee, the provider or the competent authority of the
    provider's region. Errors: 404. Source: baoji-2017 §18 (only for the granted purpose).
    """
    return await usage.read(session, viewer, grant, request.app.state.quotas)
