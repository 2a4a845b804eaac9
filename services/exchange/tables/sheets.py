"""A sheet of an XLSX workbook cut into records: its first row that is not empty is the header.

What holds for a CSV holds here. A number is the text that people see, a date is one by its
cell's format or by its item's type; a formula or an error is no value, and digits that a
spreadsheet has lost are found: it keeps fifteen of a number. Lines are the sheet's own rows.

In memory are the workbook's shared strings (128 MiB in the file, a few times that in Python)
and a block of rows. The parts of a workbook may unpack to LARGEST bytes, and its cells to
MOST_EXPANSION times those.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import BinaryIO

import polars as pl

from services.exchange.tables.encodings import textual
from services.exchange.tables.items import Item, ItemType, known_cells, match_header
from services.exchange.tables.lines import Block, Malformed, line_of
from services.exchange.tables.packing import careful
from services.exchange.tables.reasons import Rule
from services.exchange.tables.refusals import BatchRefused
from shared.workbooks.cells import Cell, Holds, Row, date_of, unmerged
from shared.workbooks.package import NotAWorkbook, Package

LARGEST = 2 << 30
# One text that stands in many cells is written once.
MOST_EXPANSION = 8
_FREE = 16 << 20
# Cells in Python take several times the room of their text.
_SHARE = 4
_CELL = 16
_DATES = (ItemType.DATE, ItemType.DATETIME)
_APPROXIMATE = (ItemType.DOUBLE, ItemType.FLOAT)
# A spreadsheet's last day is 9999-12-31; a larger number is a date of eight digits.
_LAST_DAY = 2_958_466
_MOST_DIGITS = 10**15
# Where only a time stands in a cell, its day is the one before the calendar's first.
_NO_DAY = ("1899-12-30 ", "1899-12-31 ")


class SheetReader:
    """Reads one sheet: the named one, or the first that is not hidden.

    `size` is about how many bytes of text it holds. Raises BatchRefused for what is no workbook,
    and where there is no such sheet.
    """

    def __init__(self, file: BinaryIO, sheet: str | None) -> None:
        self._file = file
        self._sheet = sheet
        with self._opened() as package:
            self._unpacked = package.unpacked
            self.size = 2 * self._unpacked

    def blocks(self, items: Sequence[Item], size: int, *, delta: bool) -> Iterator[Block]:
        """Every block. Raises BatchRefused where the header does not fit the items."""
        with self._opened() as package:
            try:
                yield from self._blocks(package, items, size, delta=delta)
            except NotAWorkbook as broken:
                raise _refusal(broken) from broken

    def _blocks(
        self, package: Package, items: Sequence[Item], size: int, *, delta: bool
    ) -> Iterator[Block]:
        rows = unmerged(package, self._part(package))
        header = next(rows, Row(0)).cells
        names = [header[place].text for place in sorted(header)]
        if not known_cells(names, items):
            raise BatchRefused(
                "header-missing",
                "工作表首行不是目录信息项的名称或代码 "
                "(the sheet's first row does not name the items of the catalogue entry)",
            )
        columns = match_header(names, items, delta=delta)
        maker = _Maker(dict(zip(sorted(header), columns, strict=True)), items, package.since_1904)
        seen, bound = 0, max(1, size // _SHARE)
        for row in rows:
            maker.add(row)
            if maker.held >= bound:
                seen += maker.held
                if seen > _FREE + MOST_EXPANSION * self._unpacked:
                    raise BatchRefused(
                        "expands-too-much",
                        "工作簿展开后过大，请改用 CSV 提交 "
                        "(the workbook expands to more than is read; hand it in as CSV)",
                    )
                yield maker.block()
        if maker.held:
            yield maker.block()

    def _opened(self) -> "_Opened":
        return _Opened(self._file)

    def _part(self, package: Package) -> str:
        for sheet in package.sheets:
            if sheet.name == self._sheet or (self._sheet is None and not sheet.hidden):
                return sheet.part
        raise BatchRefused(
            "sheet-missing",
            "工作簿中没有指定的工作表，或所有工作表均已隐藏 "
            "(the workbook has no such sheet, or only hidden ones)",
        )


class _Opened:
    """A package whose faults are refusals of the batch."""

    def __init__(self, file: BinaryIO) -> None:
        file.seek(0)
        self._package = Package(careful(file), LARGEST)

    def __enter__(self) -> Package:
        try:
            return self._package.__enter__()
        except NotAWorkbook as broken:
            raise _refusal(broken) from broken

    def __exit__(self, *_: object) -> None:
        self._package.__exit__(None, None, None)


def _refusal(broken: NotAWorkbook) -> BatchRefused:
    return BatchRefused(broken.code, f"{broken.zh} ({broken.en})")


class _Maker:
    """Gathers rows into a block."""

    def __init__(self, columns: dict[int, str], items: Sequence[Item], since_1904: bool) -> None:
        self.held = 0
        self._columns = columns
        self._items = {item.code: item for item in items}
        self._since_1904 = since_1904
        self._clear()

    def _clear(self) -> None:
        self.held = 0
        self._numbers: list[int] = []
        self._rows: list[list[str | None]] = []
        self._malformed: list[Malformed] = []
        self._marks: dict[tuple[Rule, str], list[int]] = {}

    def add(self, row: Row) -> None:
        """One row of the sheet."""
        self.held += sum(len(cell.text) + _CELL for cell in row.cells.values())
        if row.cells.keys() - self._columns.keys():
            shown = [textual(row.cells[place].text) for place in sorted(row.cells)]
            self._malformed.append(Malformed(row.number, Rule.FIELDS, line_of(shown)))
            return
        values: list[str | None] = []
        for place, code in self._columns.items():
            cell = row.cells.get(place)
            values.append(None if cell is None else self._value(cell, code))
        self._numbers.append(row.number)
        self._rows.append(values)

    def _value(self, cell: Cell, code: str) -> str:
        item = self._items.get(code)
        if cell.holds in (Holds.FORMULA, Holds.ERROR):
            self._mark(Rule.NO_VALUE, code)
        elif cell.holds is Holds.DATE and cell.text.startswith(_NO_DAY):
            return cell.text[11:]
        elif cell.holds is Holds.NUMBER and item is not None:
            text, lost = number_text(cell.text, item, since_1904=self._since_1904)
            if lost:
                self._mark(Rule.ROUNDED, code)
            return text
        return textual(cell.text)

    def _mark(self, rule: Rule, code: str) -> None:
        self._marks.setdefault((rule, code), []).append(len(self._rows))

    def block(self) -> Block:
        """What was gathered, and nothing is any more."""
        nobody = pl.Series([False]).new_from_index(0, len(self._rows))
        made = Block(
            pl.Series(self._numbers, dtype=pl.UInt64),
            pl.Series([line_of([v or "" for v in row]) for row in self._rows], dtype=pl.String),
            pl.DataFrame(
                self._rows,
                schema=dict.fromkeys(self._columns.values(), pl.String()),
                orient="row",
            ),
            self._malformed,
            {where: nobody.clone().scatter(rows, True) for where, rows in self._marks.items()},
        )
        self._clear()
        return made


def number_text(raw: str, item: Item, *, since_1904: bool) -> tuple[str, bool]:
    """A number of a spreadsheet as the text that people see, and whether digits are lost: it
    has more than fifteen and its item's values are exact."""
    try:
        value = float(raw)
    except ValueError:
        return raw, False
    if not abs(value) < float("inf"):
        return raw, False
    if item.type in _DATES and 1 <= value < _LAST_DAY:
        return date_of(raw, since_1904), False
    if item.type in _APPROXIMATE:
        return raw, False
    if abs(value) >= _MOST_DIGITS:
        return str(int(value)), True
    if value.is_integer():
        return str(int(value)), False
    return format(Decimal(format(value, ".15g")), "f"), False
