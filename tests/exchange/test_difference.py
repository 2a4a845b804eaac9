"""Changes between states, against a plain dictionary as the oracle; and what a grant sees."""

from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.exchange.delivered import Form
from services.exchange.formats.writing import written
from services.exchange.tables import views
from services.exchange.tables.checks import FLAGS, STALE
from services.exchange.tables.difference import (
    BEFORE,
    CHANGE,
    Columns,
    Difference,
    State,
    inserted,
    settled,
)
from services.exchange.tables.items import Item, ItemType
from services.exchange.tables.shelf import Part, Shelf
from services.exchange.tables.views import View
from shared.crypto import STANDARD
from tests.exchange.tables import Desk

ITEMS = [
    Item(code="id", name="编号", type=ItemType.CHARACTER, length=2, key=True),
    Item(code="name", name="名称", type=ItemType.CHARACTER, length=3),
    Item(code="phone", name="电话", type=ItemType.CHARACTER),
]
COLUMNS = Columns(ITEMS)
HEADER = "编号,名称,电话"
Row = tuple[str | None, str | None]
IDS = st.sampled_from([f"{n}" for n in range(8)])
VALUES = st.sampled_from(["", "甲", "乙", "名称过长"])
SNAPSHOT = st.dictionaries(IDS, st.tuples(VALUES, VALUES), max_size=8)


class Ledger:
    """One resource that takes batch after batch, as publication will do it."""

    def __init__(self, folder: Path, buckets: int = 1) -> None:
        self.desk = Desk(folder)
        self.state = State()
        self.difference = Difference(ITEMS, self.desk.scratch, buckets)

    def snapshot(self, table: dict[str, tuple[str, str]]) -> pl.DataFrame:
        text = "\n".join([HEADER, *(f"{k},{a},{b}" for k, (a, b) in table.items())])
        taken = self.desk.take(text.encode(), ITEMS)
        steps = list(
            self.difference.of_snapshot(
                self.state, self.frames(taken.parts), self.scratch_frames(taken.rejected_keys)
            )
        )
        stale = self.desk.shelf.put(pl.concat([step.stale for step in steps]))
        parts = [part for part in (*taken.parts, stale) if part.rows]
        self.state = State(base=[(self.desk.shelf, part) for part in parts])
        return pl.concat([step.changes for step in steps])

    def delta(self, lines: list[str]) -> pl.DataFrame:
        taken = self.desk.take("\n".join([HEADER + ",_op", *lines]).encode(), ITEMS, delta=True)
        steps = list(
            self.difference.of_delta(
                self.state, self.frames(taken.parts), self.scratch_frames(taken.rejected_keys)
            )
        )
        changes = pl.concat([step.changes for step in steps])
        part = (self.desk.shelf, self.desk.shelf.put(changes))
        self.state = State(self.state.base, [*self.state.changes, part])
        return changes

    def frames(self, parts: list[Part]) -> Iterator[pl.DataFrame]:
        return map(self.desk.shelf.get, parts)

    def scratch_frames(self, parts: list[Part]) -> Iterator[pl.DataFrame]:
        return map(self.desk.scratch.get, parts)

    def rows(self) -> dict[str, tuple[str | None, str | None, bool]]:
        def read(parts: list[tuple[Shelf, Part]], schema: pl.Schema) -> pl.DataFrame:
            frames = [shelf.get(part) for shelf, part in parts]
            return pl.concat(frames) if frames else pl.DataFrame(schema=schema)

        base = read(list(self.state.base), COLUMNS.state)
        chain = read(list(self.state.changes), COLUMNS.changes)
        rows = settled(base, chain, COLUMNS)
        return {r["id"]: (r["name"], r["phone"], r[STALE]) for r in rows.iter_rows(named=True)}


def good(row: tuple[str, str]) -> bool:
    return len(row[0]) <= 3


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SNAPSHOT, min_size=1, max_size=4), st.sampled_from([1, 3]))
def test_snapshots_lead_from_state_to_state_and_a_rejected_key_keeps_its_old_row(
    tmp_path: Path, tables: list[dict[str, tuple[str, str]]], buckets: int
) -> None:
    ledger = Ledger(tmp_path, buckets)
    expected: dict[str, tuple[str | None, str | None, bool]] = {}
    for table in tables:
        before = dict(expected)
        expected = {k: (a or None, b or None, False) for k, (a, b) in table.items() if good((a, b))}
        for key, row in table.items():
            if not good(row) and key in before:
                expected[key] = (*before[key][:2], True)
        changes = ledger.snapshot(table)
        assert ledger.rows() == expected
        seen = {
            r["id"]: (
                None if r[CHANGE] == "insert" else (r[BEFORE + "name"], r[BEFORE + "phone"]),
                None if r[CHANGE] == "delete" else (r["name"], r["phone"], r[STALE]),
            )
            for r in changes.iter_rows(named=True)
        }
        wanted = {
            key: (before[key][:2] if key in before else None, expected.get(key))
            for key in before.keys() | expected.keys()
            if before.get(key) != expected.get(key)
        }
        assert seen == wanted


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    SNAPSHOT,
    st.lists(st.dictionaries(IDS, st.none() | st.tuples(VALUES, VALUES), max_size=6), max_size=4),
    st.sampled_from([1, 3]),
)
def test_deltas_upsert_and_delete_by_key(
    tmp_path: Path,
    first: dict[str, tuple[str, str]],
    deltas: list[dict[str, tuple[str, str] | None]],
    buckets: int,
) -> None:
    ledger = Ledger(tmp_path, buckets)
    ledger.snapshot(first)
    expected = ledger.rows()
    for delta in deltas:
        lines = [
            f"{k},,,delete" if row is None else f"{k},{row[0]},{row[1]},"
            for k, row in delta.items()
        ]
        ledger.delta(lines)
        for key, row in delta.items():
            if row is None:
                expected.pop(key, None)
            elif good(row):
                expected[key] = (row[0] or None, row[1] or None, False)
            elif key in expected:
                expected[key] = (*expected[key][:2], True)
        assert ledger.rows() == expected
    whole = pl.concat(list(ledger.difference.rebased(ledger.state)))
    assert sorted(whole["id"]) == sorted(expected)


@pytest.fixture
def changed(tmp_path: Path) -> pl.DataFrame:
    ledger = Ledger(tmp_path)
    ledger.snapshot(
        {"1": ("甲", "139"), "2": ("乙", "138"), "3": ("丙", "137"), "4": ("丁", "136")}
    )
    table = {"1": ("甲", "999"), "2": ("新", "138"), "4": ("名称过长", ""), "5": ("戊", "555")}
    return ledger.snapshot(table)


def view(*granted: str, secret: bytes = b"s" * 32, marks: bool = False) -> View:
    return View(ITEMS, frozenset(granted), secret, STANDARD, marks)


@pytest.mark.duty("D16", "baoji-2017 §18")
def test_a_view_shows_only_changes_of_what_is_granted(changed: pl.DataFrame) -> None:
    cut = views.changes(changed, view("id", "name"))
    assert cut.columns == ["_change_type", "id", "name"]
    assert sorted(cut.rows()) == [
        ("delete", "3", "丙"),
        ("insert", "5", "戊"),
        ("update_postimage", "2", "新"),
        ("update_preimage", "2", "乙"),
    ]


@pytest.mark.duty("D18", "baoji-2017 §17")
def test_a_view_with_marks_also_tells_that_a_row_has_become_stale(changed: pl.DataFrame) -> None:
    cut = views.changes(changed, view("id", "name", marks=True))
    assert cut.columns == ["_change_type", "id", "name", "_flags", "_stale"]
    assert sorted(cut.select("_change_type", "id", "name", "_stale").rows()) == [
        ("delete", "3", "丙", False),
        ("insert", "5", "戊", False),
        ("update_postimage", "2", "新", False),
        ("update_postimage", "4", "丁", True),
        ("update_preimage", "2", "乙", False),
        ("update_preimage", "4", "丁", False),
    ]


@pytest.mark.duty("D16", "baoji-2017 §18")
@pytest.mark.parametrize("form", list(Form))
def test_what_is_not_granted_is_not_in_the_files_bytes(changed: pl.DataFrame, form: Form) -> None:
    cut = changed.with_columns(pl.col("phone").fill_null("13900001111"))
    data = bytes(written(views.changes(cut, view("id", "name")), form))
    for absent in (b"13900001111", b"phone", "电话".encode(), "电话".encode("gb18030"), b"$before"):
        assert absent not in data


def test_a_grant_without_the_key_gets_a_pseudonym_of_its_own(changed: pl.DataFrame) -> None:
    one = views.changes(changed, view("name", marks=True))
    again = views.changes(changed, view("name", marks=True))
    other = views.changes(changed, view("name", secret=b"t" * 32))
    assert "id" not in one.columns
    assert one["_key"].to_list() == again["_key"].to_list()
    assert not set(one["_key"]) & set(other["_key"])
    images = one.filter(pl.col("_change_type").str.starts_with("update"))
    assert images.group_by("_key").len()["len"].to_list() == [2, 2]


def test_flags_of_items_that_are_not_granted_stay_inside(changed: pl.DataFrame) -> None:
    flagged = changed.with_columns(
        pl.Series(FLAGS, [["phone:too-long", "name:damaged-text"]] * changed.height)
    )
    cut = views.changes(flagged, view("id", "name", marks=True))
    kept = cut.filter(pl.col("_change_type") != "delete")["_flags"].drop_nulls().unique().to_list()
    assert kept == ["name:damaged-text"]


def test_a_first_snapshot_is_all_inserts(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    changes = ledger.snapshot({"1": ("甲", "1"), "2": ("乙", "2")})
    base = pl.concat([shelf.get(part) for shelf, part in ledger.state.base])
    assert inserted(base, COLUMNS).sort("id").equals(changes.sort("id"))
