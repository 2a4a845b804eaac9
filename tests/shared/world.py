"""A service of the test's own over the gateway's tables: events, a relay, and what was sent."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar

import orjson
from pydantic import SecretStr
from sqlalchemy import func, select

from shared import clock, db, outbox
from shared.background import end
from shared.events import Envelope, Event, document, parse
from shared.idempotency import IdempotencyTable
from shared.ids import new_id
from shared.inbox import InboxTable, ParkedTable
from shared.outbox import CounterTable, OutboxTable
from shared.settings import Settings

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


class Base(db.Declarative, kw_only=True, eq=False):
    """The tables that every service has."""

    __abstract__ = True
    metadata = db.metadata()


class Outbox(OutboxTable, Base, kw_only=True):
    """Events that wait."""


class Counter(CounterTable, Base, kw_only=True):
    """The last number."""


class Inbox(InboxTable, Base, kw_only=True):
    """Events that took effect."""


class Parked(ParkedTable, Base, kw_only=True):
    """Messages set aside."""


class Idempotency(IdempotencyTable, Base, kw_only=True):
    """Keys seen."""


class Happened(Event):
    """Something happened."""

    subject: ClassVar[str] = "requests.happened.v1"
    word: str


def happened(word: str) -> Happened:
    return Happened(at=AT, actor="operator:x", department=None, aggregate=new_id(), word=word)


class Died(Exception):
    """The process ends here."""


@dataclass
class Stream:
    """What arrived at the other end; `dies_before` and `dies_after` name the words it dies at."""

    messages: list[tuple[str, Envelope, str]] = field(default_factory=list)
    dies_before: set[str] = field(default_factory=set)
    dies_after: set[str] = field(default_factory=set)

    async def publish(self, subject: str, body: bytes, message_id: str) -> None:
        """Take one message, unless the process dies at it."""
        word = orjson.loads(body)["data"]["word"]
        if word in self.dies_before:
            self.dies_before.remove(word)
            raise Died
        self.messages.append((subject, parse(body), message_id))
        if word in self.dies_after:
            self.dies_after.remove(word)
            raise Died

    def told(self) -> list[tuple[int, str]]:
        """Numbers and words, in the order of arrival."""
        return [(e.sequence, e.event(Happened).word) for _, e, _ in self.messages]


async def emit(sessions: db.Sessions, *words: str) -> None:
    """Each word as an event, in a transaction of its own."""
    for word in words:
        async with sessions.begin() as session:
            outbox.emit(session, happened(word))


async def relay(sessions: db.Sessions, stream: Stream, batch: int = 200) -> int:
    """One round of a relay."""
    await outbox.number(sessions, Base)
    return await outbox.send(
        sessions, Base, "/huitong/requests", stream.publish, clock.now(), batch
    )


async def count(sessions: db.Sessions, table: type[db.Declarative]) -> int:
    async with sessions() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


def message(word: str, sequence: int, event: Happened | None = None) -> bytes:
    """An event as it travels."""
    body = document(event or happened(word))
    return orjson.dumps({**body, "source": "/huitong/requests", "sequence": str(sequence)})


def settings(database: str, nats: str) -> Settings:
    return Settings(database=SecretStr(database), nats=SecretStr(nats))


@asynccontextmanager
async def cancelled_after(task: "asyncio.Task[None]") -> AsyncIterator[None]:
    """Let it run beside the block."""
    try:
        yield
    finally:
        await end(task)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait until it says yes."""
    async with asyncio.timeout(20):
        while True:
            if await condition():
                return
            await asyncio.sleep(0.05)
