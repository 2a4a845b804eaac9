"""What the gateway hears: which grants exist or no longer hold, and who may not take."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.models import GrantCopy, SuspensionCopy
from gateway.successions import copies
from shared.events.requests import (
    DepartmentSuspended,
    GrantCircleChanged,
    GrantIssued,
    GrantRevoked,
    SuspensionLifted,
)
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
        "circle": event.circle,
        "circle_article": event.circle_article,
        "personal": event.personal,
        "calls_per_day": event.quota.calls_per_day if event.quota else None,
        "keys_per_day": event.quota.keys_per_day if event.quota else None,
        "sequence": event.source_sequence,
    }
    await session.execute(insert(GrantCopy).values(row).on_conflict_do_nothing())


async def on_grant_circle_changed(session: AsyncSession, event: GrantCircleChanged) -> None:
    """Only these may use the grant from now on."""
    await session.execute(
        update(GrantCopy)
        .where(GrantCopy.id == event.grant)
        .values(circle=event.circle, sequence=event.source_sequence)
    )


async def on_grant_revoked(session: AsyncSession, event: GrantRevoked) -> None:
    """The grant no longer holds."""
    await _end(session, event.grant, event.at, event.source_sequence)


async def _end(session: AsyncSession, grant: UUID, at: datetime, sequence: int) -> None:
    await session.execute(
        update(GrantCopy).where(GrantCopy.id == grant).values(revoked_at=at, sequence=sequence)
    )


async def on_department_suspended(session: AsyncSession, event: DepartmentSuspended) -> None:
    """The department may not take others' data from now on."""
    row = {
        "id": event.suspension,
        "department": event.suspended,
        "article": event.article,
        "since": event.at,
        "sequence": event.source_sequence,
    }
    await session.execute(insert(SuspensionCopy).values(row).on_conflict_do_nothing())


async def on_suspension_lifted(session: AsyncSession, event: SuspensionLifted) -> None:
    """The department may take again."""
    await session.execute(
        update(SuspensionCopy)
        .where(SuspensionCopy.id == event.suspension)
        .values(lifted_at=event.at, sequence=event.source_sequence)
    )


CONSUMERS = [
    on(GrantIssued, on_grant_issued),
    on(GrantCircleChanged, on_grant_circle_changed),
    on(GrantRevoked, on_grant_revoked),
    on(DepartmentSuspended, on_department_suspended),
    on(SuspensionLifted, on_suspension_lifted),
    *copies.CONSUMERS,
]
