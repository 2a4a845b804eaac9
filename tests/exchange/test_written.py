"""Cut files in every format that somebody may ask for: the same values, and nothing replaced."""

import codecs
import csv
import io
import json
from datetime import date, datetime
from decimal import Decimal

import polars as pl
import pytest

from services.exchange.delivered import Form
from services.exchange.formats.gb18030 import encoded
from services.exchange.formats.writing import written
from services.exchange.tables.encodings import to_utf8
from tests.exchange.tables import HEADER, line
from tests.exchange.world import World

# A rare character of a person's name, one beyond the basic plane, and what CSV has to quote.
NAME = '王䶮𠮷,"·"\n二'
FRAME = pl.DataFrame(
    {
        "name": [NAME, "", None],
        "sum": pl.Series([Decimal("12345678901234567890.10"), None, None], dtype=pl.Decimal(38, 2)),
        "day": [date(2026, 3, 1), None, None],
        "at": [datetime.fromisoformat("2026-03-01T08:30:00"), None, None],
        "good": [True, False, None],
        "count": [2**53 + 1, -1, None],
    }
)
ROWS = [
    ["name", "sum", "day", "at", "good", "count"],
    [
        NAME,
        "12345678901234567890.10",
        "2026-03-01",
        "2026-03-01T08:30:00",
        "true",
        "9007199254740993",
    ],
    ["", "", "", "", "false", "-1"],
    ["", "", "", "", "", ""],
]


@pytest.mark.parametrize(
    ("form", "mark", "charset"),
    [
        (Form.CSV, b"", "utf-8"),
        (Form.CSV_MARKED, codecs.BOM_UTF8, "utf-8"),
        (Form.CSV_GB18030, b"", "gb18030"),
    ],
)
def test_every_csv_has_the_same_values(form: Form, mark: bytes, charset: str) -> None:
    data = bytes(written(FRAME, form))
    assert data.startswith(mark)
    text = data.removeprefix(mark).decode(charset)
    assert list(csv.reader(io.StringIO(text, newline=""))) == ROWS
    # An empty text is not an empty value.
    assert '\n"",,,,false,-1\n,,,,,\n' in text


def test_json_lines_have_exact_numbers_as_text() -> None:
    lines = bytes(written(FRAME, Form.JSON_LINES)).splitlines()
    assert [json.loads(found) for found in lines] == [
        {
            "name": NAME,
            "sum": "12345678901234567890.10",
            "day": "2026-03-01",
            "at": "2026-03-01T08:30:00",
            "good": True,
            "count": 2**53 + 1,
        },
        {"name": "", "sum": None, "day": None, "at": None, "good": False, "count": -1},
        {"name": None, "sum": None, "day": None, "at": None, "good": None, "count": None},
    ]


def test_parquet_comes_back_as_it_was() -> None:
    assert pl.read_parquet(io.BytesIO(written(FRAME, Form.PARQUET))).equals(FRAME)


def test_gb18030_holds_every_character_and_each_has_its_own_bytes() -> None:
    every = [chr(c) for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF]
    assert len({encoded(character) for character in every}) == len(every)


def test_characters_that_an_earlier_edition_had_in_private_use_are_where_old_fonts_have_them() -> (
    None
):
    assert encoded("\ufe10\u9fb4") == b"\xa6\xd9\xfe\x59"
    # What is handed out in GB18030 and handed in again is the same.
    text = "序号,名称\n1,王䶮\ufe10\u9fb4𠮷\n"
    assert b"".join(to_utf8([encoded(text)], "gb18030")).decode() == text


def test_slices_of_rows_join_to_one_file() -> None:
    rows = pl.DataFrame({"name": ["某某企业管理咨询有限公司"] * 120_000})
    whole = bytes(written(rows, Form.CSV)).decode()
    assert bytes(written(rows, Form.CSV_GB18030)).decode("gb18030") == whole
    assert bytes(written(rows, Form.JSON_LINES)).count(b"\n") == rows.height


async def test_a_grantee_gets_the_format_that_it_asks_for_and_it_is_made_once(
    world: World,
) -> None:
    await world.publish("\n".join([HEADER, line(1)]).encode())
    holder = await world.grant("name", "uscc")
    seen = set()
    for form in Form:
        (file,) = (await world.ask(holder, "snapshot", format=form)).json()["files"]
        (again,) = (await world.ask(holder, "snapshot", format=form)).json()["files"]
        assert (file["format"], file["digest"]) == (form, again["digest"])
        seen.add(file["digest"])
        data = await world.fetch(file)
        if form is Form.CSV_GB18030:
            assert data.decode("gb18030").startswith("name,uscc\n第1贸易有限公司,")
    assert len(seen) == len(Form)
    refused = await world.ask(holder, "snapshot", format="xlsx")
    assert refused.status_code == 422
