"""Which resources changed: a note for each, written by the database in the change's transaction.

Triggers write it (see the migration), so no change escapes whoever makes it. A note carries its
transaction's number, for all notes of one transaction appear at once: a reader needs no more
than the numbers that it has seen. Notes are thrown away after a week.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import BigInteger, Index, bindparam, delete, text
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.catalog.base import Base
from shared import db
from shared.worker import Job, Working

KEPT: Final = timedelta(days=7)
"""How long notes are kept; an index that is older than that is built anew."""


class SearchChange(Base, kw_only=True):
    """A resource that the transaction `by` changed."""

    __tablename__ = "search_change"
    __table_args__ = (
        Index("ix_search_change_at", "at"),
        # Written by triggers in the name of whoever changes a resource.
        {"info": {"runtime": "SELECT, INSERT, DELETE"}},
    )

    by: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    resource_id: Mapped[UUID] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(db.Timestamp)


@dataclass(frozen=True, slots=True)
class Noted:
    """What changed, by transaction, and the number before which no transaction is still open."""

    before: int
    changes: tuple[tuple[int, UUID], ...]


_NOTED: Final = text(
    # One statement, so one snapshot: what is not in `changes` had not happened at `before`.
    "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS before, c.by, c.resource_id"
    " FROM (SELECT 1) AS once LEFT JOIN"
    " (SELECT by, resource_id FROM search_change WHERE by >= :before"
    " AND by <> ALL(CAST(:beside AS bigint[]))"
    " ORDER BY by LIMIT :most) AS c ON true"
).bindparams(bindparam("before", type_=BigInteger))


async def noted(session: AsyncSession, before: int, beside: Sequence[int], most: int) -> Noted:
    """What changed in transactions from `before` on, but for those in `beside`; at most so many
    notes, and then not further than the last whole transaction among them."""
    told = {"before": before, "beside": list(beside), "most": most + 1}
    rows = (await session.execute(_NOTED, told)).all()
    changes = sorted((int(row.by), row.resource_id) for row in rows if row.by is not None)
    now_before = int(rows[0].before)
    if len(changes) > most:
        cut = changes[-1][0]
        whole = [change for change in changes if change[0] < cut]
        if whole:
            return Noted(min(now_before, cut), tuple(whole))
        # One transaction wrote more than fits: all of it is taken, by itself.
        statement = text("SELECT resource_id FROM search_change WHERE by = :by")
        of_it = (await session.execute(statement, {"by": cut})).scalars()
        return Noted(min(now_before, cut), tuple((cut, resource) for resource in of_it))
    return Noted(now_before, tuple(changes))


async def forget(working: Working, at: datetime) -> None:
    """Throw away the notes that no index needs any more."""
    async with working.sessions.begin() as session:
        await session.execute(delete(SearchChange).where(SearchChange.at < at - KEPT))


JOB: Final = Job("search-changes", timedelta(hours=1), forget)
