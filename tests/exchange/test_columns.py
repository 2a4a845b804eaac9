"""A Parquet file as a batch: its types are made text, and its decoder may fall alone."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from services.exchange.decoding import LARGEST, Decoding
from services.exchange.tables.formats import Content, Format
from services.exchange.tables.items import Item, ItemType
from services.exchange.tables.reasons import Rule
from services.exchange.tables.refusals import BatchRefused
from services.exchange.tables.shelf import Bounds
from tests.exchange.tables import Desk

PARQUET = Content(Format.PARQUET)
ITEMS = [
    Item(code="id", name="编号", type=ItemType.CHARACTER, length=18, key=True),
    Item(code="n", name="数量", type=ItemType.INTEGER),
    Item(code="amount", name="金额", type=ItemType.CURRENCY),
    Item(code="day", name="日期", type=ItemType.DATE),
    Item(code="at", name="时间", type=ItemType.DATETIME),
    Item(code="open", name="在营", type=ItemType.LOGICAL),
]
ROW: dict[str, object] = {
    "id": "a",
    "n": 7,
    "amount": Decimal("1200.50"),
    "day": date(2016, 6, 23),
    "at": datetime(2016, 6, 23, 10, 0, 0, 250_000, UTC).replace(tzinfo=None),
    "open": True,
}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def parquet(*rows: dict[str, object]) -> bytes:
    out = io.BytesIO()
    pl.DataFrame(list(rows)).write_parquet(out)
    return out.getvalue()


def test_typed_columns_come_to_what_their_text_would(desk: Desk) -> None:
    nothing = ROW | {"id": "b", "n": None, "amount": None, "day": None, "at": None, "open": None}
    taken = desk.take(parquet(ROW, nothing), ITEMS, content=PARQUET)
    assert desk.rows(taken).select(ROW.keys()).to_dicts() == [ROW, nothing]


def test_numbers_kept_as_floats_are_whole_again_and_lost_digits_are_found(desk: Desk) -> None:
    rows = [
        ROW | {"id": float(n), "n": float(n), "amount": 0.5, "day": datetime(2016, 6, 23, 0, 0)}  # noqa: DTZ001 - local, as departments write it
        for n in (1, 2)
    ]
    rows.append(rows[0] | {"id": 1.10105194912310016e17})
    taken = desk.take(parquet(*rows), ITEMS, content=PARQUET)
    assert desk.rows(taken)["id"].to_list() == ["1", "2"]
    assert desk.rows(taken)["day"].to_list() == [date(2016, 6, 23)] * 2
    assert taken.counts.reasons == {Rule.ROUNDED: 1}
    assert desk.findings(taken)["line"].unique().to_list() == [3]


@pytest.mark.parametrize(
    "strange",
    [{"at": datetime(2016, 6, 23, tzinfo=UTC)}, {"n": [1]}, {"n": {"x": 1}}, {"id": b"a"}],
    ids=["zone", "list", "struct", "bytes"],
)
def test_a_type_that_could_only_be_guessed_at_is_refused_by_name(
    desk: Desk, strange: dict[str, object]
) -> None:
    with pytest.raises(BatchRefused, match=next(iter(strange))) as refused:
        desk.take(parquet(ROW | strange), ITEMS, content=PARQUET)
    assert refused.value.code == "column-unreadable"


def test_no_rows_are_an_empty_batch_and_other_columns_a_refusal(desk: Desk) -> None:
    out = io.BytesIO()
    pl.DataFrame([ROW]).clear().write_parquet(out)
    assert desk.take(out.getvalue(), ITEMS, content=PARQUET).counts.rows_in == 0
    with pytest.raises(BatchRefused) as refused:
        desk.take(parquet({"x": 1}), ITEMS, content=PARQUET)
    assert refused.value.code == "header-mismatch"


@pytest.mark.parametrize(
    "data",
    [b"", b"PAR1", b"id,n\n", parquet(ROW)[:-20], b"PAR1" + b"\xff" * 500 + b"PAR1"],
    ids=["empty", "short", "csv", "cut", "noise"],
)
def test_what_is_no_parquet_is_refused(desk: Desk, data: bytes) -> None:
    with pytest.raises(BatchRefused) as refused:
        desk.take(data, ITEMS, content=PARQUET)
    assert refused.value.code == "parquet-unreadable"


def test_a_decoder_that_needs_more_memory_than_it_has_falls_alone() -> None:
    out = io.BytesIO()
    long = [str(n) + "x" * (8 << 20) for n in range(32)]
    pl.DataFrame({"id": long}).write_parquet(out, compression="zstd")
    size = len(out.getvalue())
    assert size < 1 << 20
    out.seek(0)
    with (
        pytest.raises(BatchRefused) as refused,
        Decoding(out, size, 64 << 30, memory=640 << 20) as decoded,
    ):
        list(decoded.frames())
    assert refused.value.code == "parquet-unreadable"
    small = parquet(ROW)
    with Decoding(io.BytesIO(small), len(small), 64 << 30, memory=640 << 20) as decoded:
        assert [frame.height for frame in decoded.frames()] == [1]


def test_one_long_text_in_many_rows_is_refused_by_what_it_comes_to(desk: Desk) -> None:
    out = io.BytesIO()
    one = pl.Series("id", ["x" * (1 << 20)])
    one.new_from_index(0, 100).to_frame().write_parquet(out)
    with pytest.raises(BatchRefused) as refused:
        desk.take(out.getvalue(), ITEMS, content=PARQUET)
    assert refused.value.code == "expands-too-much"


def test_bounds_of_size_are_refusals(desk: Desk) -> None:
    with pytest.raises(BatchRefused) as refused:
        desk.take(parquet(ROW), ITEMS, content=PARQUET, bounds=Bounds(unpacked=10))
    assert refused.value.code == "expands-too-much"
    with pytest.raises(BatchRefused) as refused:
        Decoding(io.BytesIO(), LARGEST + 1, LARGEST)
    assert refused.value.code == "parquet-too-large"
