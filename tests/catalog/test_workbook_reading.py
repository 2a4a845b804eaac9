"""What people and programs do to a workbook: understood without guessing, or said."""

import io
import zipfile

import pytest

from services.catalog.bulk.found import Found, Problem, Severity, Unreadable
from services.catalog.mappings.translation import NONE, Translation
from services.catalog.workbook import reading
from shared.workbooks.package import LARGEST_UNPACKED
from tests.catalog.spreadsheets import (
    HEADINGS,
    MAIN,
    STRICT,
    number,
    row,
    sheet,
    text,
    texts,
    workbook,
)


def read(body: bytes, translation: Translation = NONE) -> tuple[list[Found], list[Problem]]:
    """The entries of a workbook, and what is wrong beside them, missing columns apart."""
    every = list(reading.read(io.BytesIO(body), translation))
    beside = [e for e in every if isinstance(e, Problem) and e.code != "column-missing"]
    return [e for e in every if isinstance(e, Found)], beside


def one(*rows: str) -> tuple[Found, list[Problem]]:
    """The only entry of a sheet with our headings and these rows."""
    found, beside = read(workbook({"任意名": sheet(texts(1, *HEADINGS), *rows)}))
    assert len(found) == 1
    return found[0], beside


def codes(found: Found) -> list[tuple[str, str]]:
    """What is wrong, and at which cell."""
    return [(problem.code, problem.place.cell) for problem in found.problems]


def test_sheets_are_known_by_their_headings_whatever_people_call_them() -> None:
    items = sheet(
        texts(1, "2026年信息项清单"),
        texts(3, "编号", "信息项代码", "信息项名称（必填）", "数据类型"),
        texts(4, "A", "uscc", "统一社会信用代码", "字符型"),
    )
    resources = sheet(texts(1, *HEADINGS), texts(2, "A", "公共停车场名录"))
    (found,), beside = read(workbook({"Sheet1 (2)": items, "副本": resources, "说明": sheet()}))
    assert beside == []
    assert found.told["items"] == [{"code": "uscc", "name": "统一社会信用代码", "type": "C"}]
    assert found.places["items.0.type"].sheet == "Sheet1 (2)"
    assert found.places["items.0.type"].cell == "D4"


def test_columns_may_be_moved_and_several_sheets_hold_resources() -> None:
    first = sheet(texts(1, "信息资源名称", "编号"), texts(2, "停车场名录", "A"))
    second = sheet(
        texts(1, "编号", "*更新周期", "*信息资源名称"), texts(2, "B", "每日", "公园名录")
    )
    found, _ = read(workbook({"一科": first, "二科": second}))
    assert [(f.key, f.told["name"], f.told.get("update_cycle")) for f in found] == [
        ("A", "停车场名录", None),
        ("B", "公园名录", "daily"),
    ]


@pytest.mark.parametrize(
    "word",
    ["无条件共享", " 无条件 共享 ", "无条件共享　", "unconditional", "ＵＮＣＯＮＤＩＴＩＯＮＡＬ"],
)
def test_words_are_known_whatever_their_width_case_and_spaces(word: str) -> None:
    found, _ = one(texts(2, "A", "停车场名录", "", word))
    assert (found.told["share_type"], found.problems) == ("unconditional", [])


def test_a_digit_of_somebodys_code_list_is_no_word() -> None:
    found, _ = one(texts(2, "A", "停车场名录", "", "1"))
    assert codes(found) == [("not-in-list", "D2")]
    assert "代码映射" in found.problems[0].zh
    assert "share_type" not in found.told


def test_a_mapping_says_whose_digit_it_is() -> None:
    translation = Translation.of(
        {"资源名": "name", "共享": "share_type", "序号": "external_id"},
        {"share_type": {"1": "conditional", "2": "unconditional"}},
    )
    body = workbook(
        {"x": sheet(texts(1, "序号", "资源名", "共享"), texts(2, "7", "停车场名录", "2"))}
    )
    (found,), _ = read(body, translation)
    assert (found.key, found.told) == ("7", {"name": "停车场名录", "share_type": "unconditional"})


def test_a_number_where_a_code_belongs_is_taken_and_said() -> None:
    found, _ = one(row(2, text("A2", "A"), text("B2", "停车场名录"), number("F2", "7")))
    assert found.told["classification"] == {"branch": "7"}
    assert codes(found) == [("number-for-text", "F2")]
    assert found.problems[0].severity is Severity.WARNING


@pytest.mark.parametrize("raw", ["123456789012345678", "1.23456789012345E+17"])
def test_a_long_number_has_lost_digits_and_is_refused(raw: str) -> None:
    found, _ = one(row(2, text("A2", "A"), text("B2", "停车场名录"), number("F2", raw)))
    assert codes(found) == [("digits-lost", "F2")]


@pytest.mark.parametrize("style", [1, 2])
def test_what_a_program_turned_into_a_date_is_refused(style: int) -> None:
    found, _ = one(row(2, text("A2", "A"), text("B2", "停车场名录"), number("F2", "46023", style)))
    assert codes(found) == [("date-for-text", "F2")]
    assert "2026-01-01" in found.problems[0].zh
    assert found.problems[0].place.value == "2026-01-01"


def test_a_formula_is_refused_and_never_evaluated() -> None:
    formula = '<c r="B2" t="str"><f>HYPERLINK("http://x","y")</f><v>停车场名录</v></c>'
    found, _ = one(row(2, text("A2", "A"), formula))
    assert codes(found) == [("formula", "B2")]
    assert "name" not in found.told


def test_a_cell_that_shows_an_error_is_refused() -> None:
    found, _ = one(row(2, text("A2", "A"), '<c r="B2" t="e"><v>#REF!</v></c>'))
    assert codes(found) == [("cell-error", "B2")]


def test_merged_cells_say_the_same_in_every_row() -> None:
    items = sheet(
        texts(1, "编号", "信息项代码", "信息项名称", "数据类型"),
        texts(2, "A", "a", "甲", "字符型"),
        texts(3, "", "b", "乙", "字符型"),
        texts(4, "", "c", "丙", "字符型"),
        merged=("A2:A4", "F1:G1"),
    )
    resources = sheet(texts(1, *HEADINGS), texts(2, "A", "停车场名录"))
    (found,), beside = read(workbook({"r": resources, "i": items}))
    assert [item["code"] for item in found.told["items"]] == ["a", "b", "c"]  # type: ignore[index, union-attr, call-overload]
    assert beside == []


def test_a_hidden_row_is_read_and_a_hidden_sheet_is_not_and_both_are_said() -> None:
    shown = sheet(
        texts(1, *HEADINGS), row(2, text("A2", "A"), text("B2", "停车场名录"), hidden=True)
    )
    unseen = sheet(texts(1, *HEADINGS), texts(2, "B", "公园名录"))
    (found,), beside = read(workbook({"x": shown, "旧": unseen}, hidden=["旧"]))
    assert codes(found) == [("hidden-row", "A2")]
    assert [(p.code, p.place.sheet) for p in beside] == [("hidden-sheet", "旧")]


def test_items_without_an_entry_are_said() -> None:
    items = sheet(
        texts(1, "编号", "信息项代码", "信息项名称"),
        texts(2, "", "a", "甲"),
        texts(3, "Z", "b", "乙"),
    )
    resources = sheet(texts(1, *HEADINGS), texts(2, "A", "停车场名录"))
    _, beside = read(workbook({"r": resources, "i": items}))
    assert [(p.code, p.place.cell) for p in beside] == [
        ("item-without-entry", "B2"),
        ("item-of-no-entry", "A3"),
    ]


def test_an_unknown_column_is_said_and_not_read() -> None:
    body = sheet(
        texts(1, *HEADINGS, "负责人电话"), texts(2, "A", "停车场名录", "", "", "", "", "x")
    )
    (found,), beside = read(workbook({"x": body}))
    assert [(p.code, p.place.cell) for p in beside] == [("column-unknown", "G1")]
    assert found.told == {"name": "停车场名录"}


def test_shared_strings_rich_text_and_how_it_is_read_aloud() -> None:
    strings = (
        f'<sst xmlns="{MAIN}"><si><r><t>公共</t></r><r><rPr><b/></rPr><t>停车场名录</t></r>'
        "<rPh><t>tingche</t></rPh></si><si><t>A_x000D_</t></si></sst>"
    )
    cells = '<c r="A2" t="s"><v>1</v></c><c r="B2" t="s"><v>0</v></c><c r="C2" t="s"><v>99</v></c>'
    body = workbook({"x": sheet(texts(1, *HEADINGS), row(2, cells))}, strings=strings)
    (found,), _ = read(body)
    assert (found.key, found.told) == ("A", {"name": "公共停车场名录"})


def test_cells_without_references_and_strict_namespaces_are_read() -> None:
    bare = "".join(f'<c t="inlineStr"><is><t>{heading}</t></is></c>' for heading in HEADINGS)
    values = '<c t="inlineStr"><is><t>A</t></is></c><c t="inlineStr"><is><t>停车场名录</t></is></c>'
    body = sheet(f"<row>{bare}</row><row>{values}</row>", namespace=STRICT)
    prefixed = sheet(texts(1, *HEADINGS), texts(2, "B", "公园名录"))
    for name in ("worksheet", "sheetData", "row"):
        prefixed = prefixed.replace(f"<{name}", f"<x:{name}").replace(f"</{name}", f"</x:{name}")
    prefixed = prefixed.replace("xmlns=", f'xmlns="{MAIN}" xmlns:x=')
    found, _ = read(workbook({"strict": body, "prefixed": prefixed}))
    assert [f.key for f in found] == ["A", "B"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "xlsx"),
        (b"name,share\n", "xlsx"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "xls"),
        (workbook({"x": sheet()})[:-30], "xlsx"),
        (workbook({"x": sheet(texts(1, "a", "b"))}), "表头"),
        (workbook({"x": "<worksheet><sheetData>"}), "xlsx"),
        (workbook({}, book='<!DOCTYPE w [<!ENTITY a "b">]>'), "xlsx"),
    ],
    ids=["empty", "csv", "xls", "cut", "other headings", "broken xml", "doctype"],
)
def test_what_is_no_workbook_is_refused_with_what_to_do(body: bytes, said: str) -> None:
    with pytest.raises(Unreadable) as refused:
        read(body)
    assert said in refused.value.zh


def test_entities_never_expand() -> None:
    bomb = "<!DOCTYPE s [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>]>"
    body = workbook({"x": bomb + sheet(texts(1, *HEADINGS)).replace("编号", "&b;")})
    with pytest.raises(Unreadable):
        read(body)
    outside = "<!DOCTYPE s [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
    with pytest.raises(Unreadable):
        read(workbook({"x": outside + sheet(texts(1, *HEADINGS)).replace("编号", "&a;")}))


def test_a_small_file_that_unpacks_to_much_is_refused_before_it_is_unpacked() -> None:
    file = io.BytesIO()
    part = "xl/worksheets/sheet1.xml"
    with (
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bomb,
        bomb.open(part, "w", force_zip64=True) as opened,
    ):
        for _ in range(LARGEST_UNPACKED // (1 << 20) + 1):
            opened.write(bytes(1 << 20))
    assert len(file.getvalue()) < 1 << 20
    with pytest.raises(Unreadable, match="unpacks to more"):
        read(file.getvalue())


def test_a_part_that_says_it_is_small_gives_no_more_than_it_says() -> None:
    honest = workbook({"x": sheet(texts(1, *HEADINGS), texts(2, "A", "停车场名录"))})
    lying = bytearray(honest)
    with zipfile.ZipFile(io.BytesIO(honest)) as parts:
        size = parts.getinfo("xl/worksheets/sheet1.xml").file_size
    lying = bytearray(honest.replace(size.to_bytes(4, "little"), (8).to_bytes(4, "little")))
    with pytest.raises(Unreadable):
        read(bytes(lying))


def test_one_cell_at_the_far_end_costs_nothing() -> None:
    found, _ = one(
        row(2, text("A2", "A"), text("B2", "停车场名录"), text("XFD2", "x")), row(1048576)
    )
    assert found.told == {"name": "停车场名录"}


def test_a_merge_over_everything_costs_nothing() -> None:
    body = sheet(texts(1, *HEADINGS), texts(2, "A", "停车场名录"), merged=["A2:XFD1048576"] * 3)
    (found,), _ = read(workbook({"x": body}))
    assert found.key == "A"


def test_more_rows_than_an_import_takes_are_refused() -> None:
    rows = "".join(f"<row><c t='inlineStr'><is><t>{n}</t></is></c></row>" for n in range(10_001))
    with pytest.raises(Unreadable, match="at most 10000"):
        read(workbook({"x": sheet(texts(1, *HEADINGS), rows)}))
