"""Rows and values that a grant does not let through are neither in files nor in look-ups."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from io import BytesIO

import polars as pl
import pytest

from services.exchange.narrowing.conditions import NarrowingUnfit, terms
from services.exchange.narrowing.masks import masked
from services.exchange.tables import views
from services.exchange.tables.checks import FLAGS, STALE
from services.exchange.tables.difference import BEFORE, CHANGE, Columns, compare
from services.exchange.tables.items import Item, ItemType
from services.exchange.tables.views import View
from shared.crypto import STANDARD
from shared.narrowing import Comparison, Mask, MaskedItem, Narrowing, RowTerm
from tests.exchange.tables import HEADER, credit_code, line
from tests.exchange.world import Json, World

ITEMS = [
    Item(code="id", name="编号", type=ItemType.CHARACTER, key=True),
    Item(code="who", name="姓名", type=ItemType.CHARACTER),
    Item(code="day", name="日期", type=ItemType.DATE),
    Item(code="sum", name="金额", type=ItemType.CURRENCY),
    Item(code="good", name="有效", type=ItemType.LOGICAL),
    Item(code="number", name="数量", type=ItemType.INTEGER),
    Item(code="rate", name="比率", type=ItemType.DOUBLE),
]
CODES = [item.code for item in ITEMS]


def table(*rows: Sequence[object]) -> pl.DataFrame:
    columns = Columns(ITEMS)
    return pl.DataFrame(
        [[*row, None, False] for row in rows], schema=columns.state, orient="row", strict=False
    )


ROWS = table(
    ("1", "张三", date(2020, 1, 1), Decimal("1.00"), True, 1, 0.5),
    ("2", "李四", date(2021, 6, 30), Decimal("20.50"), False, 2, 1.5),
    ("3", "Ａ", None, None, None, None, None),
)


def term(item: str, comparison: str, *values: str) -> RowTerm:
    return RowTerm(item=item, comparison=Comparison(comparison), values=values)


def view(
    *rows: RowTerm,
    masks: dict[str, Mask] | None = None,
    granted: Sequence[str] = CODES,
    marks: bool = False,
) -> View:
    return View(
        ITEMS,
        frozenset(granted),
        b"k" * 32,
        STANDARD,
        marks,
        terms=terms(Narrowing(rows=rows), ITEMS),
        masks=masks or {},
    )


@pytest.mark.parametrize(
    ("asked", "held"),
    [
        ([term("who", "=", "张三")], "1"),
        ([term("who", "in", "张三", "Ａ")], "13"),
        ([term("id", ">=", "2")], "23"),
        ([term("id", "between", "1", "2")], "12"),
        ([term("day", "<", "2021年1月1日")], "1"),
        ([term("day", "in", "20210630")], "2"),
        ([term("day", "is-null")], "3"),
        ([term("sum", ">", "1")], "2"),
        ([term("sum", "=", "1")], "1"),
        ([term("sum", "<=", "20.5")], "12"),
        ([term("good", "=", "否")], "2"),
        ([term("number", "between", "2", "9")], "2"),
        ([term("rate", ">=", "0.5"), term("rate", "<", "1")], "1"),
        ([term("number", ">", "0"), term("good", "is-null")], ""),
    ],
    ids=lambda value: str(len(value)),
)
def test_a_row_that_the_condition_does_not_surely_hold_of_is_outside(
    asked: list[RowTerm], held: str
) -> None:
    assert "".join(views.rows(ROWS, view(*asked))["id"].to_list()) == held


def test_a_row_that_ceases_to_match_is_deleted_and_one_that_begins_to_is_inserted() -> None:
    before = ROWS
    after = table(
        ("1", "张三", date(2020, 1, 1), Decimal("1.00"), False, 1, 0.5),
        ("2", "李四", date(2021, 6, 30), Decimal("20.50"), True, 2, 1.5),
        ("4", "王五", None, None, False, 4, None),
    )
    gone = before.filter(pl.col("id") == "3").select("id")
    frame = compare(before, after, gone, Columns(ITEMS))
    shown = views.changes(frame, view(term("good", "=", "true"), granted=["id", "good"]))
    found = sorted(zip(shown["_change_type"], shown["id"], shown["good"], strict=True))
    # The deleted row is as its holder knew it: nothing of what it became is shown.
    assert found == [("delete", "1", True), ("insert", "2", True)]


@pytest.mark.parametrize(
    ("mask", "value", "shown"),
    [
        (Mask.IDENTITY_NUMBER, "61030219900101123X", "610*************3X"),
        (Mask.IDENTITY_NUMBER, "610302900101123", "610**********23"),
        (Mask.IDENTITY_NUMBER, "护照E12345", "********"),
        (Mask.PHONE, "13812341234", "138****1234"),
        (Mask.PHONE, "0917-3260000", "091*****0000"),
        (Mask.PHONE, "3260000", "*****00"),
        (Mask.PHONE, "110", "***"),
        (Mask.NAME, "张三丰", "张**"),
        (Mask.NAME, "张", "*"),
        (Mask.ADDRESS, "陕西省宝鸡市金台区行政大道1号", "陕西省宝鸡市****"),
        (Mask.ADDRESS, "金台区", "金****"),
        (Mask.ADDRESS, "", ""),
    ],
)
def test_a_mask_shows_what_its_rule_says_and_no_more(mask: Mask, value: str, shown: str) -> None:
    assert masked(mask, value) == shown


def test_a_change_that_the_mask_hides_does_not_show() -> None:
    before = table(("1", "张三", None, None, None, 1, None))
    after = table(("1", "张四", None, None, None, 1, None))
    frame = compare(before, after, before.head(0).select("id"), Columns(ITEMS))
    hidden = view(masks={"who": Mask.NAME}, granted=["id", "who"])
    assert views.changes(frame, hidden).height == 0


def test_a_masked_key_is_known_by_a_pseudonym_only() -> None:
    shown = views.rows(ROWS, view(masks={"id": Mask.NAME}, granted=["id"]))
    assert shown.columns == ["_key", "id"]
    assert shown["_key"].n_unique() == 3
    assert shown["id"].to_list() == ["*"] * 3


def test_an_item_that_is_text_no_more_is_hidden_whole() -> None:
    shown = views.rows(ROWS, view(masks={"number": Mask.PHONE}, granted=["id", "number"]))
    assert shown["number"].to_list() == ["****", "****", None]


@pytest.mark.parametrize("wrong", [term("gone", "=", "1"), term("number", "=", "一")])
def test_a_condition_that_the_data_no_longer_fits_lets_nothing_through(wrong: RowTerm) -> None:
    with pytest.raises(NarrowingUnfit):
        terms(Narrowing(rows=(wrong,)), ITEMS)


def test_changes_have_no_columns_beyond_the_view() -> None:
    empty = pl.DataFrame(schema=Columns(ITEMS).changes)
    assert views.changes(empty, view(granted=["who"])).columns == ["_key", "_change_type", "who"]
    assert {CHANGE, FLAGS, STALE, BEFORE + "who"}.isdisjoint(
        views.changes(empty, view(marks=True)).columns
    )


NARROWING = Narrowing(
    rows=(
        term("city", "in", "苏州", "无锡"),
        term("registered", ">=", "2002-02-01"),
        term("name", "between", "第", "第9"),
    ),
    masks=(MaskedItem(item="name", mask=Mask.NAME),),
)


async def rows_of(world: World, answer: Json) -> pl.DataFrame:
    frames = [pl.read_parquet(BytesIO(await world.fetch(file))) for file in answer["files"]]
    return pl.concat(frames) if frames else pl.DataFrame()


@pytest.mark.duty("D16", "baoji-2017 §18")
@pytest.mark.duty("D16", "jiangsu-2017 §17")
async def test_files_and_look_ups_hold_only_the_rows_of_the_condition_and_masked_values(
    world: World,
) -> None:
    cities = {1: "苏州", 2: "南京", 3: "无锡", 12: "苏州"}
    first = [HEADER, *(line(n, city=city) for n, city in cities.items())]
    await world.publish("\n".join(first).encode())
    holder = await world.grant("name", "uscc", narrowing=NARROWING)
    whole = (await world.ask(holder, "snapshot")).json()
    # The twelfth was registered in January; Nanjing is not in the condition.
    shown = await rows_of(world, whole)
    assert sorted(shown["uscc"]) == sorted([credit_code(1), credit_code(3)])
    assert set(shown["name"]) == {"第*******"}
    assert shown.columns == ["name", "uscc"]
    assert [column["mask"] for column in whole["columns"]] == ["name", None]
    assert [found["item"] for found in whole["rows_where"]] == ["city", "name", "registered"]

    asked = [credit_code(n) for n in cities]
    found = (await world.look_up(holder, *asked)).json()["rows"]
    assert sorted(row["uscc"] for row in found) == sorted(shown["uscc"])
    assert {row["name"] for row in found} == {"第*******"}

    # The first moves away, the second comes into the condition, the fourth still does not match.
    cities |= {1: "南京", 2: "苏州"}
    second = [HEADER, *(line(n, city=city) for n, city in cities.items())]
    await world.publish("\n".join(second).encode(), key="batch-0002")
    told = (await world.ask(holder, "changes", after="1")).json()
    changed = await rows_of(world, told["batches"][0])
    assert sorted(zip(changed["_change_type"], changed["uscc"], strict=True)) == [
        ("delete", credit_code(1)),
        ("insert", credit_code(2)),
    ]
    found = (await world.look_up(holder, *asked)).json()["rows"]
    assert sorted(row["uscc"] for row in found) == sorted([credit_code(2), credit_code(3)])

    everything = await world.grant("name", "uscc")
    assert (await rows_of(world, (await world.ask(everything, "snapshot")).json())).height == 4


async def test_a_masked_key_is_no_way_into_look_ups(world: World) -> None:
    await world.publish("\n".join([HEADER, line(1)]).encode())
    hidden = Narrowing(masks=(MaskedItem(item="uscc", mask=Mask.IDENTITY_NUMBER),))
    holder = await world.grant("name", "uscc", narrowing=hidden)
    refused = await world.look_up(holder, credit_code(1))
    assert (refused.status_code, refused.json()["code"]) == (409, "key-not-granted")
    shown = await rows_of(world, (await world.ask(holder, "snapshot")).json())
    assert shown.columns == ["_key", "name", "uscc"]
    assert credit_code(1) not in shown["uscc"].to_list()


async def test_a_condition_on_an_item_that_is_gone_is_refused_and_not_widened(
    world: World,
) -> None:
    await world.publish("\n".join([HEADER, line(1)]).encode())
    gone = Narrowing(rows=(term("district", "=", "金台区"),))
    holder = await world.grant("name", "uscc", narrowing=gone)
    for refused in (
        await world.ask(holder, "snapshot"),
        await world.look_up(holder, credit_code(1)),
    ):
        assert (refused.status_code, refused.json()["code"]) == (409, "narrowing-unfit")
