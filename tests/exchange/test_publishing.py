"""A batch is published once, whatever fails on the way: failed and not done, failed but done."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from services.exchange import publishing
from services.exchange.base import Outbox
from services.exchange.bell import Bell
from services.exchange.importing import Assignment, Importer, Interrupted, Outcome, Progress
from services.exchange.models import Batch, BatchFile, BatchState
from services.exchange.publishing import Attempt
from services.exchange.sweeping import Sweeper
from shared import clock
from shared.ids import new_id
from tests.exchange.tables import HEADER, credit_code, line, messy
from tests.exchange.world import Json, World
from tests.servers import Dsn
from tests.told import EnvironmentFor

CHECKOUT = Path(__file__).parents[2]
THREE = ("name", "uscc", "city")


def table(*numbers: int) -> bytes:
    return "\n".join([HEADER, *(line(n) for n in numbers)]).encode()


async def published_events(world: World) -> list[Json]:
    async with world.sessions() as session:
        said = select(Outbox).where(Outbox.subject == "exchange.batch-published.v1")
        return [event.body["data"] for event in (await session.scalars(said)).all()]


async def the_batch(world: World) -> Batch:
    async with world.sessions() as session:
        return (await session.scalars(select(Batch))).one()


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(600):
        if await holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it never came to hold")


def files(world: World, folder: str) -> list[str]:
    root = world.settings.storage / folder
    return sorted(str(p.relative_to(root)) for p in root.rglob("*") if p.is_file())


class Told(Importer):
    """An importer that lets the test step in between its work and what comes after."""

    def __init__(self, world: World, then: Callable[[Assignment, Outcome], None]) -> None:
        super().__init__(world.vault)
        self._then = then

    def work(self, todo: Assignment, progress: Progress) -> Outcome:
        outcome = super().work(todo, progress)
        self._then(todo, outcome)
        return outcome


@pytest.mark.duty("D18", "baoji-2017 §17")
async def test_a_worker_killed_in_the_middle_changes_nothing_and_the_next_publishes_once(
    world: World, bus_dsn: Dsn, environment_for: EnvironmentFor
) -> None:
    data, faults = messy(60_000)
    handed_in = await world.hand_in(data)
    told = {**os.environ, **environment_for("exchange-worker")}
    command = (sys.executable, "-m", "shared.process", "work", "services.exchange.worker:run")
    worker = await asyncio.create_subprocess_exec(*command, cwd=CHECKOUT, env=told)
    try:

        async def begun() -> bool:
            return (await the_batch(world)).state is BatchState.CHECKING

        await eventually(begun)
    finally:
        worker.send_signal(signal.SIGKILL)
        await worker.wait()
    killed = await the_batch(world)
    assert killed.state is BatchState.CHECKING
    assert await published_events(world) == []
    holder = await world.grant(*THREE)
    assert (await world.ask(holder, "snapshot")).json()["sequence"] == 0

    assert await world.work() == 1
    batch = await world.batch(handed_in.json()["id"])
    rejected = sum(len(lines) for lines in faults.values())
    assert (batch["accepted"], batch["rejected"]) == (60_000, rejected)
    assert (await the_batch(world)).attempt == killed.attempt + 1
    assert [event["sequence"] for event in await published_events(world)] == [1]
    assert (await world.ask(holder, "snapshot")).json()["rows"] == 60_000
    attempts = {path.split("/")[1] for path in files(world, "batches")}
    assert attempts == {str(killed.attempt + 1)}


async def test_failed_and_not_done_the_next_attempt_ends_in_the_same_state(world: World) -> None:
    await world.hand_in(table(1, 2, 3))

    def die(todo: Assignment, outcome: Outcome) -> None:
        raise OSError("the disk is full")

    assert await world.work(world.queue(Told(world, die))) == 0
    assert (await the_batch(world)).state is BatchState.CHECKING
    assert await published_events(world) == []
    assert await world.work() == 1
    [event] = await published_events(world)
    assert (event["accepted"], event["sequence"]) == (3, 1)


async def test_failed_but_done_nothing_is_published_twice_and_the_rests_are_swept(
    world: World,
) -> None:
    await world.hand_in(table(1, 2))
    [upload] = (world.settings.storage / "incoming").iterdir()
    kept = upload.read_bytes()
    assert await world.work() == 1
    batch = await the_batch(world)
    # The process died after the commit: the upload and a dead attempt are still there.
    upload.write_bytes(kept)
    dead = world.vault.attempt(batch.id, 99)
    dead.mkdir()
    (dead / "x.sealed").write_bytes(b"x")
    assert await world.work() == 0
    await Sweeper(world.sessions, world.vault).sweep(clock.now() + timedelta(hours=2))
    assert files(world, "incoming") == []
    assert {path.split("/")[1] for path in files(world, "batches")} == {str(batch.attempt)}
    assert len(await published_events(world)) == 1


async def test_files_of_a_cut_that_was_never_finished_are_swept_after_two_days(
    world: World,
) -> None:
    folder = world.vault.view(new_id())
    folder.mkdir()
    (folder / "x.sealed").write_bytes(b"x")
    sweeper = Sweeper(world.sessions, world.vault)
    await sweeper.sweep(clock.now() + timedelta(hours=47))
    assert len(files(world, "views")) == 1
    await sweeper.sweep(clock.now() + timedelta(hours=49))
    assert files(world, "views") == []


async def test_a_worker_that_was_overtaken_publishes_nothing(world: World) -> None:
    await world.hand_in(table(1, 2))
    slow: list[tuple[Assignment, Outcome]] = []

    def keep(todo: Assignment, outcome: Outcome) -> None:
        slow.append((todo, outcome))
        raise OSError("its connection broke")

    assert await world.work(world.queue(Told(world, keep))) == 0
    assert await world.work() == 1
    [(todo, outcome)] = slow
    late = await publishing.publish(
        world.sessions,
        Importer(world.vault),
        world.vault,
        Attempt(todo.batch, todo.attempt),
        outcome,
        clock.now(),
    )
    assert late is False
    assert len(await published_events(world)) == 1
    holder = await world.grant(*THREE)
    assert (await world.ask(holder, "snapshot")).json()["rows"] == 2


async def test_two_workers_at_once_publish_once(world: World) -> None:
    for number in range(3):
        await world.hand_in(table(*range(number + 1)), key=f"batch-{number:04d}")

    async def one() -> int:
        async with Bell(world.dsn, "batches") as bell:
            finished = 0
            for _ in range(6):
                finished += await world.queue().work(bell)
            return finished

    done = await asyncio.gather(one(), one())
    assert sum(done) + await world.work() == 3
    events = await published_events(world)
    assert sorted(event["sequence"] for event in events) == [1, 2, 3]
    assert sorted(event["accepted"] for event in events) == [1, 2, 3]


async def test_a_worker_told_to_stop_leaves_the_batch_to_the_next(world: World) -> None:
    await world.hand_in(table(*range(100)))
    assignments: list[Assignment] = []

    class Stopping(Importer):
        def work(self, todo: Assignment, progress: Progress) -> Outcome:
            assignments.append(todo)
            raise Interrupted("stopping")

    assert await world.work(world.queue(Stopping(world.vault))) == 0
    assert (await the_batch(world)).state is BatchState.CHECKING
    assert await world.work() == 1
    assert len(assignments) == 1


async def test_an_upload_that_was_altered_is_refused_as_our_fault(world: World) -> None:
    await world.hand_in(table(*range(100)))
    [upload] = (world.settings.storage / "incoming").iterdir()
    altered = bytearray(upload.read_bytes())
    altered[100] ^= 1
    upload.write_bytes(altered)
    assert await world.work() == 1
    batch = await the_batch(world)
    assert (batch.state, batch.refusal) == (BatchState.REFUSED, "upload-altered")


async def test_a_fault_that_never_ends_does_not_keep_others_waiting_for_ever(
    world: World,
) -> None:
    await world.hand_in(table(1))

    class Broken(Importer):
        def work(self, todo: Assignment, progress: Progress) -> Outcome:
            raise ZeroDivisionError

    queue = world.queue(Broken(world.vault))
    for _ in range(10):
        await world.work(queue)
    batch = await the_batch(world)
    assert (batch.state, batch.refusal) == (BatchState.REFUSED, "platform-fault")
    assert await world.work() == 0
    await world.hand_in(table(2), key="batch-0002")
    assert await world.work() == 1


async def test_published_files_are_sealed_and_their_names_are_their_digests(
    world: World,
) -> None:
    await world.publish(table(*range(50)))
    batch = await the_batch(world)
    async with world.sessions() as session:
        rows = (await session.scalars(select(BatchFile))).all()
    on_disk = {path.rpartition("/")[2] for path in files(world, "batches")}
    assert on_disk == {f"{row.digest}.sealed" for row in rows}
    for path in (world.settings.storage / "batches").rglob("*.sealed"):
        assert path.stat().st_mode & 0o077 == 0
        data = path.read_bytes()
        assert b"PAR1" not in data
        assert credit_code(1).encode() not in data
    assert batch.staging_key is None


async def test_the_lookup_table_changes_with_the_batch_or_not_at_all(world: World) -> None:
    await world.publish(table(1, 2))
    holder = await world.grant(*THREE)
    await world.hand_in(table(2, 3), key="batch-0002")

    def die(todo: Assignment, outcome: Outcome) -> None:
        raise OSError("no more")

    await world.work(world.queue(Told(world, die)))
    keys = [credit_code(n) for n in (1, 2, 3)]
    found = (await world.look_up(holder, *keys)).json()
    assert (found["sequence"], [r["uscc"] for r in found["rows"]]) == (1, keys[:2])
    await world.work()
    await asyncio.sleep(0.2)
    found = (await world.look_up(holder, *keys)).json()
    assert (found["sequence"], [r["uscc"] for r in found["rows"]]) == (2, keys[1:])


async def test_a_chain_of_deltas_is_worked_into_a_new_whole_state(world: World) -> None:
    """The chain's bound is large; a delta without any base takes the same path."""
    delta = f"{HEADER},_op\n{line(1)},\n{line(2)},\n".encode()
    await world.publish(delta, mode="delta")
    batch = await the_batch(world)
    assert (batch.whole, batch.changed) == (True, 2)
    holder = await world.grant(*THREE)
    assert (await world.ask(holder, "snapshot")).json()["rows"] == 2
    assert (await world.ask(holder, "changes")).json()["batches"][0]["rows"] == 2
