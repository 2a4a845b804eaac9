"""A workbook's sheet as a batch: what is read, and what a spreadsheet has lost."""

import io
import zipfile
from datetime import date
from pathlib import Path

import pytest

from services.exchange.tables.formats import Content, Format
from services.exchange.tables.items import Item, ItemType, Standard
from services.exchange.tables.reasons import Rule, sentence
from services.exchange.tables.refusals import BatchRefused
from services.exchange.tables.sheets import LARGEST
from tests.exchange.tables import FLAGGING, Cell, Desk, workbook

XLSX = Content(Format.XLSX)
PEOPLE = [
    Item(code="id", name="公民身份号码", type=ItemType.CHARACTER, length=18, key=True),
    Item(code="born", name="出生日期", type=ItemType.DATE),
    Item(code="account", name="账号", type=ItemType.CHARACTER, length=32),
    Item(code="amount", name="金额", type=ItemType.NUMERIC, scale=2),
]
HEADER: list[Cell] = ["公民身份号码", "出生日期", "账号", "金额"]
GOOD = "11010519491231002X"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def found(desk: Desk, rows: list[list[Cell]], content: Content = XLSX) -> list[tuple[int, str]]:
    """Lines and reasons of what was rejected."""
    taken = desk.take(workbook([HEADER, *rows]), PEOPLE, FLAGGING, content=content)
    first = desk.findings(taken).filter("first") if taken.report else None
    return [] if first is None else first.select("line", "rule").rows()


@pytest.mark.duty("D18", "baoji-2017 §17")
def test_numbers_that_a_spreadsheet_cut_to_fifteen_digits_are_found_with_the_remedy(
    desk: Desk,
) -> None:
    rows: list[list[Cell]] = [
        [GOOD, None, "6222020200112233445", 1],
        [110105194912310021, None, "a", 1],
        ["110105194912310000", None, "b", 1],
        ["1.10105E+17", None, "c", 1],
        ["11010519491231002x", None, 6222020200112233445, 1],
        ["110105194912310021", None, 622202, 1],
    ]
    # Though check characters are only flagged, digits that are gone are always rejected.
    assert found(desk, rows) == [(n, Rule.ROUNDED.value) for n in (3, 4, 5, 6)]
    assert "文本格式" in sentence(Rule.ROUNDED, "账号")


def test_a_number_too_long_is_found_in_a_csv_that_a_spreadsheet_saved(desk: Desk) -> None:
    text = f"{','.join(map(str, HEADER))}\n1.10105E+17,,a,1\n{GOOD},,b,1\n"
    taken = desk.take(text.encode(), PEOPLE, FLAGGING)
    assert taken.counts.reasons == {Rule.ROUNDED: 1}


def test_days_are_read_by_their_format_and_by_their_item(desk: Desk) -> None:
    days: list[Cell] = [
        date(2016, 6, 23),
        42544,
        20160623,
        "2016年6月23日",
        1,
    ]
    rows: list[list[Cell]] = [[str(n), day, "a", 1] for n, day in enumerate(days)]
    items = [PEOPLE[0].model_copy(update={"name": "编号", "length": None}), *PEOPLE[1:]]
    taken = desk.take(
        workbook([["编号", *HEADER[1:]], *rows]),
        [items[0].model_copy(update={"standard": Standard.NONE}), *items[1:]],
        content=XLSX,
    )
    assert desk.rows(taken)["born"].to_list() == [date(2016, 6, 23)] * 4 + [date(1900, 1, 1)]


def test_numbers_are_the_text_that_people_see(desk: Desk) -> None:
    rows: list[list[Cell]] = [[GOOD, None, 7, 0.1 + 0.2]]
    taken = desk.take(workbook([HEADER, *rows]), PEOPLE, content=XLSX)
    assert desk.rows(taken)["account"].to_list() == ["7"]
    assert str(desk.rows(taken)["amount"][0]) == "0.30"


def test_a_formula_an_error_a_time_without_a_day_and_a_cell_outside_are_rejects(
    desk: Desk,
) -> None:
    rows: list[list[Cell]] = [
        [GOOD, None, "=1+1", 1],
        [GOOD, 0.5, "a", 1],
        [GOOD, None, "a", 1, "outside"],
        [GOOD, None, "a", 1],
    ]
    assert found(desk, rows) == [
        (2, Rule.NO_VALUE.value),
        (3, Rule.TYPE.value),
        (4, Rule.FIELDS.value),
    ]


def test_the_first_visible_sheet_is_read_or_the_one_that_is_named(desk: Desk) -> None:
    rows: list[list[Cell]] = [HEADER, [GOOD, None, "a", 1]]
    book = workbook(rows, sheet="人员", hidden="旧表")
    assert desk.take(book, PEOPLE, content=XLSX).counts.accepted == 1
    named = Content(Format.XLSX, sheet="人员")
    assert desk.take(book, PEOPLE, content=named).counts.accepted == 1
    with pytest.raises(BatchRefused) as refused:
        desk.take(book, PEOPLE, content=Content(Format.XLSX, sheet="没有"))
    assert refused.value.code == "sheet-missing"


def swollen() -> bytes:
    """A workbook whose sheet says that it unpacks to more than is read."""
    honest = workbook([HEADER])
    with zipfile.ZipFile(io.BytesIO(honest)) as parts:
        size = parts.getinfo("xl/worksheets/sheet1.xml").file_size
    return honest.replace(size.to_bytes(4, "little"), (LARGEST + 1).to_bytes(4, "little"))


def repeated() -> bytes:
    """A workbook in which one long text stands in very many cells."""
    return workbook([HEADER, *(["长" * 30_000] * 4 for _ in range(400))])


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "workbook-unreadable"),
        (b"a,b\n", "workbook-unreadable"),
        (workbook([HEADER])[:-30], "workbook-unreadable"),
        (workbook([HEADER]).replace(b"PK\1\2", b"PK\1\3"), "workbook-unreadable"),
        (swollen(), "workbook-unreadable"),
        (repeated(), "expands-too-much"),
        (workbook([["甲", "乙"]]), "header-missing"),
        (workbook([HEADER[:2]]), "header-mismatch"),
        (workbook([[]]), "header-missing"),
    ],
    ids=["empty", "csv", "cut", "broken", "swollen", "repeated", "other", "short", "blank"],
)
def test_what_is_no_workbook_of_this_resource_is_refused(
    desk: Desk, data: bytes, code: str
) -> None:
    with pytest.raises(BatchRefused) as refused:
        desk.take(data, PEOPLE, content=XLSX)
    assert refused.value.code == code
