"""What a service does beside answering: relay its outbox, hear events, do its timed work.

Each of these is a loop that survives what it meets: an absent database or NATS makes it late,
and it goes on when they return. One process of a kind suffices; a second is harmless.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

import asyncpg
from nats.aio.msg import Msg
from sqlalchemy.exc import SQLAlchemyError

from shared import clock, db, inbox, outbox
from shared.background import together
from shared.bus import EVENTS, Bus, BusAway
from shared.errors import DomainError, Unavailable
from shared.events import Unreadable, parse
from shared.inbox import Consumer
from shared.settings import Settings

_log = logging.getLogger(__name__)
_IDLE_SECONDS = 1.0
_BACKOFF_SECONDS = 1.0
_DELIVERIES_BEFORE_PARKING = 5
# What a database or a network that is away looks like from here.
Away = (*db.AWAY, BusAway)


@dataclass(frozen=True, slots=True)
class Job:
    """Work to repeat; `do` gets the sessions and the present moment."""

    name: str
    every: timedelta
    do: Callable[["Working", datetime], Awaitable[None]]


@dataclass(slots=True)
class Working:
    """What a running worker has at hand, for its jobs."""

    part: str
    base: type[db.Declarative]
    settings: Settings
    sessions: db.Sessions
    bus: Bus
    relayed: asyncio.Event = field(default_factory=asyncio.Event)


async def run(
    part: str,
    base: type[db.Declarative],
    settings: Settings,
    *,
    consumers: Sequence[Consumer] = (),
    follow: Sequence[str] = (),
    jobs: Sequence[Job] = (),
) -> None:
    """Work as `part` until cancelled.

    `follow` names sources all of whose events are heard, also those without a consumer, so
    that the inbox knows how far it has heard that source without a gap.
    """
    async with contextlib.AsyncExitStack() as stack:
        engine = db.engine(settings.database.get_secret_value(), size=4)
        stack.push_async_callback(engine.dispose)
        bus = await connected(settings, part)
        stack.push_async_callback(bus.close)
        working = Working(part, base, settings, db.sessions(engine, base), bus)
        loops = [_for_ever("relay", partial(_relay, working))]
        if consumers or follow:
            loops.append(_for_ever("hear", partial(_hear, working, consumers, follow)))
        loops += [_for_ever(job.name, partial(_repeat, working, job)) for job in jobs]
        await together(*loops)


async def connected(settings: Settings, part: str) -> Bus:
    """The bus, as soon as it can be reached."""
    while True:
        try:
            return await Bus.connect(settings.nats.get_secret_value(), part)
        except Exception as error:  # nats-py raises many kinds here; all mean: not yet
            _log.warning("NATS cannot be reached: %s", type(error).__name__)
            await asyncio.sleep(_BACKOFF_SECONDS)


async def _for_ever(name: str, loop: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await loop()
        except (*Away, SQLAlchemyError) as error:
            _log.warning("%s waits: %s", name, type(error).__name__)
        except Exception:
            _log.exception("%s failed and starts again", name)
        await asyncio.sleep(_BACKOFF_SECONDS)


async def _relay(working: Working) -> None:
    """Number and send what the outbox holds, whenever it is told that there is something."""
    source = f"/huitong/{working.part}"
    dsn = working.settings.database.get_secret_value()
    connection = await asyncpg.connect(**db.asyncpg_arguments(dsn), timeout=5)
    rung = asyncio.Event()

    def ring(*_: object) -> None:
        rung.set()

    try:
        await connection.add_listener(outbox.CHANNEL, ring)
        while not connection.is_closed():
            rung.clear()
            while await relay_once(working, source):
                pass
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_IDLE_SECONDS):
                    await rung.wait()
    finally:
        await connection.close(timeout=2)


async def relay_once(working: Working, source: str) -> int:
    """One round of the relay; return how many events went out."""
    await outbox.number(working.sessions, working.base)
    sent = await outbox.send(
        working.sessions, working.base, source, working.bus.publish, clock.now()
    )
    if sent:
        working.relayed.set()
    return sent


async def _hear(working: Working, consumers: Sequence[Consumer], follow: Sequence[str]) -> None:
    by_subject = inbox.by_subject(consumers)
    followed = [f"{source}.>" for source in follow]
    others = [s for s in by_subject if s.partition(".")[0] not in follow]
    # One at a time, because order matters: a revocation that overtook its grant would be lost.
    reader = await working.bus.reader(EVENTS, [*followed, *others], pending=1)
    while True:
        for message in await reader.fetch(1, wait=5):
            await _take(working, message, by_subject)


async def _take(working: Working, message: Msg, consumers: dict[str, Consumer]) -> None:
    """Let one message take effect, set it aside, or ask for it again."""
    at = clock.now()
    try:
        await inbox.receive(working.sessions, working.base, parse(message.data), consumers, at)
    except Exception as error:
        if isinstance(error, (Unreadable, DomainError)) and not isinstance(error, Unavailable):
            await _park(working, message, str(error), at)
            await message.ack()
            return
        if db.is_away(error) or message.metadata.num_delivered < _DELIVERIES_BEFORE_PARKING:
            # What fails because the database is away is never parked: the next would fail too.
            _log.warning("%s comes again: %s", message.subject, type(error).__name__)
            await message.nak(delay=1)
            return
        _log.exception("cannot handle %s", message.subject)
        await _park(working, message, type(error).__name__, at)
    # Acknowledged only now: a crash before this line brings the message again, and the inbox
    # row makes that harmless.
    await message.ack()


async def _park(working: Working, message: Msg, reason: str, at: datetime) -> None:
    _log.error("parked %s: %s", message.subject, reason)
    await inbox.park(working.sessions, working.base, message.subject, message.data, reason, at)


async def _repeat(working: Working, job: Job) -> None:
    while True:
        await job.do(working, clock.now())
        await asyncio.sleep(job.every.total_seconds())
