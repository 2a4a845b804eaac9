"""What the gateway hears: which grants exist, and which no longer hold."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.models import GrantCopy
from shared.events.requests import GrantIssued, GrantRevoked
from shared.inbox import on


async def on_grant_issued(session: AsyncSession, event: GrantIssued) -> None:
    """Keep what the gateway must know of a grant."""
    row = {
        "id": event.grant,
        "resource": event.resource,
        "provider": event.provider,
        "grantee": event.grantee,
        "purpose": event.purpose,
        "grade": event.grade,
        "valid_from": event.valid_from,
        "valid_until": event.valid_until,
        "sequence": event.source_sequence,
    }
    await session.execute(insert(GrantCopy).values(row).on_conflict_do_nothing())


async def on_grant_revoked(session: AsyncSession, event: GrantRevoked) -> None:
    """The grant no longer holds."""
    await _end(session, event.grant, event.at, event.source_sequence)


async def _end(session: AsyncSession, grant: UUID, at: datetime, sequence: int) -> None:
    await session.execute(
        update(GrantCopy).where(GrantCopy.id == grant).values(revoked_at=at, sequence=sequence)
    )


CONSUMERS = [on(GrantIssued, on_grant_issued), on(GrantRevoked, on_grant_revoked)]
