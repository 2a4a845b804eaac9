"""数据元: values of items that are bound to a standard are those that it lists."""

from pathlib import Path

import pytest

from services.exchange.elements import consumers
from services.exchange.tables.checks import FLAGS
from services.exchange.tables.items import Bindings, Item, ItemType, Standard
from services.exchange.tables.reasons import Rule, Severities, Severity
from shared import clock
from shared.events.catalog import DataElementRegistered
from shared.ids import new_id
from tests.exchange.tables import Desk
from tests.exchange.world import World

ITEMS = [
    Item(code="id", name="编号", type=ItemType.CHARACTER, length=8, key=True),
    Item(
        code="status",
        name="登记状态",
        type=ItemType.CHARACTER,
        length=4,
        element="registration-status",
    ),
]
CODES = frozenset({"1", "2", "3"})
# Full-width and padded spellings are the code; an empty one is no value.
DATA = "编号,登记状态\na,1\nb,２\nc,3  \nd,\ne,9\nf,１０\n".encode()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_value_outside_the_code_list_is_rejected_and_others_are_spelled_as_the_list(
    desk: Desk,
) -> None:
    taken = desk.take(DATA, ITEMS, bindings=Bindings(codes={"status": CODES}))
    assert taken.counts.reasons == {Rule.CODE: 2}
    assert desk.rows(taken)["status"].to_list() == ["1", "2", "3", None]
    found = desk.findings(taken)
    assert found["line"].to_list() == [6, 7]
    assert found["value"].to_list() == ["9", "１０"]


def test_the_provider_may_let_what_is_not_listed_in_and_mark_it(desk: Desk) -> None:
    flagging = Severities({(Rule.CODE, "status"): Severity.FLAG})
    taken = desk.take(DATA, ITEMS, flagging, bindings=Bindings(codes={"status": CODES}))
    assert (taken.counts.accepted, taken.counts.flagged) == (6, 2)
    marks = desk.rows(taken)[FLAGS].drop_nulls().to_list()
    assert marks == [["status:not-in-code-list"]] * 2


def test_a_value_longer_than_the_element_is_too_long_whatever_the_entry_allows(
    desk: Desk,
) -> None:
    data = "编号,登记状态\na,12\nb,123\n".encode()
    taken = desk.take(data, ITEMS, bindings=Bindings(lengths={"status": 2}))
    assert taken.counts.reasons == {Rule.LENGTH: 1}
    assert desk.take(data, ITEMS, bindings=Bindings(lengths={"status": 9})).counts.accepted == 2


async def register(
    world: World, version: int, codes: dict[str, str] | None, kind: ItemType = ItemType.CHARACTER
) -> None:
    event = DataElementRegistered(
        at=clock.now(),
        actor="operator:authority",
        department=None,
        aggregate=new_id(),
        version=version,
        element="registration-status",
        name="企业登记状态代码",
        source="DB61/T 1001",
        type=kind,
        length=1,
        scale=None,
        standard=Standard.NONE,
        codes=codes,
    )
    async with world.sessions.begin() as session:
        await consumers.on_data_element_registered(session, event)


@pytest.mark.duty(
    "D42", "baoji-2017 §25", "jiangsu-2017 §20", "yixing-2016 §16", "jiangsu-2012 §15"
)
async def test_batches_are_checked_by_the_registry_as_it_stands_when_they_come(
    world: World,
) -> None:
    await world.catalogue(ITEMS)
    free = await world.publish(DATA, key="before-any")
    assert free["accepted"] == 6
    await register(world, 1, {"1": "存续", "2": "吊销", "3": "注销"})
    bound = await world.publish(DATA, key="with-a-list")
    assert bound["reasons"] == {"not-in-code-list": 1, "too-long": 1}
    await register(world, 2, {"1": "存续", "2": "吊销", "3": "注销", "9": "其他"})
    await register(world, 1, {"1": "存续"})
    wider = await world.publish(DATA, key="a-wider-list")
    assert wider["reasons"] == {"too-long": 1}
    # What is of another type by now says nothing of these values.
    await register(world, 3, None, ItemType.INTEGER)
    assert (await world.publish(DATA, key="another-type"))["accepted"] == 6
