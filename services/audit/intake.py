"""Messages in, acknowledged when their entries are committed, and not before.

Events go ahead of access records: what an event tells of a grant belongs into the entries of the
accesses under it. When events come in faster than they are appended, records wait for them, but
not for long.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

import asyncpg
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from sqlalchemy.exc import DataError, SQLAlchemyError

from services.audit import appender
from services.audit.appender import Log, LogDamaged
from services.audit.reading import Arrived, Parcel, read, unreadable
from shared import clock
from shared.bus import ACCESS, ACCESS_SUBJECT, EVENT_SOURCES, EVENTS, Bus, BusAway

_log = logging.getLogger(__name__)
SUBJECTS = {EVENTS: [f"{source}.>" for source in EVENT_SOURCES], ACCESS: [ACCESS_SUBJECT]}
_FETCH = 200
# A commit, its flush and its signature are shared by what arrives in this time. A proof is ready
# within a second of the act all the same.
_LINGER_SECONDS = 0.25
_PATIENCE_SECONDS = 5.0
_BACKOFF_SECONDS = 1.0
_GIVE_BACK_SECONDS = 1
# How many messages go into one commit. A message of records packs as many as a moment had.
_MOST_EVENTS = 1000
_MOST_PACKS = 50

Append = Callable[[Sequence[Parcel], datetime], Awaitable[int]]
# What a single bad value looks like, as opposed to a database that is away or a bug of ours: a bug
# must not turn good messages into unreadable ones, so it stops the appender instead.
_BAD_VALUE = (DataError, asyncpg.DataError, asyncpg.ProgramLimitExceededError)


class LockLost(Exception):
    """Another process may append by now; this one begins again."""


@dataclass(slots=True)
class _Waiting:
    """What has arrived and is not appended. JetStream owns it all until it is acknowledged."""

    events: list[Msg] = field(default_factory=list)
    packs: list[Msg] = field(default_factory=list)
    in_hand: list[Msg] = field(default_factory=list)
    packs_since: float = 0.0
    behind: bool = False
    rung: asyncio.Event = field(default_factory=asyncio.Event)
    room: asyncio.Event = field(default_factory=asyncio.Event)

    def put(self, stream: str, messages: list[Msg]) -> None:
        """Take what a stream delivered."""
        if stream == ACCESS and not self.packs:
            self.packs_since = time.monotonic()
        (self.events if stream == EVENTS else self.packs).extend(messages)
        self.rung.set()
        if len(self.events) >= _MOST_EVENTS or len(self.packs) >= _MOST_PACKS:
            self.room.clear()

    def take(self) -> list[Msg]:
        """The messages for one commit, events first."""
        events, self.events = self.events[:_MOST_EVENTS], self.events[_MOST_EVENTS:]
        if events:
            self.behind = bool(self.events) or events[-1].metadata.num_pending > 0
        patient = time.monotonic() - self.packs_since < _PATIENCE_SECONDS
        packs: list[Msg] = []
        if not (self.behind and patient):
            packs, self.packs = self.packs[:_MOST_PACKS], self.packs[_MOST_PACKS:]
            self.packs_since = time.monotonic()
        if not self.events and not self.packs:
            self.rung.clear()
        self.room.set()
        self.in_hand = events + packs
        return self.in_hand

    async def give_back(self) -> None:
        """Let JetStream deliver soon, to whoever appends next, what was not acknowledged.

        Not at once: it would be delivered to requests of ours that nobody reads any more.
        """
        for message in self.in_hand + self.events + self.packs:
            # Where that fails it comes again all the same, after the time set for it.
            with suppress(NatsError):
                await message.nak(delay=_GIVE_BACK_SECONDS)


async def take_in(log: Log, bus: Bus, right: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Append what arrives, for ever, while `right` (the appender's lock) is held.

    The caller closes `bus` afterwards, whose open requests would swallow messages. An absent
    database or NATS makes it wait; LogDamaged too: nothing may be appended to a log that does not
    fit its last signature until somebody has looked at it. Raises LockLost.
    """
    waiting = _Waiting()
    waiting.room.set()
    try:
        async with asyncio.TaskGroup() as tasks:
            for stream in (EVENTS, ACCESS):
                tasks.create_task(_fetch(bus, stream, waiting))
            while True:
                await waiting.rung.wait()
                await asyncio.sleep(_LINGER_SECONDS)
                await _settle(log, right, waiting.take())
                waiting.in_hand = []
    finally:
        await waiting.give_back()


async def append_or_divide(
    append: Append, parcels: Sequence[Parcel], refuse: Callable[[Parcel, str], Parcel], at: datetime
) -> int:
    """Append all parcels; one that the database cannot hold is appended as unreadable instead.

    `append` is all or nothing, so a batch that fails for a value is tried in halves, in order.
    """
    try:
        return await append(parcels, at)
    except _BAD_VALUE as error:
        if len(parcels) == 1:
            reason = f"it cannot be stored: {type(error).__name__}"
            _log.exception("an entry cannot be stored; its digest is appended instead")
            return await append([refuse(parcels[0], reason)], at)
        half = len(parcels) // 2
        before = await append_or_divide(append, parcels[:half], refuse, at)
        return before + await append_or_divide(append, parcels[half:], refuse, at)


async def _fetch(bus: Bus, stream: str, waiting: _Waiting) -> None:
    while True:
        try:
            reader = await bus.reader(stream, SUBJECTS[stream])
            while True:
                await waiting.room.wait()
                if messages := await reader.fetch(_FETCH, wait=5):
                    waiting.put(stream, messages)
        except BusAway as error:
            _log.warning("%s waits: %s", stream, error)
            await asyncio.sleep(_BACKOFF_SECONDS)


async def _settle(
    log: Log, right: "asyncpg.Connection[asyncpg.Record]", messages: Sequence[Msg]
) -> None:
    """Append these messages, however long it takes, then acknowledge them."""

    async def append(parcels: Sequence[Parcel], at: datetime) -> int:
        return await appender.append(log, parcels, at)

    def refuse(parcel: Parcel, reason: str) -> Parcel:
        message = Arrived(parcel.subject, parcel.entry.to_bytes(), f"id {parcel.entry.id}")
        return unreadable(message, reason, log.suite, parcel.entry.recorded)

    while True:
        if right.is_closed():
            raise LockLost("the connection that held the lock is gone")
        at = clock.now()
        parcels = [p for m in messages for p in read(_arrived(m), log.suite, at)]
        try:
            if parcels:
                await append_or_divide(append, parcels, refuse, at)
            break
        except LogDamaged as damage:
            _log.critical("%s Nothing is appended until this is looked into.", damage)
        except (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            _log.warning("the log waits: %s", type(error).__name__)
        await asyncio.sleep(_BACKOFF_SECONDS)
    for message in messages:
        try:
            await message.ack()
        except NatsError as error:
            # It comes again and is found to be in the log already.
            _log.warning("not acknowledged: %s", type(error).__name__)


def _arrived(message: Msg) -> Arrived:
    told = message.metadata
    place = f"{told.stream} {told.sequence.stream} {told.timestamp.isoformat()}"
    return Arrived(message.subject, message.data, place)
