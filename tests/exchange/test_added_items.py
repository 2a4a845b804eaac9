"""A catalogue version that only adds items goes on; whoever follows is told, nothing widens."""

from io import BytesIO

import polars as pl

from services.exchange.importing import goes_on
from services.exchange.tables.items import Item, ItemType
from shared.principal import Principal
from tests.exchange.tables import ENTERPRISES, HEADER, credit_code, line
from tests.exchange.world import Json, World

STAFF = Item(code="staff", name="从业人数", type=ItemType.INTEGER)
WIDER = [*ENTERPRISES, STAFF]


def test_what_is_compatible_goes_on_and_nothing_else() -> None:
    name, code, *rest = ENTERPRISES
    longer = name.model_copy(update={"length": 400})
    assert goes_on(ENTERPRISES, [*rest, longer, code, STAFF])
    assert not goes_on(ENTERPRISES, [code, *rest])
    assert not goes_on(ENTERPRISES, [name.model_copy(update={"type": ItemType.INTEGER}), code])
    assert not goes_on(ENTERPRISES, [*ENTERPRISES, STAFF.model_copy(update={"key": True})])
    assert not goes_on(ENTERPRISES, [name.model_copy(update={"key": True}), code, *rest])


def wider(*rows: tuple[int, str]) -> bytes:
    header = ",".join(item.name for item in WIDER)
    return "\n".join([header, *(f"{line(n)},{staff}" for n, staff in rows)]).encode()


async def taken(world: World, files: list[Json]) -> pl.DataFrame:
    return pl.concat([pl.read_parquet(BytesIO(await world.fetch(file))) for file in files])


async def looked_up(world: World, holder: Principal, *numbers: int) -> list[Json]:
    answer = await world.look_up(holder, *(credit_code(n) for n in numbers))
    assert answer.status_code == 200, answer.text
    found: list[Json] = answer.json()["rows"]
    return found


async def test_an_added_item_is_there_from_its_batch_on_and_only_for_whom_it_was_granted(
    world: World,
) -> None:
    await world.publish("\n".join([HEADER, line(1), line(2)]).encode())
    before = await world.grant("name", "uscc")
    assert (await world.ask(before, "snapshot")).status_code == 200
    await looked_up(world, before, 1)
    await world.catalogue(WIDER)
    both = await world.grant("name", "uscc", "staff")
    # A delta follows at once: no snapshot is asked of the provider.
    second = await world.publish(wider((2, "20"), (3, "30")), key="batch-0002", mode="delta")
    assert (second["epoch"], second["sequence"], second["changed"]) == (1, 2, 2)

    assert [row["staff"] for row in await looked_up(world, both, 1, 2, 3)] == [None, 20, 30]
    assert all("staff" not in row for row in await looked_up(world, before, 1, 2, 3))

    page = (await world.ask(both, "changes", after="0")).json()
    assert [batch["added"] for batch in page["batches"]] == [[], ["staff"]]
    assert [batch["resource_version"] for batch in page["batches"]] == [1, 2]
    first = await taken(world, page["batches"][0]["files"])
    assert first.columns == ["_change_type", "name", "uscc", "staff"]
    assert first["staff"].null_count() == 2
    assert (await taken(world, page["batches"][1]["files"])).height == 3

    page = (await world.ask(before, "changes", after="1")).json()
    (batch,) = page["batches"]
    assert (batch["added"], batch["rows"]) == ([], 1)
    assert "staff" not in (await taken(world, batch["files"])).columns

    whole = (await world.ask(both, "snapshot")).json()
    rows = (await taken(world, whole["files"])).sort("uscc")
    assert sorted(rows["staff"].to_list(), key=str) == [20, 30, None]
    earlier = (await world.ask(both, "snapshot", at="1")).json()
    assert (await taken(world, earlier["files"]))["staff"].to_list() == [None, None]


async def test_a_batch_with_an_added_item_can_be_recalled(world: World) -> None:
    await world.publish("\n".join([HEADER, line(1), line(2)]).encode())
    await world.catalogue(WIDER)
    holder = await world.grant("name", "uscc", "staff")
    wrong = await world.publish(wider((1, "10"), (2, "20")), key="batch-0002")
    assert [row["staff"] for row in await looked_up(world, holder, 1, 2)] == [10, 20]
    answer = await world.correct(wrong["id"], "recall", {"reason": "从业人数口径有误"})
    assert answer.status_code == 202, answer.text
    await world.work()
    assert [row["staff"] for row in await looked_up(world, holder, 1, 2)] == [None, None]
    right = await world.publish(wider((1, "11")), key="batch-0003", mode="delta")
    assert (right["epoch"], right["sequence"], right["changed"]) == (1, 4, 1)
    assert [row["staff"] for row in await looked_up(world, holder, 1, 2)] == [11, None]
    whole = (await world.ask(holder, "snapshot")).json()
    assert (await taken(world, whole["files"])).height == 2
