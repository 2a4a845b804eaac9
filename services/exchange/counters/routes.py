"""HTTP for service counters: the route reads its input, calls one thing, returns it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response, Security

from services.exchange.counters.asking import ask
from services.exchange.counters.schemas import CounterBody, CounterView
from services.exchange.lookup import Lookup
from services.exchange.routes import DATA, OwnSessions, Told
from shared.access import admit
from shared.principal import Permission, Principal

counter = APIRouter(prefix="/v1/grants/{grant}", tags=[DATA])

Clerk = Annotated[Principal, Security(admit, scopes=[Permission.DATA_COUNTER])]


async def lookup_of(request: Request) -> Lookup:
    """Where rows are looked up."""
    found: Lookup = request.app.state.lookup
    return found


@counter.post("/counter", summary="窗口查询 · Ask for a citizen at the counter")
async def ask_at_counter(
    grant: UUID,
    body: CounterBody,
    by: Clerk,
    sessions: OwnSessions,
    lookup: Annotated[Lookup, Depends(lookup_of)],
    told: Told,
    response: Response,
) -> CounterView:
    """What the platform has of one person or firm, in plain words with source and date, so that
    nobody is asked again for it. The matter stands in `X-Huitong-Matter`, of a system the clerk in
    `X-Huitong-End-User`; both are on record with a keyed digest of the key, which stands in the
    body and never in an address.

    Permission `data:counter`, and the grant. Refused: 403 no matter or end user named; 404 no grant
    in force; 409 another purpose than the grant's, key not granted, nothing published; 503 the
    tables are away. jiangsu-2017 §16(2).
    """
    found = await ask(sessions, lookup, by, grant, body.key, body.purpose, told.timezone)
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Huitong-Keys-Digest"] = found.digest
    response.headers["X-Huitong-Keys-Count"] = "1"
    return CounterView.of(grant, found)
