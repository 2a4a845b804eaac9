"""A wrong batch is taken back: what stood before stands again, and nobody gets the wrong rows."""

import asyncio
from uuid import UUID

import httpx
import pytest

from services.exchange import recalling
from services.exchange.importing import Assignment, Importer, Outcome, Progress
from services.exchange.live import shows
from services.exchange.models import CutKind
from services.exchange.publishing import Attempt
from services.exchange.queries import StoredState
from services.exchange.recalls import Span
from services.exchange.tables.difference import State
from shared import clock
from shared.principal import Permission, Principal
from tests.exchange.doors import Heart, eventually, file_of, opened, served
from tests.exchange.tables import ENTERPRISES, HEADER, credit_code, line
from tests.exchange.world import Json, World

THREE = ("name", "uscc", "city")
WHY = {"reason": "导出时地区列错位"}


def table(*numbers: int, city: str = "苏州") -> bytes:
    return "\n".join([HEADER, *(line(n, city=city) for n in numbers)]).encode()


async def recalled(world: World, batch: Json) -> Json:
    answer = await world.correct(batch["id"], "recall", WHY)
    assert answer.status_code == 202, answer.text
    await world.work()
    return await world.batch(answer.json()["id"])


async def rows(world: World, holder: Principal) -> set[tuple[str, ...]]:
    """All rows of a snapshot, as (name, uscc, city)."""
    manifest = (await world.ask(holder, "snapshot", format="csv")).json()
    return {line for file in manifest["files"] for line in await lines(world, file)}


async def lines(world: World, file: Json) -> list[tuple[str, ...]]:
    text = (await world.fetch(file)).decode()
    return [tuple(row.split(",")) for row in text.splitlines()[1:]]


async def changes(world: World, holder: Principal, after: int) -> Json:
    answer = await world.ask(holder, "changes", after=str(after), format="csv")
    found: Json = answer.json()
    return found


def cities(answer: httpx.Response) -> list[str]:
    return [row["city"] for row in answer.json()["rows"]]


@pytest.mark.duty("D18", "baoji-2017 §17")
async def test_a_recall_restores_what_stood_before_everywhere(world: World, heart: Heart) -> None:
    await world.publish(table(1, 2, 3))
    holder = await world.grant(*THREE)
    before = await rows(world, holder)
    wrong = await world.publish(table(2, 3, 4, city="错误"), key="wrong-0001")
    assert cities(await world.look_up(holder, credit_code(2))) == ["错误"]
    recall = await recalled(world, wrong)
    assert (recall["state"], recall["sequence"], recall["recalls"]) == ("published", 3, wrong["id"])
    gone = await world.batch(wrong["id"])
    assert (gone["state"], gone["recalled_as"]) == ("recalled", 3)
    assert await rows(world, holder) == before
    keys = [credit_code(number) for number in (1, 2, 3, 4)]
    assert cities(await world.look_up(holder, *keys)) == ["苏州"] * 3
    [told] = await world.events("exchange.batch-recalled.v1")
    assert (told["recalled"], told["sequence"]) == (2, 3)
    assert told["holders"] == [str(holder.department)]
    assert told["reason"] == WHY["reason"]


async def test_who_took_the_wrong_batch_applies_the_recall_like_any_change(world: World) -> None:
    await world.publish(table(1, 2, 3))
    holder = await world.grant(*THREE)
    held = {row[1]: row for row in await rows(world, holder)}
    right = dict(held)
    wrong = await world.publish(table(2, 3, 4, city="错误"), key="wrong-0001")
    first = await changes(world, holder, 1)
    await recalled(world, wrong)
    second = await changes(world, holder, 2)
    assert [b["sequence"] for b in second["batches"]] == [3]
    seen = []
    for manifest in (first, second):
        for batch in manifest["batches"]:
            for file in batch["files"]:
                if manifest is first:
                    continue
                for kind, *row in await lines(world, file):
                    seen.append((kind, *row))
    # The images before carry the key and nothing of what was recalled.
    assert {row[1:] for row in seen if row[0] in ("update_preimage", "delete")} == {
        ("", credit_code(number), "") for number in (2, 3, 4)
    }
    held |= {credit_code(n): (f"第{n}贸易有限公司", credit_code(n), "错误") for n in (2, 3, 4)}
    held.pop(credit_code(1))
    for kind, *row in seen:
        if kind == "delete":
            held.pop(row[1])
        elif kind != "update_preimage":
            held[row[1]] = tuple(row)
    assert held == right


async def test_who_never_took_the_wrong_batch_sees_neither_it_nor_its_recall(
    world: World,
) -> None:
    await world.publish(table(1, 2))
    holder = await world.grant(*THREE)
    wrong = await world.publish(table(1, 2, 3), key="wrong-0001")
    await recalled(world, wrong)
    await world.publish(table(4), key="next-0001", mode="delta")
    manifest = await changes(world, holder, 1)
    assert [b["sequence"] for b in manifest["batches"]] == [4]
    assert manifest["to"] == 4
    assert len(await rows(world, holder)) == 3


async def test_addresses_of_the_wrong_batch_die_and_its_files_go(
    world: World, heart: Heart
) -> None:
    await world.publish(table(1, 2))
    holder = await world.grant(*THREE)
    await world.ask(holder, "snapshot")
    wrong = await world.publish(table(1, 2, 3, city="错误"), key="wrong-0001")
    shown = [
        *(await world.ask(holder, "snapshot")).json()["files"],
        *(await changes(world, holder, 1))["batches"][0]["files"],
    ]
    assert len(shown) == 2
    await recalled(world, wrong)
    for file in shown:
        with pytest.raises(FileNotFoundError):
            await world.fetch(file)


async def test_the_door_refuses_what_was_recalled_also_while_its_bytes_are_still_there(
    world: World, heart: Heart
) -> None:
    await world.publish(table(1, 2))
    holder = await world.grant(*THREE)
    wrong = await world.publish(table(1, 2, 3, city="错误"), key="wrong-0001")
    async with opened(world) as at, httpx.AsyncClient() as client:
        file = await file_of(world, holder, at)
        assert (await served(client, file)).status_code == 200
        views = world.settings.storage / "views"
        kept = {path: path.read_bytes() for path in views.rglob("*.sealed")}
        await recalled(world, wrong)
        for path, data in kept.items():
            path.write_bytes(data)

        async def refused() -> bool:
            return (await client.get(file["url"])).status_code == 404

        await eventually(refused)
        again = await file_of(world, holder, at)
        assert "错误" not in (await client.get(again["url"])).text


def test_what_shows_a_recalled_batch_is_its_changes_and_the_snapshots_until_its_recall() -> None:
    span = Span(epoch=1, recalled=2, recall=4)
    shown = [(kind, n) for kind in CutKind for n in range(1, 6) if shows(span, kind, 1, n)]
    assert shown == [(CutKind.SNAPSHOT, 2), (CutKind.SNAPSHOT, 3), (CutKind.CHANGES, 2)]
    assert not shows(span, CutKind.SNAPSHOT, 2, 2)


async def test_the_newest_is_recalled_first_then_the_one_before_it(world: World) -> None:
    await world.publish(table(1, 2))
    second = await world.publish(table(3), key="second-01", mode="delta")
    third = await world.publish(table(4), key="third-001", mode="delta")
    holder = await world.grant(*THREE)
    answer = await world.correct(second["id"], "recall", WHY)
    assert (answer.status_code, answer.json()["code"]) == (409, "batch-not-recallable")
    assert (await recalled(world, third))["sequence"] == 4
    assert (await recalled(world, second))["sequence"] == 5
    assert len(await rows(world, holder)) == 2
    assert [b["sequence"] for b in (await changes(world, holder, 3))["batches"]] == [4, 5]
    assert [b["sequence"] for b in (await changes(world, holder, 2))["batches"]] == [5]
    assert (await changes(world, holder, 1))["batches"] == []
    assert (await world.batch(third["id"]))["recalled_as"] == 4


async def test_the_first_batch_of_all_can_be_recalled_and_the_next_begins_anew(
    world: World,
) -> None:
    first = await world.publish(table(1, 2))
    holder = await world.grant(*THREE)
    await recalled(world, first)
    assert await rows(world, holder) == set()
    assert (await changes(world, holder, 0))["batches"] == []
    assert (await world.publish(table(5), key="next-0001"))["sequence"] == 3
    assert len(await rows(world, holder)) == 1
    taken = (await changes(world, holder, 1))["batches"]
    assert [(b["sequence"], b["rows"]) for b in taken] == [(2, 2), (3, 1)]


async def test_a_recall_is_demanded_once_and_published_once(world: World) -> None:
    await world.publish(table(1, 2))
    wrong = await world.publish(table(3), key="wrong-0001", mode="delta")
    first = await world.correct(wrong["id"], "recall", WHY)
    again = await world.correct(wrong["id"], "recall", WHY)
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.json()["id"] == again.json()["id"]
    assert (await world.correct(first.json()["id"], "cancel")).json()["code"] == "batch-over"
    await world.work()
    after = await world.correct(wrong["id"], "recall", WHY)
    assert (after.status_code, after.json()["state"]) == (200, "published")
    attempt = Attempt(UUID(first.json()["id"]), 1)
    importer = Importer(world.vault)
    assert not await recalling.publish(world.sessions, importer, world.vault, attempt, clock.now())
    assert len(await world.events("exchange.recall-demanded.v1")) == 1
    assert len(await world.events("exchange.batch-recalled.v1")) == 1


async def test_a_recall_goes_before_what_waits_and_what_was_being_checked(world: World) -> None:
    await world.publish(table(*range(10)))
    wrong = await world.publish(table(*range(10), city="错误"), key="wrong-0001")
    loop = asyncio.get_running_loop()
    demands: list[httpx.Response] = []

    class Slow(Importer):
        def work(self, todo: Assignment, progress: Progress) -> Outcome:
            outcome = super().work(todo, progress)
            if not demands:
                asked = world.correct(wrong["id"], "recall", WHY)
                demands.append(asyncio.run_coroutine_threadsafe(asked, loop).result(10))
            return outcome

    late = await world.hand_in(table(77), key="late-0001", mode="delta")
    queue = world.queue(Slow(world.vault))
    for _ in range(3):
        await world.work(queue)
    [demand] = demands
    assert (await world.batch(demand.json()["id"]))["sequence"] == 3
    assert (await world.batch(late.json()["id"]))["sequence"] == 4
    holder = await world.grant(*THREE)
    assert {row[2] for row in await rows(world, holder)} == {"苏州"}


async def test_a_worker_that_dies_in_a_recall_leaves_all_as_it_was_and_the_next_finishes(
    world: World,
) -> None:
    await world.publish(table(1, 2))
    wrong = await world.publish(table(2, 3), key="wrong-0001")
    answer = await world.correct(wrong["id"], "recall", WHY)

    class Dying(Importer):
        def state(self, stored: StoredState) -> State:
            raise OSError("the worker was killed")

    assert await world.work(world.queue(Dying(world.vault))) == 0
    assert (await world.batch(wrong["id"]))["state"] == "published"
    await world.work()
    assert (await world.batch(answer.json()["id"]))["sequence"] == 3
    holder = await world.grant(*THREE)
    found = {row[1] for row in await rows(world, holder)}
    assert found == {credit_code(1), credit_code(2)}


async def test_a_batch_that_began_data_of_another_shape_is_not_recalled(world: World) -> None:
    await world.publish(table(1))
    await world.catalogue(ENTERPRISES[:4])
    header = ",".join(item.name for item in ENTERPRISES[:4])
    data = f"{header}\n{line(1).rpartition(',')[0]}\n".encode()
    renewed = await world.publish(data, key="shape-001")
    assert renewed["epoch"] == 2
    answer = await world.correct(renewed["id"], "recall", WHY)
    assert (answer.status_code, answer.json()["code"]) == (409, "batch-not-recallable")


async def test_only_a_person_who_may_recalls_and_says_why(world: World) -> None:
    batch = await world.publish(table(1))
    stranger = await world.correct(batch["id"], "recall", WHY, by=world.principal())
    assert stranger.status_code == 404
    machine = world.principal(Permission.BATCH_SUBMIT, department=world.provider.department)
    assert (await world.correct(batch["id"], "recall", WHY, by=machine)).status_code == 403
    for reason in ("", "    ", "\0\0\0\0\0", "x" * 1001, None):
        answer = await world.correct(batch["id"], "recall", {"reason": reason})
        assert answer.status_code == 422
    dry = await world.publish(table(1, 2), key="dry-0001", query={"dry_run": "true"})
    assert (await world.correct(dry["id"], "recall", WHY)).status_code == 409
