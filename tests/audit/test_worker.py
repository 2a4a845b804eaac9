"""The appender's process over the real bus: nothing is lost, nothing comes in twice."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncpg
import nats
import pytest
from nats.aio.client import Client

from services.audit import appender, reading, verification, worker
from services.audit.appender import Log
from services.audit.intake import SUBJECTS
from services.audit.models import Base
from services.audit.reading import Arrived
from services.audit.settings import AuditSettings
from shared import clock, db
from shared.background import end
from shared.bus import ACCESS, EVENTS, Bus
from shared.crypto import STANDARD
from tests.audit.makers import packed, plain, record
from tests.servers import Dsn
from tests.told import SettingsFor


@dataclass
class Site:
    """The bus, as a service and as its administrator, and the log's database."""

    settings: AuditSettings
    bus_dsn: Dsn
    admin: Client
    connection: "asyncpg.Connection[asyncpg.Record]"

    async def say(self, *messages: Arrived) -> None:
        """Publish each message as the part that its subject belongs to."""
        parts = {m.subject.partition(".")[0] for m in messages}
        ways = {p: await Bus.connect(self.bus_dsn(_part(p)), _part(p)) for p in parts}
        for m in messages:
            name = f"{m.subject} {m.place}"
            await ways[m.subject.partition(".")[0]].publish(m.subject, m.body, name)
        for way in ways.values():
            await way.close()

    async def entries(self) -> int:
        count: int = await self.connection.fetchval("SELECT count(*) FROM entry")
        return count

    async def unacknowledged(self) -> int:
        """How many messages audit has not acknowledged, on both streams."""
        stream = self.admin.jetstream()
        found = [await stream.consumer_info(name, "audit") for name in (EVENTS, ACCESS)]
        return sum((i.num_ack_pending or 0) + (i.num_pending or 0) for i in found)

    async def verify(self) -> verification.Verified:
        key = self.settings.log_key()
        return await verification.verify(self.connection, key, STANDARD, at=clock.now())

    @asynccontextmanager
    async def working(self) -> AsyncIterator["asyncio.Task[None]"]:
        task = asyncio.create_task(worker.run(self.settings))
        try:
            yield task
        finally:
            await end(task)


def _part(token: str) -> str:
    return "gateway" if token == "access" else token


@pytest.fixture
async def site(settings_for: SettingsFor, bus_dsn: Dsn) -> AsyncIterator[Site]:
    settings = settings_for("audit")
    assert isinstance(settings, AuditSettings)
    admin = await nats.connect(bus_dsn("admin"))
    connection = await asyncpg.connect(**db.asyncpg_arguments(settings.database.get_secret_value()))
    yield Site(settings, bus_dsn, admin, connection)
    await connection.close()
    await admin.close()


async def until(true: Callable[[], Awaitable[bool]], seconds: float = 10) -> None:
    async with asyncio.timeout(seconds):
        while not await true():  # noqa: ASYNC110 - a database and a server ring no bell here
            await asyncio.sleep(0.05)


@pytest.mark.duty("D24", "baoji-2017 §21", "yixing-2016 §25")
async def test_every_event_and_every_access_is_appended_then_acknowledged(site: Site) -> None:
    async def quiet() -> bool:
        return await site.entries() == 66 and await site.unacknowledged() == 0

    await site.say(*[plain(n) for n in range(1, 31)], packed([record(n) for n in range(1, 21)]))
    async with site.working():
        await until(lambda: _is(site.entries, 50))
        later = [plain(n, part="catalog") for n in range(1, 11)]
        await site.say(*later, packed([record(n) for n in range(21, 26)], place="2"))
        await site.say(Arrived("requests.approved.v1", b"what is this", "1"))
        await until(quiet)
    found = await site.verify()
    assert {name: book.highest for name, book in found.sources.items()} == {
        "/huitong/exchange": 30,
        "/huitong/catalog": 10,
        "/huitong/gateway/one": 25,
    }
    # A work queue: what was acknowledged is gone, and was appended before.
    assert (await site.admin.jetstream().stream_info(ACCESS)).state.messages == 0


async def test_what_a_killed_appender_had_committed_comes_again_and_is_appended_once(
    site: Site,
) -> None:
    await site.say(*[plain(n) for n in range(1, 11)], packed([record(1), record(2)]))
    way = await Bus.connect(site.bus_dsn("audit"), "audit")
    held = [
        message
        for stream in (EVENTS, ACCESS)
        for message in await (await way.reader(stream, SUBJECTS[stream])).fetch(50, wait=2)
    ]
    assert len(held) == 11
    engine = db.engine(site.settings.database.get_secret_value(), size=1)
    log = Log(db.sessions(engine, Base), STANDARD, site.settings.signer(), site.settings.log_origin)
    # Half of it was committed, none of it acknowledged, when the process was killed.
    for message in held[:5]:
        told = message.metadata
        place = f"{told.stream} {told.sequence.stream} {told.timestamp.isoformat()}"
        arrived = Arrived(message.subject, message.data, place)
        at = clock.now()
        await appender.append(log, reading.read(arrived, STANDARD, at), at)
    for message in held:
        await message.nak()
    await way.close()
    await engine.dispose()
    async with site.working():
        await until(lambda: _is(site.entries, 12))
        await until(lambda: _is(site.unacknowledged, 0))
    assert (await site.verify()).checkpoints == 6


async def test_a_second_worker_waits_and_takes_over(site: Site) -> None:
    async with site.working():
        await site.say(plain(1))
        await until(lambda: _is(site.entries, 1))
        async with site.working() as second:
            await site.say(plain(2))
            await until(lambda: _is(site.entries, 2))
            assert not second.done()
            held = await site.connection.fetchval(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            )
            assert held == 1
    async with site.working():
        await site.say(plain(3))
        await until(lambda: _is(site.entries, 3))
    assert (await site.verify()).sources["/huitong/exchange"].gaps == []


async def test_an_appender_that_loses_its_lock_begins_again(
    site: Site, owner_database: Dsn
) -> None:
    async with site.working():
        await site.say(plain(1))
        await until(lambda: _is(site.entries, 1))
        killed = await site.connection.fetchval(
            "SELECT pg_terminate_backend(pid) FROM pg_locks "
            "WHERE locktype = 'advisory' AND granted AND database = "
            "(SELECT oid FROM pg_database WHERE datname = current_database())"
        )
        assert killed
        await site.say(plain(2))
        await until(lambda: _is(site.entries, 2))
    assert (await site.verify()).checkpoints == 2


async def _is(what: Callable[[], Awaitable[int]], wanted: int) -> bool:
    return await what() == wanted
