"""What a provider says of history, and what everybody reads of it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange import queries as exchange
from services.exchange.models import Resource
from services.exchange.retention import queries
from shared import clock
from shared.events.exchange import HistoryKept
from shared.outbox import emit
from shared.principal import Principal


@dataclass(frozen=True, slots=True)
class Kept:
    """A resource's history: the first state that can be had, and since when it stands."""

    resource: Resource
    oldest: int | None
    since: datetime | None


async def kept(session: AsyncSession, resource: Resource) -> Kept:
    """What is kept of a resource's history."""
    first = await queries.oldest(session, resource)
    return Kept(
        resource=resource,
        oldest=first.sequence if first else None,
        since=first.finished_at if first else None,
    )


async def keep(session: AsyncSession, by: Principal, resource_id: UUID, days: int | None) -> Kept:
    """The provider says for how many days history is kept; None: for ever. Raises NotFound."""
    await exchange.own_resource(session, resource_id, by)
    resource = await exchange.lock_resource(session, resource_id)
    if resource is None:
        raise LookupError("a resource that was there is gone")
    if resource.kept_days != days:
        resource.kept_days = days
        emit(
            session,
            HistoryKept(
                at=clock.now(),
                actor=by.actor,
                department=by.department,
                aggregate=resource.id,
                access_id=by.access_id,
                resource=resource.id,
                kept_days=days,
            ),
        )
    await session.flush()
    return await kept(session, resource)
