"""A look-up made for a clerk who has a citizen in front of him."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.exchange import queries
from services.exchange.counters import answers
from services.exchange.counters.answers import Answer
from services.exchange.live import LiveResource
from services.exchange.lookup import Lookup
from shared import clock
from shared.db import Sessions
from shared.principal import Principal


@dataclass(frozen=True, slots=True)
class Told:
    """What the clerk is told, of which data, and when; `digest` is kept in place of the key."""

    answer: Answer
    purpose: str
    resource: LiveResource
    at: datetime
    digest: str


async def ask(
    sessions: Sessions,
    lookup: Lookup,
    by: Principal,
    identity: UUID,
    key: str | list[str],
    purpose: str,
    timezone: str,
) -> Told:
    """What the grant shows of one person or firm. No transaction is open while it is looked up.

    Raises NotFound, PurposeDiffers and what `Lookup.find` raises.
    """
    at = clock.now()
    live = await lookup.granted(str(identity), by)
    async with sessions() as session:
        grant = await queries.granted(session, identity, by, at)
    answers.check_purpose(purpose, grant.purpose)
    resource, rows = await lookup.find(live, by, [key])
    department, name = resource.provider_name or "提供部门", resource.name
    found = answers.answer(
        rows[0] if rows else None,
        resource.table.items,
        source=f"{department}《{name}》",
        day=clock.local_date(resource.data_at, timezone) if resource.data_at else None,
    )
    return Told(found, grant.purpose, resource, at, lookup.digest([key]))
