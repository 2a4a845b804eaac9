"""HTTP for grantees: what may be asked under a grant, asking it, and when the system was away."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response, Security

from services.exchange.apis import queries
from services.exchange.apis.calling import may_call
from services.exchange.apis.definition import ContentType
from services.exchange.apis.routes import TAG, AtInterfaces, OperationName
from services.exchange.apis.schemas import OfferView, OutageView, QuestionBody
from shared import clock
from shared.access import admit
from shared.db import Session
from shared.pages import Page, Paging
from shared.principal import Permission, Principal

caller = APIRouter(prefix="/v1/grants/{grant}/api", tags=[TAG])

Holder = Annotated[Principal, Security(admit, scopes=[Permission.GRANT_READ])]
Caller = Annotated[Principal, Security(admit, scopes=[Permission.DATA_CALL])]
_ANY = {kind.value: {"schema": {"type": "string", "format": "binary"}} for kind in ContentType}


@caller.get("", summary="查看可调用的接口 · Read what may be called under a grant")
async def read_offer(grant: UUID, by: Holder, session: Session, at: AtInterfaces) -> OfferView:
    """The operations of the provider's system, their parameters, which of them the grant covers,
    and whether the system is there.

    Permission `grant:read`. Refused: 404 no such grant in force, or the provider offers no
    interface for it.
    """
    found = await queries.offered(session, grant, by, clock.now())
    operations = found.api.definition.operations
    names = frozenset(one.name for one in operations if may_call(found.grant, one))
    now = asyncio.get_running_loop().time()
    seen = at.systems.seen(found.resource.id, found.resource.provider, now)
    return OfferView.of(found, names, seen)


@caller.get("/outages", summary="查看中断记录 · List when the system behind a grant was away")
async def list_outages_under(
    grant: UUID, by: Holder, session: Session, paging: Paging
) -> Page[OutageView]:
    """From when to when the provider's system was away, the latest first, as its provider sees it.

    Permission `grant:read`. Refused: 404 no such grant in force, or no interface.
    """
    found, following = await queries.outages_under(session, grant, by, clock.now(), paging)
    return Page(items=[OutageView.of(one) for one in found], next=following)


@caller.post(
    "/{operation}",
    summary="调用系统接口 · Call the provider's system",
    response_class=Response,
    responses={200: {"content": _ANY, "description": "提供方系统的应答 · The system's answer"}},
)
async def call_operation(
    grant: UUID, operation: OperationName, body: QuestionBody, by: Caller, at: AtInterfaces
) -> Response:
    """Ask the provider's system, and get its answer as it gives it. Parameters stand in the body.

    `X-Huitong-Answer` says whether the answer is `live` or, while the system is away and where its
    provider allows it, its `last-good` one; `X-Huitong-Data-At` of when it is, `X-Huitong-Source`
    which department's. What the system itself says of a question it does not answer (400, 404, 409,
    410, 422) comes with `X-Huitong-Answer` too; a refusal without it is the platform's. With
    `X-Huitong-Fault: provider` it is the system that failed, not the platform.

    Permission `data:call`, and the grant. Refused: 404 no grant in force, no interface or no such
    operation; 409 its answer holds items that are not granted; 422 parameters not as registered;
    429 more calls than the provider allows; 502, 503 and 504 the provider's faults. Use is bound to
    the purpose of the grant: baoji-2017 §16 §18, jiangsu-2017 §15 §17.
    """
    return await at.calls.call(by, grant, operation, body.parameters)
