"""A workbook read: the entries that it holds, each with what is wrong with its cells.

Sheets of items are read before sheets of resources and kept small, so that an entry comes out
whole and memory holds the cells of items alone, at most so many.
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO, Final

import orjson
from pydantic import JsonValue

from services.catalog.bulk.found import LONGEST_KEY, Found, Place, Problem, Unreadable
from services.catalog.mappings.translation import Translation
from services.catalog.workbook import findings
from services.catalog.workbook.conversion import Converter
from services.catalog.workbook.headings import (
    OF_ITEMS,
    RESOURCES,
    SEARCHED_ROWS,
    Headings,
    Table,
    table,
)
from services.catalog.workbook.layout import ITEMS, KEY
from shared.workbooks.cells import Cell, Holds, Row, letters, rows
from shared.workbooks.package import NotAWorkbook, Package, Sheet

MOST_ENTRIES: Final = 10_000
MOST_ITEMS: Final = 200_000
# The template's second row repeats the headings by their paths.
_REPEATED_HEADINGS: Final = 3


class TooManyRows(Unreadable):
    """More rows than one workbook may bring."""

    def __init__(self) -> None:
        super().__init__(
            "workbook-too-long",
            f"一个工作簿最多 {MOST_ENTRIES} 个条目、{MOST_ITEMS} 个信息项，请分成几个文件。",
            f"A workbook brings at most {MOST_ENTRIES} entries and {MOST_ITEMS} items; split it.",
        )


class NoEntries(Unreadable):
    """No sheet of the workbook has the headings of the template."""

    def __init__(self) -> None:
        super().__init__(
            "workbook-without-entries",
            "没有找到目录条目：请保留模板“信息资源”表的表头（至少有编号和名称两列）。",
            "No sheet has the headings of the template's sheet of resources.",
        )


def read(file: BinaryIO, translation: Translation) -> Iterator[Found | Problem]:
    """The entries of a workbook, in order, and what is wrong beside them.

    Raises Unreadable where the whole cannot be read.
    """
    try:
        with Package(file) as package:
            yield from _Reading(package, translation).found()
    except NotAWorkbook as broken:
        raise Unreadable(broken.code, broken.zh, broken.en) from broken


class _Reading:
    def __init__(self, package: Package, translation: Translation) -> None:
        self._package = package
        self._translation = translation
        self._items: dict[str, list[bytes]] = defaultdict(list)
        self._kept = 0
        self._sheets: list[Sheet] = []
        self._headings: list[Headings] = []

    def found(self) -> Iterator[Found | Problem]:
        tables = []
        for sheet in self._package.sheets:
            understood = table(
                islice(rows(self._package, sheet.part), SEARCHED_ROWS), self._translation
            )
            if understood is None:
                continue
            if sheet.hidden:
                yield findings.hidden_sheet(sheet)
                continue
            yield from findings.about(sheet, understood)
            tables.append((sheet, understood))
        resources = [(sheet, t) for sheet, t in tables if t.shape is RESOURCES]
        if not any(_has(t, KEY) and _has(t, "name") for _, t in resources):
            raise NoEntries
        for sheet, understood in tables:
            if understood.shape is OF_ITEMS:
                yield from self._keep_items(sheet, understood)
        yield from self._entries(resources)
        yield from self._left_over()

    def _rows(self, sheet: Sheet, understood: Table) -> Iterator[Row]:
        for row in rows(self._package, sheet.part):
            if row.number > understood.row and not (
                row.number <= understood.row + _REPEATED_HEADINGS
                and understood.repeats_headings(row, self._translation)
            ):
                # What stands beside the table is nobody's.
                row.cells = {n: c for n, c in row.cells.items() if n in understood.headings}
                if row.cells:
                    yield row

    def _keep_items(self, sheet: Sheet, understood: Table) -> Iterator[Problem]:
        number = len(self._sheets)
        self._sheets.append(sheet)
        self._headings.append(understood.headings)
        for row in self._rows(sheet, understood):
            self._kept += 1
            if self._kept > MOST_ITEMS:
                raise TooManyRows
            key = self._key(row, understood.headings)
            if key is None:
                yield findings.lost_item(sheet, row, "item-without-entry")
                continue
            cells = {str(n): [cell.text, cell.holds.value] for n, cell in row.cells.items()}
            self._items[key].append(orjson.dumps([number, row.number, row.hidden, cells]))

    def _entries(self, resources: list[tuple[Sheet, Table]]) -> Iterator[Found]:
        seen: dict[str, Place] = {}
        count = 0
        for sheet, understood in resources:
            for row in self._rows(sheet, understood):
                count += 1
                if count > MOST_ENTRIES:
                    raise TooManyRows
                found = self._entry(sheet, row, understood.headings)
                if found.key is not None:
                    before = seen.setdefault(found.key, found.place)
                    if before is not found.place:
                        found.problems.append(findings.repeated(found, before))
                    else:
                        self._add_items(found, self._items.pop(found.key, []))
                yield found

    def _entry(self, sheet: Sheet, row: Row, headings: Headings) -> Found:
        key = self._key(row, headings)
        found = Found(key=key, place=findings.row_place(sheet, row, headings), told={})
        places: dict[str, Place] = {}
        found.places = places
        if key is None:
            found.problems.append(findings.key_missing(found.place))
        if row.hidden:
            found.problems.append(findings.hidden_row(found.place))
        found.told = self._told(sheet, row, headings, "", places, found.problems)
        return found

    def _add_items(self, found: Found, kept: list[bytes]) -> None:
        items: list[JsonValue] = []
        places = dict(found.places)
        for position, piece in enumerate(kept):
            number, row_number, hidden, cells = orjson.loads(piece)
            row = Row(row_number, hidden)
            row.cells = {int(n): Cell(text, Holds(holds)) for n, (text, holds) in cells.items()}
            sheet, headings = self._sheets[number], self._headings[number]
            prefix = f"{ITEMS}.{position}"
            places[prefix] = findings.row_place(sheet, row, headings)
            if hidden:
                found.problems.append(findings.hidden_row(places[prefix], prefix))
            items.append(self._told(sheet, row, headings, f"{prefix}.", places, found.problems))
        found.places = places
        if items:
            found.told[ITEMS] = items

    def _told(
        self,
        sheet: Sheet,
        row: Row,
        headings: Headings,
        prefix: str,
        places: dict[str, Place],
        problems: list[Problem],
    ) -> dict[str, JsonValue]:
        """What the API would be told of a row; `prefix` is that of an item's fields."""
        told: dict[str, JsonValue] = {}
        converter = Converter(self._translation, problems, f"{ITEMS}." if prefix else "")
        for number, column in sorted(headings.items()):
            if column.path == KEY:
                continue
            field = f"{prefix}{column.path}"
            cell = row.cells.get(number)
            place = Place(sheet.name, f"{letters(number)}{row.number}")
            place = place.holding(cell.text if cell else None)
            places[field] = place
            if cell is not None:
                value = converter.value(column, cell, place, field)
                if value is not None:
                    _put(told, column.path, value)
        _fill_parts(told, headings)
        return told

    def _key(self, row: Row, headings: Headings) -> str | None:
        for number, column in headings.items():
            if column.path == KEY and number in row.cells:
                cell = row.cells[number]
                text = Converter(self._translation, []).value(column, cell, Place("", ""), KEY)
                return str(text).strip()[: LONGEST_KEY + 1] if text is not None else None
        return None

    def _left_over(self) -> Iterator[Problem]:
        for kept in self._items.values():
            for piece in kept:
                number, row_number, hidden, cells = orjson.loads(piece)
                row = Row(
                    row_number, hidden, {int(n): Cell(text) for n, (text, _) in cells.items()}
                )
                yield findings.lost_item(self._sheets[number], row, "item-of-no-entry")


def _put(told: dict[str, JsonValue], path: str, value: JsonValue) -> None:
    part, _, member = path.rpartition(".")
    if not part:
        told[member] = value
        return
    inner = told.setdefault(part, {})
    if isinstance(inner, dict):
        inner[member] = value


def _fill_parts(told: dict[str, JsonValue], headings: Headings) -> None:
    """Tell an empty text where a part is stated without it, so that a rule can ask for it."""
    for column in headings.values():
        leaf = column.leaf
        inner = told.get(leaf.within) if leaf.within else None
        if leaf.required and leaf.codes is None and isinstance(inner, dict):
            inner.setdefault(column.path.rpartition(".")[2], "")


def _has(understood: Table, path: str) -> bool:
    return any(column.path == path for column in understood.headings.values())
