"""What a batch may do after its checks: dry runs, thresholds, totals, snapshots that wait."""

import asyncio
from urllib.parse import urlencode

import pytest
from sqlalchemy import update

from services.exchange.importing import Assignment, Importer, Outcome, Progress
from services.exchange.models import Batch
from services.exchange.sweeping import Sweeper
from services.exchange.tables.items import Item, ItemType
from shared import clock
from shared.principal import Permission
from tests.exchange.tables import HEADER, line, messy
from tests.exchange.world import Json, World

THREE = ("name", "uscc", "city")


def table(*numbers: int) -> bytes:
    return "\n".join([HEADER, *(line(n) for n in numbers)]).encode()


async def rules(world: World, **shares: float) -> None:
    async with world.call(world.provider) as client:
        path = f"/v1/resources/{world.resource}/rules"
        answer = await client.put(path, json={"rules": [], **shares})
        assert answer.status_code == 200, answer.text


async def rejects(world: World, batch: Json) -> list[Json]:
    async with world.call(world.provider) as client:
        answer = await client.get(f"/v1/batches/{batch['id']}/rejects")
        found: list[Json] = answer.json()["items"]
        return found


async def rows(world: World) -> int:
    holder = await world.grant(*THREE)
    found: int = (await world.ask(holder, "snapshot")).json()["rows"]
    return found


async def test_a_dry_run_checks_and_reports_and_publishes_nothing(world: World) -> None:
    await world.publish(table(1, 2))
    data, faults = messy(100)
    tried = await world.publish(data, key="dry-0001", query={"dry_run": "true"})
    wrong = sum(len(lines) for lines in faults.values())
    assert (tried["state"], tried["dry_run"], tried["sequence"]) == ("checked", True, None)
    assert (tried["accepted"], tried["rejected"]) == (100, wrong)
    assert len(await rejects(world, tried)) >= wrong
    assert await rows(world) == 2
    [told] = await world.events("exchange.batch-checked.v1")
    assert told["rows_in"] == 100 + wrong
    stored = list((world.settings.storage / "batches" / tried["id"]).rglob("*.sealed"))
    assert len(stored) == 1
    real = await world.publish(table(1, 2, 3), key="real-0001")
    assert real["sequence"] == 2
    again = await world.hand_in(data, key="dry-0001")
    assert (again.status_code, again.json()["code"]) == (409, "batch-key-reused")


async def test_a_batch_with_too_many_rejected_rows_is_refused_and_its_report_stays(
    world: World,
) -> None:
    data, faults = messy(100)
    wrong = sum(len(lines) for lines in faults.values())
    await rules(world, most_rejected=0.01)
    refused = await world.publish(data)
    assert refused["state"] == "refused"
    assert refused["refusal"]["code"] == "too-many-rejected"
    assert f"{wrong} of {100 + wrong} rows" in refused["refusal"]["detail"]
    assert refused["rejected"] == wrong
    assert len(await rejects(world, refused)) >= wrong
    await rules(world, most_rejected=wrong / (100 + wrong))
    assert (await world.publish(data, key="again-0001"))["state"] == "published"


@pytest.mark.duty("D18", "baoji-2017 §17")
async def test_rows_that_differ_from_the_stated_count_refuse_the_batch_with_both_numbers(
    world: World,
) -> None:
    refused = await world.publish(table(1, 2), query={"rows": "3"})
    assert refused["refusal"]["code"] == "rows-differ"
    assert "stated 3 rows, 2 arrived" in refused["refusal"]["detail"]
    right = await world.publish(table(1, 2), key="right-0001", query={"rows": "2"})
    assert right["state"] == "published"


@pytest.mark.duty("D18", "baoji-2017 §17")
async def test_a_sum_that_differs_from_the_stated_one_refuses_the_batch_with_both_numbers(
    world: World,
) -> None:
    items = [
        Item(code="id", name="编号", type=ItemType.CHARACTER, length=20, key=True),
        Item(code="amount", name="金额", type=ItemType.NUMERIC, length=18, scale=2),
    ]
    await world.catalogue(items)
    # The last row is rejected, for its key came before; what it says did arrive.
    data = "编号,金额\na,1000.10\nb,-0.05\nc,\na,2.00\n".encode()
    told = {"sum_of": "amount", "sum": "1002.05"}
    assert (await world.publish(data, query=told))["state"] == "published"
    refused = await world.publish(data, key="wrong-0001", query=told | {"sum": "1002.06"})
    assert refused["refusal"]["code"] == "sum-differs"
    assert "stated 1002.06, 1002.05 arrived" in refused["refusal"]["detail"]
    for unfit in ({"sum_of": "amount"}, {"sum": "1"}, {"sum_of": "id", "sum": "1"}):
        answer = await world.hand_in(data, key="unfit-0001", query=urlencode(unfit))
        assert (answer.status_code, answer.json()["code"]) == (400, "total-unfit")
    for broken in ("NaN", "Infinity", "1e999", "x"):
        query = urlencode({"sum_of": "amount", "sum": broken})
        assert (await world.hand_in(data, key="unfit-0001", query=query)).status_code == 422


async def test_a_snapshot_that_shrank_waits_and_later_batches_wait_behind_it(
    world: World,
) -> None:
    await world.publish(table(*range(10)))
    held = await world.publish(table(1, 2, 3, 4), key="small-0001")
    assert (held["state"], held["hold"]["code"]) == ("held", "snapshot-shrank")
    assert "10 rows stand and 4 would" in held["hold"]["detail"]
    [told] = await world.events("exchange.batch-held.v1")
    assert (told["before"], told["after"]) == (10, 4)
    behind = await world.publish(table(77), key="delta-0001", mode="delta")
    assert behind["state"] == "received"
    assert await rows(world) == 10
    await Sweeper(world.sessions, world.vault).sweep(clock.now())
    for _ in range(2):
        assert (await world.correct(held["id"], "confirm")).status_code == 200
    await world.work()
    first, second = await world.batch(held["id"]), await world.batch(behind["id"])
    assert (first["state"], first["sequence"], first["hold"]["confirmed"]) == ("published", 2, True)
    assert (second["state"], second["sequence"]) == ("published", 3)
    assert await rows(world) == 5
    assert len(await world.events("exchange.batch-confirmed.v1")) == 1


async def test_an_empty_snapshot_waits_whatever_the_threshold(world: World) -> None:
    await rules(world, least_kept=0)
    await world.publish(table(1, 2, 3))
    assert (await world.publish(table(1), key="small-0001"))["state"] == "published"
    held = await world.publish(f"{HEADER}\n".encode(), key="empty-0001")
    assert (held["state"], held["hold"]["code"]) == ("held", "snapshot-empty")


async def test_the_threshold_is_the_providers_and_counts_what_deltas_left(world: World) -> None:
    await rules(world, least_kept=0.9)
    await world.publish(table(*range(10)))
    await world.publish(table(*range(10, 20)), key="delta-0001", mode="delta")
    assert (await world.publish(table(*range(17)), key="less-0001"))["state"] == "held"


async def test_rows_of_a_time_before_counts_were_kept_are_counted_by_the_difference(
    world: World,
) -> None:
    await world.publish(table(*range(10)))
    async with world.sessions.begin() as session:
        await session.execute(update(Batch).values(rows_after=None))
    assert (await world.publish(table(1, 2), key="less-0001"))["state"] == "held"


async def test_what_waits_can_be_cancelled_and_the_next_batch_goes_on(world: World) -> None:
    await world.publish(table(*range(10)))
    held = await world.publish(table(1), key="small-0001")
    behind = await world.hand_in(table(*range(11)), key="whole-0001")
    for _ in range(2):
        answer = await world.correct(held["id"], "cancel")
        assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")
    await world.work()
    assert (await world.batch(behind.json()["id"]))["sequence"] == 2
    assert list((world.settings.storage / "incoming").iterdir()) == []
    assert len(await world.events("exchange.batch-cancelled.v1")) == 1
    for operation, code in (("confirm", "batch-not-held"), ("cancel", "batch-over")):
        answer = await world.correct(behind.json()["id"], operation)
        assert (answer.status_code, answer.json()["code"]) == (409, code)


async def test_a_batch_under_check_is_cancelled_and_the_worker_lets_go(world: World) -> None:
    answer = await world.hand_in(table(1, 2))
    loop = asyncio.get_running_loop()
    cancelled = asyncio.Event()

    class Slow(Importer):
        def work(self, todo: Assignment, progress: Progress) -> Outcome:
            outcome = super().work(todo, progress)
            asked = world.correct(str(todo.batch), "cancel")
            asyncio.run_coroutine_threadsafe(asked, loop).result(10)
            loop.call_soon_threadsafe(cancelled.set)
            return outcome

    await world.work(world.queue(Slow(world.vault)))
    assert cancelled.is_set()
    assert (await world.batch(answer.json()["id"]))["state"] == "cancelled"
    assert await world.events("exchange.batch-published.v1") == []
    assert not list((world.settings.storage / "incoming").iterdir())


async def test_only_its_provider_and_who_may_submit_confirms_or_cancels(world: World) -> None:
    await world.publish(table(*range(10)))
    held = await world.publish(table(1), key="small-0001")
    reader = world.principal(Permission.BATCH_READ, department=world.provider.department)
    for operation in ("confirm", "cancel"):
        stranger = await world.correct(held["id"], operation, by=world.principal())
        assert stranger.status_code == 404
        assert (await world.correct(held["id"], operation, by=reader)).status_code == 403
