"""What a service hears: each event takes effect exactly once.

The effect and the inbox row commit together, then the message is acknowledged. A repeat finds
its row and does nothing. A message that cannot be handled is parked with the reason, visible
to operators, and the stream goes on.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar, cast
from uuid import UUID

from sqlalchemy import BigInteger, Identity, Index, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, MappedAsDataclass, declared_attr, mapped_column

from shared import db
from shared.events import Envelope, Event, Unreadable, parse
from shared.outbox import table_of

AnyEvent = TypeVar("AnyEvent", bound=Event)
Handler = Callable[[AsyncSession, Event], Awaitable[None]]


class InboxTable(MappedAsDataclass, kw_only=True):
    """Events that took effect here."""

    __tablename__ = "inbox"

    event_id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str]
    sequence: Mapped[int] = mapped_column(BigInteger)
    received_at: Mapped[datetime] = mapped_column(db.Timestamp)

    @declared_attr.directive
    @classmethod
    def __table_args__(cls) -> tuple[Index]:
        return (Index("ix_inbox_source_sequence", "source", "sequence"),)


class ParkedTable(MappedAsDataclass, kw_only=True):
    """Messages that could not be handled, with the reason."""

    __tablename__ = "parked"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True, init=False)
    subject: Mapped[str]
    body: Mapped[bytes]
    reason: Mapped[str]
    parked_at: Mapped[datetime] = mapped_column(db.Timestamp)


@dataclass(frozen=True, slots=True)
class Consumer:
    """An event class and what a service does when it hears one."""

    event: type[Event]
    handle: Handler


def on(
    event: type[AnyEvent], handle: Callable[[AsyncSession, AnyEvent], Awaitable[None]]
) -> Consumer:
    """A consumer of `event`. The handler must not commit; its session ends with the inbox row."""
    return Consumer(event, cast(Handler, handle))


def by_subject(consumers: Iterable[Consumer]) -> dict[str, Consumer]:
    """The consumers by what they hear; several of one event act in their order, in one commit."""
    found: dict[str, Consumer] = {}
    for consumer in consumers:
        before = found.get(consumer.event.subject)
        found[consumer.event.subject] = consumer if before is None else _both(before, consumer)
    return found


def _both(first: Consumer, second: Consumer) -> Consumer:
    async def handle(session: AsyncSession, event: Event) -> None:
        await first.handle(session, event)
        await second.handle(session, event)

    return Consumer(first.event, handle)


async def receive(
    sessions: db.Sessions,
    base: type[db.Declarative],
    envelope: Envelope,
    consumers: dict[str, Consumer],
    at: datetime,
) -> bool:
    """Let the event take effect once; return whether it was new."""
    inbox = table_of(base, InboxTable)
    async with sessions.begin() as session:
        row = {
            "event_id": envelope.id,
            "source": envelope.source,
            "sequence": envelope.sequence,
            "received_at": at,
        }
        added = await session.execute(
            insert(inbox).values(row).on_conflict_do_nothing().returning(inbox.event_id)
        )
        if added.scalar() is None:
            return False
        consumer = consumers.get(envelope.subject)
        if consumer is not None:
            await consumer.handle(session, envelope.event(consumer.event))
        return True


async def park(
    sessions: db.Sessions,
    base: type[db.Declarative],
    subject: str,
    body: bytes,
    reason: str,
    at: datetime,
) -> None:
    """Set a message aside that this service cannot handle."""
    parked = table_of(base, ParkedTable)
    async with sessions.begin() as session:
        session.add(parked(subject=subject, body=body, reason=reason, parked_at=at))


async def heard(session: AsyncSession, base: type[db.Declarative], source: str) -> int:
    """Up to which sequence number all of `source` took effect here, 0 before the first.

    A parked message of the source holds the number back until somebody has dealt with it:
    who asks must not act on what a message that could not be handled may have ended. Right
    for a source that the worker follows, since messages take effect in order.
    """
    inbox, parked = table_of(base, InboxTable), table_of(base, ParkedTable)
    found = await session.scalar(select(func.max(inbox.sequence)).where(inbox.source == source))
    prefix = source.rpartition("/")[2] + "."
    waiting = select(parked.body).where(parked.subject.startswith(prefix, autoescape=True))
    last = found or 0
    for body in await session.scalars(waiting):
        try:
            last = min(last, max(parse(body).sequence - 1, 0))
        except Unreadable:
            return 0
    return last
