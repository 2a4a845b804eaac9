"""What the catalogue has announced of a resource, kept for those who hold grants of it.

A row stands from the announcement until the change has taken effect or is called off.
"""

from datetime import datetime
from typing import Self
from uuid import UUID

from sqlalchemy import Text, delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.requests.base import Base
from shared import db
from shared.events.catalog import (
    ChangeAnnounced,
    ChangeCancelled,
    ChangeKind,
    ResourcePublished,
    ResourceWithdrawn,
)
from shared.inbox import Consumer, on


class ChangeAhead(Base, kw_only=True):
    """A change of a resource that has not taken effect."""

    __tablename__ = "change_ahead"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    resource_id: Mapped[UUID] = mapped_column(index=True)
    kind: Mapped[ChangeKind] = mapped_column(db.named(ChangeKind))
    resource_version: Mapped[int]
    effective_at: Mapped[datetime] = mapped_column(db.Timestamp)
    reason: Mapped[str | None] = mapped_column(Text)

    @classmethod
    def of(cls, event: ChangeAnnounced) -> Self:
        """The change as the event has it."""
        return cls(
            id=event.change,
            resource_id=event.resource,
            kind=event.kind,
            resource_version=event.resource_version,
            effective_at=event.effective_at,
            reason=event.reason,
        )


async def on_change_announced(session: AsyncSession, event: ChangeAnnounced) -> None:
    """Keep what lies ahead of the resource."""
    change = ChangeAhead.of(event)
    row = {column.name: getattr(change, column.name) for column in ChangeAhead.__table__.columns}
    await session.execute(insert(ChangeAhead).values(row).on_conflict_do_nothing())


async def on_change_cancelled(session: AsyncSession, event: ChangeCancelled) -> None:
    """It will not take effect."""
    await session.execute(delete(ChangeAhead).where(ChangeAhead.id == event.change))


async def forget_publication(session: AsyncSession, event: ResourcePublished) -> None:
    """The version is in the catalogue: it is no longer ahead."""
    await session.execute(
        delete(ChangeAhead).where(
            ChangeAhead.resource_id == event.resource,
            ChangeAhead.kind != ChangeKind.WITHDRAWAL,
            ChangeAhead.resource_version <= event.resource_version,
        )
    )


async def forget_all(session: AsyncSession, event: ResourceWithdrawn) -> None:
    """The resource left the catalogue: nothing of it is ahead."""
    await session.execute(delete(ChangeAhead).where(ChangeAhead.resource_id == event.resource))


CONSUMERS: list[Consumer] = [
    on(ChangeAnnounced, on_change_announced),
    on(ChangeCancelled, on_change_cancelled),
]
