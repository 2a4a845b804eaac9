"""Who holds addresses of files and calls no more: revoked clients, closed accounts.

The gateway refuses them at once, and an address needs no gateway: so the door must know it too.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange.known import EndedHolder
from shared.events.gateway import ClientRevoked, OperatorClosed, OperatorReopened
from shared.inbox import on


async def on_client_revoked(session: AsyncSession, event: ClientRevoked) -> None:
    """A machine was revoked: the addresses that it was given open nothing."""
    await _keep(session, event.client, event.version, event.at)


async def on_operator_closed(session: AsyncSession, event: OperatorClosed) -> None:
    """A person's account was closed: the addresses that the person was given open nothing."""
    await _keep(session, event.operator, event.version, event.at)


async def on_operator_reopened(session: AsyncSession, event: OperatorReopened) -> None:
    """The account stands again, and with it what is left of the addresses' time."""
    await _keep(session, event.operator, event.version, None)


async def _keep(session: AsyncSession, holder: UUID, heard: int, ended_at: datetime | None) -> None:
    facts = {"heard": heard, "ended_at": ended_at}
    await session.execute(
        insert(EndedHolder)
        .values(id=holder, **facts)
        .on_conflict_do_update(
            index_elements=[EndedHolder.id], set_=facts, where=EndedHolder.heard < heard
        )
    )


CONSUMERS = [
    on(ClientRevoked, on_client_revoked),
    on(OperatorClosed, on_operator_closed),
    on(OperatorReopened, on_operator_reopened),
]
