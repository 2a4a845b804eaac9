"""The worker over a real NATS: late when something is away, never wrong, never out of order."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from deploy.local import launching
from deploy.local.nats import STOP, Nats, free_port, users
from shared import bus, clock, db, worker
from shared.background import end
from shared.bus import EVENTS, Bus, BusAway
from shared.errors import Conflict, Unavailable
from shared.events import parse
from shared.inbox import Consumer, on
from shared.worker import Job, Working
from tests.servers import Dsn, Postgres
from tests.shared.world import (
    Base,
    Happened,
    Inbox,
    Outbox,
    Parked,
    count,
    emit,
    message,
    settings,
    until,
)

Handle = Callable[[AsyncSession, Happened], Awaitable[None]]


@asynccontextmanager
async def working(
    part: str, database: str, nats: str, *consumers: Consumer, jobs: tuple[Job, ...] = ()
) -> AsyncIterator[None]:
    """A worker, until the block ends."""
    follow = ["requests"] if consumers else []
    told = settings(database, nats)
    task = asyncio.create_task(
        worker.run(part, Base, told, consumers=consumers, follow=follow, jobs=jobs)
    )
    try:
        yield
        assert not task.done()
    finally:
        await end(task)


@pytest.fixture
async def sender(database: Dsn) -> AsyncIterator[db.Sessions]:
    """The database of the service that speaks; `sessions` is the hearer's."""
    engine = db.engine(database("requests"), size=2)
    yield db.sessions(engine, Base)
    await engine.dispose()


class Server:
    """A NATS of this test's own, that may be stopped and started."""

    def __init__(self, folder: Path) -> None:
        passwords = {user: f"{user}-word" for user in users()}
        self.nats = Nats.at(folder / "own-nats", free_port(), passwords, sync_interval="2m")
        self._log = folder / "own-nats.log"
        self.start()

    def start(self) -> None:
        self._process = self.nats.start(self._log)

    def stop(self) -> None:
        launching.stop(self._process, STOP)


@pytest.fixture
def own_nats(state_folder: Path, postgres: Postgres) -> Iterator[Server]:
    folder = state_folder / "restarted"
    folder.mkdir(exist_ok=True)
    server = Server(folder)
    yield server
    server.stop()


@dataclass
class Heard:
    """What a consumer heard; it raises what it is told to, once for each time it stands there."""

    words: list[str]
    raises: dict[str, list[Exception]]

    async def take(self, session: AsyncSession, event: Happened) -> None:
        if self.raises.get(event.word):
            raise self.raises[event.word].pop()
        self.words.append(event.word)

    @property
    def consumer(self) -> Consumer:
        return on(Happened, self.take)


async def say(nats: str, *bodies: bytes) -> None:
    """Publish as requests would, without an outbox."""
    way = await Bus.connect(nats, "requests")
    for number, body in enumerate(bodies):
        await way.publish(Happened.subject, body, f"{number}-{hash(body)}")
    await way.close()


async def test_an_event_goes_from_one_services_outbox_into_anothers_inbox_in_order(
    sessions: db.Sessions, sender: db.Sessions, database: Dsn, bus_dsn: Dsn
) -> None:
    heard = Heard([], {})
    words = [str(n) for n in range(20)]
    async with (
        working("requests", database("requests"), bus_dsn("requests")),
        working("gateway", database("gateway"), bus_dsn("gateway"), heard.consumer),
    ):
        await emit(sender, *words)

        async def all_heard() -> bool:
            return len(heard.words) >= len(words)

        await until(all_heard)
    assert heard.words == words
    assert await count(sessions, Inbox) == len(words)


async def test_a_poisoned_message_is_parked_with_its_reason_and_the_stream_goes_on(
    sessions: db.Sessions, database: Dsn, bus_dsn: Dsn
) -> None:
    heard = Heard([], {"refused": [Conflict("it is too late")]})
    bodies = [b"not an event", message("refused", 1), message("good", 2)]
    await say(bus_dsn("requests"), *bodies)
    async with working("gateway", database("gateway"), bus_dsn("gateway"), heard.consumer):

        async def good() -> bool:
            return heard.words == ["good"]

        await until(good)
    async with sessions() as session:
        parked = (await session.scalars(select(Parked).order_by(Parked.id))).all()
    assert [p.body for p in parked] == bodies[:2]
    assert "too late" in parked[1].reason


async def test_what_fails_is_tried_again_before_anything_that_came_later(
    sessions: db.Sessions, database: Dsn, bus_dsn: Dsn
) -> None:
    heard = Heard([], {"a": [RuntimeError(), Unavailable("a part of it is away")]})
    await say(bus_dsn("requests"), *[message(w, n) for n, w in enumerate("abc", 1)])
    async with working("gateway", database("gateway"), bus_dsn("gateway"), heard.consumer):

        async def all_heard() -> bool:
            return len(heard.words) == 3

        await until(all_heard)
    assert heard.words == ["a", "b", "c"]
    assert await count(sessions, Parked) == 0


async def test_while_the_database_is_away_a_message_comes_again_and_is_never_parked(
    sessions: db.Sessions, database: Dsn, bus_dsn: Dsn, postgres: Postgres
) -> None:
    heard = Heard([], {})
    name = database("gateway").partition("?")[0].rpartition("/")[2]
    async with working("gateway", database("gateway"), bus_dsn("gateway"), heard.consumer):
        await say(bus_dsn("requests"), message("a", 1))

        async def first() -> bool:
            return heard.words == ["a"]

        await until(first)
        postgres.execute(
            f"ALTER DATABASE {name} CONNECTION LIMIT 0",
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'",  # noqa: S608
        )
        await say(bus_dsn("requests"), message("b", 2), message("c", 3))
        await asyncio.sleep(1.5)
        assert heard.words == ["a"]
        postgres.execute(f"ALTER DATABASE {name} CONNECTION LIMIT -1")

        async def all_heard() -> bool:
            return len(heard.words) == 3

        await until(all_heard)
    assert heard.words == ["a", "b", "c"]
    assert await count(sessions, Parked) == 0


async def test_a_reader_that_was_killed_in_the_middle_lets_nothing_overtake(
    sessions: db.Sessions, database: Dsn, bus_dsn: Dsn
) -> None:
    await say(bus_dsn("requests"), *[message(w, n) for n, w in enumerate("abc", 1)])
    dead = await Bus.connect(bus_dsn("gateway"), "gateway")
    reader = await dead.reader(EVENTS, ["requests.>"], pending=1)
    assert len(await reader.fetch(10, wait=1)) == 1
    # It dies with one message in its hands; the next reader gets none before that one.
    other = await Bus.connect(bus_dsn("gateway"), "gateway")
    again = await other.reader(EVENTS, ["requests.>"], pending=1)
    assert await again.fetch(10, wait=0.5) == []
    await dead.close()
    await other.close()


async def test_nats_may_restart_in_the_middle_and_nothing_is_lost_or_doubled(
    sender: db.Sessions, database: Dsn, own_nats: Server
) -> None:
    await bus.provision(own_nats.nats.dsn("admin"))
    heard = Heard([], {})
    dsn = own_nats.nats.dsn
    async with (
        working("requests", database("requests"), dsn("requests")),
        working("gateway", database("gateway"), dsn("gateway"), heard.consumer),
    ):
        await emit(sender, "a")

        async def one() -> bool:
            return len(heard.words) >= 1

        await until(one)
        await asyncio.to_thread(own_nats.stop)
        await emit(sender, "b", "c")
        await asyncio.sleep(0.5)
        await asyncio.to_thread(own_nats.start)
        await emit(sender, "d")

        async def four() -> bool:
            return len(heard.words) >= 4

        await until(four)
    assert heard.words == ["a", "b", "c", "d"]
    async with sender() as session:
        rows = (await session.scalars(select(Outbox).order_by(Outbox.sequence))).all()
    assert [(row.sequence, row.sent_at is not None) for row in rows] == [
        (n, True) for n in (1, 2, 3, 4)
    ]


async def test_nothing_is_published_into_the_dark_and_nothing_comes_later_by_surprise(
    own_nats: Server,
) -> None:
    await bus.provision(own_nats.nats.dsn("admin"))
    way = await Bus.connect(own_nats.nats.dsn("requests"), "requests")
    assert way.stands
    await asyncio.to_thread(own_nats.stop)

    async def noticed() -> bool:
        return not way.client.is_connected

    await until(noticed)
    assert not way.stands
    for publishing in (
        way.publish(Happened.subject, message("dark", 1), "dark"),
        way.shout(bus.LEASE_SUBJECT, b"dark"),
    ):
        with pytest.raises(BusAway):
            await publishing
    await asyncio.to_thread(own_nats.start)

    async def back() -> bool:
        return way.stands

    await until(back)
    await way.publish(Happened.subject, message("light", 2), "light")
    reading = await Bus.connect(own_nats.nats.dsn("gateway"), "gateway")
    found = await (await reading.reader(EVENTS, ["requests.>"])).fetch(10, wait=1)
    assert [parse(m.data).event(Happened).word for m in found] == ["light"]
    await way.close()
    await reading.close()


async def test_a_part_may_not_say_what_is_not_its_own(bus_dsn: Dsn) -> None:
    way = await Bus.connect(bus_dsn("catalog"), "catalog")
    with pytest.raises(BusAway):
        await asyncio.wait_for(way.publish(Happened.subject, b"x", "x"), 8)
    await way.close()


async def test_a_job_that_fails_is_done_again(database: Dsn, bus_dsn: Dsn) -> None:
    times: list[datetime] = []

    async def do(at_hand: Working, at: datetime) -> None:
        times.append(at)
        if len(times) < 3:
            raise RuntimeError

    job = Job("count", timedelta(milliseconds=10), do)
    async with working("gateway", database("gateway"), bus_dsn("gateway"), jobs=(job,)):

        async def thrice() -> bool:
            return len(times) >= 4

        await until(thrice)
    assert all(abs(at - clock.now()) < timedelta(minutes=1) for at in times)
