"""The same rows in any format come to the same: what is accepted, rejected, flagged and why."""

import csv
import gzip
import io
import json
import tracemalloc
import zipfile
from pathlib import Path

import polars as pl
import pytest

from services.exchange.tables.formats import Content, Format, Packing
from services.exchange.tables.intake import Taken
from services.exchange.tables.items import Item, ItemType
from services.exchange.tables.reasons import Rule
from services.exchange.tables.refusals import BatchRefused
from services.exchange.tables.shelf import Bounds
from tests.exchange.tables import (
    ENTERPRISES,
    FLAGGING,
    HEADER,
    Desk,
    credit_code,
    line,
    workbook,
    zipped,
)

NAMES = [item.name for item in ENTERPRISES]
JSON_LINES = Content(Format.JSON_LINES)
GZIP = Content(Format.CSV, Packing.GZIP)
ZIP = Content(None, Packing.ZIP)
XLSX = Content(Format.XLSX)
PARQUET = Content(Format.PARQUET)


def table() -> list[list[str]]:
    """Good rows, and rows with what can be wrong in a cell."""
    rows = []
    for number in range(60):
        good = next(csv.reader([line(number)]))
        rows.append(good)
        wrong = [*good]
        wrong[1] = credit_code(10_000 + number)
        match number % 6:
            case 0:
                wrong[2] = "23/6/2016"
            case 1:
                wrong[0] = "太仓\ufffd\ufffd厂"
            case 2:
                wrong[1] = "9132058264320582XX"
            case 3:
                wrong[1] = ""
            case 4:
                wrong[1] = good[1]
            case 5:
                wrong[3] = "长" * 65
        rows.append(wrong)
    return rows


def as_csv(rows: list[list[str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows([NAMES, *rows])
    return out.getvalue().encode()


def as_json_lines(rows: list[list[str]]) -> bytes:
    objects = (dict(zip(NAMES, [cell or None for cell in row], strict=True)) for row in rows)
    return "".join(json.dumps(o, ensure_ascii=False) + "\n" for o in objects).encode()


def as_workbook(rows: list[list[str]]) -> bytes:
    return workbook([NAMES, *rows])


def parquet(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out, row_group_size=50)
    return out.getvalue()


def as_parquet(rows: list[list[str]]) -> bytes:
    return parquet(pl.DataFrame([[c or None for c in row] for row in rows], NAMES, orient="row"))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def come_to(desk: Desk, taken: Taken, header: int) -> tuple[object, ...]:
    """Everything that must not depend on the format; lines counted from the first row."""
    counts, findings = taken.counts, desk.findings(taken)
    return (
        (counts.rows_in, counts.accepted, counts.rejected, counts.flagged),
        counts.reasons,
        counts.flags,
        sorted(desk.rows(taken).rows(), key=repr),
        sorted(
            (found["line"] - header, found["rule"], found["severity"], found["item"] or "")
            for found in findings.iter_rows(named=True)
        ),
        sorted(findings["value"].fill_null("").to_list()),
    )


@pytest.mark.duty("D18", "baoji-2017 §17")
@pytest.mark.parametrize(
    ("data", "content", "header"),
    [
        (gzip.compress(as_csv(table())), GZIP, 1),
        (zipped(as_csv(table())), ZIP, 1),
        (as_json_lines(table()), JSON_LINES, 0),
        (gzip.compress(as_json_lines(table())), Content(Format.JSON_LINES, Packing.GZIP), 0),
        (zipped(as_json_lines(table()), "x/企业.JSONL"), ZIP, 0),
        (as_workbook(table()), XLSX, 1),
        (as_parquet(table()), PARQUET, 0),
    ],
    ids=["gzip", "zip", "json-lines", "json-lines-gzip", "json-lines-zip", "xlsx", "parquet"],
)
@pytest.mark.parametrize("bounds", [Bounds(), Bounds(block=700, rows=20, bucket=1000)])
def test_the_same_rows_come_to_the_same_in_every_format(
    tmp_path: Path, data: bytes, content: Content, header: int, bounds: Bounds
) -> None:
    plain, other = Desk(tmp_path / "csv"), Desk(tmp_path / "other")
    expected = come_to(plain, plain.take(as_csv(table()), severities=FLAGGING), 1)
    assert (
        come_to(
            other, other.take(data, severities=FLAGGING, bounds=bounds, content=content), header
        )
        == expected
    )
    assert len(expected[1]) == 5  # type: ignore[arg-type]  # reasons, a counter
    assert Rule.CHECK_CHARACTER in expected[2]  # type: ignore[operator]  # flags, a counter


MIXED = [
    Item(code="id", name="编号", type=ItemType.CHARACTER, length=18, key=True),
    Item(code="amount", name="金额", type=ItemType.NUMERIC, scale=4),
    Item(code="open", name="在营", type=ItemType.LOGICAL),
]


def test_a_malformed_json_line_is_a_reject_with_its_number_never_the_end(desk: Desk) -> None:
    lines = [
        '{"id": "a", "金额": 1, "在营": true}',
        "",
        '{"id": "b", "金额": 1',
        '{"id": "c", "金额": 1}',
        '{"id": "d", "金额": 1, "在营": true, "多": 1}',
        '{"id": "e", "ID": "e", "金额": 1, "在营": true}',
        '{"id": {"deep": 1}, "金额": 1, "在营": true}',
        '["id"]',
        "[" * 100_000,
        '{"id": "f", "金额": NaN, "在营": true}',
        '{"id": "g", "金额": "' + "1" * (1 << 20) + '", "在营": true}',
        '{"在营": null, "id": "h", "金额": ""}',
    ]
    taken = desk.take("\r\n".join(lines).encode(), MIXED, content=JSON_LINES)
    assert (taken.counts.rows_in, taken.counts.accepted) == (11, 2)
    found = desk.findings(taken).select("line", "rule").rows()
    fields, unreadable = Rule.FIELDS.value, Rule.UNREADABLE.value
    assert found == [
        (3, unreadable),
        (4, fields),
        (5, fields),
        (6, fields),
        (7, unreadable),
        (8, unreadable),
        (9, unreadable),
        (10, unreadable),
        (11, unreadable),
    ]
    assert desk.rows(taken)["id"].to_list() == ["a", "h"]


def test_numbers_of_json_lose_no_digit_and_damage_is_found(desk: Desk) -> None:
    text = (
        '{"id": 320582643205826432, "amount": 12345678901234567890.1234, "open": false}\n'
        '{"id": "x\\u0000y", "amount": null, "open": "是"}\n'
        '{"id": "\\ud800", "amount": 1e3, "open": "是"}\n'
    )
    taken = desk.take(text.encode(), MIXED, content=JSON_LINES)
    rows = desk.rows(taken)
    assert rows["id"].to_list() == ["320582643205826432"]
    assert [str(value) for value in rows["amount"]] == ["12345678901234567890.1234"]
    assert rows["open"].to_list() == [False]
    assert desk.findings(taken).filter("first")["rule"].to_list() == ["damaged-text"] * 2


def test_a_delta_of_json_lines_says_per_row_whether_its_key_goes(desk: Desk) -> None:
    text = '{"id":"a","amount":1,"open":null}\n{"id":"b","amount":"","open":"","_op":"delete"}\n'
    taken = desk.take(text.encode(), MIXED, delta=True, content=JSON_LINES)
    assert desk.rows(taken)["$delete"].to_list() == [False, True]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ('{"id": "a"}\n{"id": "b"}\n', "header-mismatch"),
        (HEADER, "header-missing"),
        ("", "header-missing"),
    ],
)
def test_json_lines_that_never_name_the_items_are_refused_as_a_whole(
    desk: Desk, text: str, code: str
) -> None:
    with pytest.raises(BatchRefused) as refused:
        desk.take(text.encode(), MIXED, content=JSON_LINES)
    assert refused.value.code == code


def test_a_rejected_json_line_keeps_yesterdays_row_of_its_key(desk: Desk) -> None:
    text = '{"id":"a","amount":1,"open":null}\n{"id": "kept", "amount": 5}\n{"id" :"cut"'
    taken = desk.take(text.encode(), MIXED, content=JSON_LINES)
    kept = [key for part in taken.rejected_keys for key in desk.scratch.get(part)["id"]]
    assert {"kept", "cut"} <= set(kept)


BOMB = gzip.compress(b"\0" * (64 << 20))


@pytest.mark.parametrize(
    ("data", "content"),
    [(BOMB, GZIP), (zipped(b"\0" * (64 << 20)), ZIP)],
    ids=["gzip", "zip"],
)
def test_a_bomb_is_a_refusal_and_never_memory(desk: Desk, data: bytes, content: Content) -> None:
    tracemalloc.start()
    with pytest.raises(BatchRefused) as refused:
        desk.take(data, content=content)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert refused.value.code == "expands-too-much"
    assert peak < 16 << 20


def test_more_text_than_is_read_at_all_is_refused_however_well_it_packs(desk: Desk) -> None:
    with pytest.raises(BatchRefused) as refused:
        desk.take(gzip.compress(as_csv(table())), content=GZIP, bounds=Bounds(unpacked=1000))
    assert refused.value.code == "expands-too-much"


def two_members() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.csv", "a")
        archive.writestr("b.csv", "b")
    return out.getvalue()


def huge_directory() -> bytes:
    """A ZIP whose directory claims, and has, many mebibytes."""
    end = zipped(b"a")[-22:]
    size = 4 << 20
    return b"PK\1\2" * (size // 4) + end[:12] + size.to_bytes(4, "little") + b"\0" * 6


WHOLE = gzip.compress(as_csv(table()))


@pytest.mark.parametrize(
    ("data", "content", "code"),
    [
        (b"", GZIP, "packing-unreadable"),
        (WHOLE[:-9], GZIP, "packing-unreadable"),
        (WHOLE[:-8] + b"12345678", GZIP, "packing-unreadable"),
        (WHOLE + b"rest", GZIP, "packing-unreadable"),
        (as_csv(table()), GZIP, "packing-unreadable"),
        (b"", ZIP, "packing-unreadable"),
        (as_csv(table()), ZIP, "packing-unreadable"),
        (zipped(as_csv(table()))[:-30], ZIP, "packing-unreadable"),
        (zipped(as_csv(table())).replace(b"PK\3\4", b"PK\3\5"), ZIP, "packing-unreadable"),
        (huge_directory(), ZIP, "packing-unreadable"),
        (two_members(), ZIP, "zip-members"),
        (zipped(b"x", "企业.exe"), ZIP, "zip-member-unknown"),
        (zipped(b"x", "csv"), ZIP, "zip-member-unknown"),
    ],
)
def test_a_packed_file_that_is_not_whole_is_refused_before_a_row_is_read(
    desk: Desk, data: bytes, content: Content, code: str
) -> None:
    with pytest.raises(BatchRefused) as refused:
        desk.take(data, content=content)
    assert refused.value.code == code


def test_gzips_put_together_and_padded_are_one_file(desk: Desk) -> None:
    text = as_csv(table())
    data = gzip.compress(text[:500]) + gzip.compress(text[500:]) + b"\0" * 512
    plain = desk.take(text)
    assert desk.take(data, content=GZIP).counts == plain.counts


@pytest.mark.parametrize(
    ("data", "content"),
    [
        (b"id||amount||open\na||''||''\n''||1||1\n", Content()),
        (b"id,amount,open\r\na,\"''\",\r\n'',1,1", Content()),
        (
            b'{"id":"a","amount":"\'\'","open":null}\n{"id":"\'\'","amount":1,"open":1}\n',
            JSON_LINES,
        ),
        (workbook([["id", "amount", "open"], ["a", "''", None], ["''", 1, 1]]), XLSX),
    ],
    ids=["bars", "commas", "json-lines", "xlsx"],
)
def test_two_apostrophes_are_null_in_every_format(
    desk: Desk, data: bytes, content: Content
) -> None:
    taken = desk.take(data, MIXED, content=content)
    assert desk.rows(taken).select("id", "amount", "open").rows() == [("a", None, None)]
    assert taken.counts.reasons == {Rule.REQUIRED: 1}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "gb18030"])
@pytest.mark.parametrize("form", [Format.CSV, Format.JSON_LINES])
@pytest.mark.parametrize("packing", [Packing.NONE, Packing.GZIP])
def test_charsets_are_read_in_every_text_format(
    desk: Desk, encoding: str, form: Format, packing: Packing
) -> None:
    text = (as_csv if form is Format.CSV else as_json_lines)(table()[::2])
    data = text.decode().encode(encoding)
    if packing is Packing.GZIP:
        data = gzip.compress(data)
    taken = desk.take(data, content=Content(form, packing))
    assert (taken.counts.accepted, taken.counts.rejected) == (60, 0)
