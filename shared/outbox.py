"""Facts leave a service through its outbox: in the same transaction in, at least once out.

Three steps, each safe to repeat after a crash:

1. `emit` adds a row beside the change that caused it; both commit or neither.
2. `number` gives the rows that have none the next sequence numbers of this source, and
   commits. From then on an event's number never changes.
3. `send` publishes numbered, unsent rows in order and marks them sent. A crash after a
   publish and before the mark sends the row again; every reader drops repeats by event id.

Rows are relayed because they are unsent, never "after a cursor": rows commit out of order.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, Identity, Index, Integer, func, select, text, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, MappedAsDataclass, declared_attr, mapped_column

from shared import db
from shared.events import Event, document

CHANNEL = "outbox"
Publish = Callable[[str, bytes, str], Awaitable[None]]
# Any constant: one relay at a time in each service's own database.
_RELAY_LOCK = 0x0B0C5


class OutboxTable(MappedAsDataclass, kw_only=True):
    """Events that wait for the relay, and those that went. Mix into a service's own Base."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True, init=False)
    event_id: Mapped[UUID] = mapped_column(unique=True)
    subject: Mapped[str]
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    sequence: Mapped[int | None] = mapped_column(BigInteger, default=None, unique=True)
    sent_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Index]:
        return (Index("ix_outbox_unsent", "id", postgresql_where=text("sent_at IS NULL")),)


class CounterTable(MappedAsDataclass, kw_only=True):
    """The last sequence number that this source has given; one row."""

    __tablename__ = "outbox_counter"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    last: Mapped[int] = mapped_column(BigInteger)


def table_of(base: type[db.Declarative], kind: type[Any]) -> type[Any]:
    """The table of a service that was made from the mixin `kind`."""
    for mapper in base.registry.mappers:
        # The registry is common to all services in a process, the metadata is each one's own.
        if issubclass(mapper.class_, kind) and mapper.class_.metadata is base.metadata:
            return mapper.class_
    raise LookupError(f"{base.__module__} has no {kind.__name__}")


def emit(session: AsyncSession, event: Event) -> None:
    """Record `event` beside the change that caused it, in the session's transaction."""
    outbox = table_of(session.info["base"], OutboxTable)
    session.add(outbox(event_id=event.id, subject=event.subject, body=document(event)))


async def number(sessions: db.Sessions, base: type[db.Declarative], batch: int = 500) -> int:
    """Give waiting rows their sequence numbers; return how many got one."""
    outbox, counter = table_of(base, OutboxTable), table_of(base, CounterTable)
    async with sessions.begin() as session:
        # The row lock makes numbering one at a time, so numbers follow commit order closely
        # and leave no gap.
        row = await session.scalar(select(counter).with_for_update())
        if row is None:
            raise LookupError("the outbox counter is missing: run the migrations")
        waiting = select(outbox.id).where(outbox.sequence.is_(None)).order_by(outbox.id)
        ids = (await session.scalars(waiting.limit(batch))).all()
        if ids:
            numbers = [
                {"id": identity, "sequence": row.last + offset}
                for offset, identity in enumerate(ids, start=1)
            ]
            await session.execute(update(outbox), numbers)
            row.last += len(ids)
        return len(ids)


async def send(
    sessions: db.Sessions,
    base: type[db.Declarative],
    source: str,
    publish: Publish,
    at: datetime,
    batch: int = 200,
) -> int:
    """Publish numbered, unsent rows in order and mark them sent; return how many went."""
    outbox = table_of(base, OutboxTable)
    async with sessions.begin() as session:
        if not await session.scalar(select(func.pg_try_advisory_xact_lock(_RELAY_LOCK))):
            return 0
        waiting = select(outbox).where(outbox.sent_at.is_(None), outbox.sequence.is_not(None))
        rows = (await session.scalars(waiting.order_by(outbox.sequence).limit(batch))).all()
        for row in rows:
            body = {**row.body, "source": source, "sequence": str(row.sequence)}
            await publish(row.subject, orjson.dumps(body), str(row.event_id))
            row.sent_at = at
        return len(rows)


async def watermark(
    sessions: db.Sessions, base: type[db.Declarative]
) -> tuple[int, datetime | None]:
    """The last sequence number sent, and the time of the oldest event that waits.

    Both in one statement, that is of one moment: an event is in the first or in the second.
    """
    outbox = table_of(base, OutboxTable)
    sent, waits = outbox.sent_at.is_not(None), outbox.sent_at.is_(None)
    last = select(func.max(outbox.sequence)).where(sent).scalar_subquery()
    oldest = select(func.min(outbox.body["time"].astext)).where(waits).scalar_subquery()
    async with sessions() as session:
        found = (await session.execute(select(last, oldest))).one()
        return found[0] or 0, datetime.fromisoformat(found[1]) if found[1] else None
