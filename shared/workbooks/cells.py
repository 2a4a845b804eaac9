"""The rows of a sheet as they stand there: each cell with what kind of thing it holds.

Read as a stream, so that memory does not grow with the sheet. Merged cells are filled with
what stands in the first of them, or left as they are; hidden rows say that they are hidden.
"""

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache
from typing import Final

from shared.workbooks.package import LONGEST_CELL, Package, unescaped

# What stands further right is none of ours.
MOST_COLUMNS: Final = 256
_MOST_MERGES: Final = 20_000
_MERGE: Final = re.compile(rb'mergeCell\s+ref="([A-Z]{1,3})([0-9]{1,7}):([A-Z]{1,3})([0-9]{1,7})"')
_LETTERS: Final = re.compile(r"[A-Z]{1,3}")
_OVERLAP: Final = 64
_LEAP_DAY: Final = 60


class Holds(Enum):
    """What a cell holds."""

    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    BOOLEAN = "boolean"
    ERROR = "error"
    FORMULA = "formula"


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell: as text, and what the program that wrote it took it for."""

    text: str
    holds: Holds = Holds.TEXT


@dataclass(slots=True)
class Row:
    """A row by its number from 1, its cells by their column from 0; empty ones are left out."""

    number: int
    hidden: bool = False
    cells: dict[int, Cell] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Merge:
    first_row: int
    last_row: int
    first_column: int
    last_column: int


@lru_cache(maxsize=1024)
def letters(column: int) -> str:
    """The letters of a column counted from 0: `A`, `Z`, `AA`."""
    found = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(65 + rest) + found
    return found


@lru_cache(maxsize=1024)
def index_of(column: str) -> int:
    """The column from 0 that the letters name."""
    found = 0
    for letter in column:
        found = found * 26 + ord(letter) - 64
    return found - 1


def _column_of(reference: str) -> int | None:
    """The column of a reference like `C7`; None where a writer leaves references out."""
    named = reference.rstrip("0123456789")
    return index_of(named) if _LETTERS.fullmatch(named) else None


def rows(package: Package, part: str) -> Iterator[Row]:
    """The rows of a sheet that hold anything, merged cells filled. Raises NotAWorkbook."""
    merges = deque(sorted(_merges(package, part), key=lambda merge: merge.first_row))
    open_merges: list[tuple[_Merge, Cell]] = []
    for row in _Parser(package).rows(part):
        open_merges = [(merge, cell) for merge, cell in open_merges if merge.last_row >= row.number]
        for merge, cell in open_merges:
            for column in range(merge.first_column, merge.last_column + 1):
                row.cells.setdefault(column, cell)
        while merges and merges[0].first_row <= row.number:
            merge = merges.popleft()
            first = row.cells.get(merge.first_column)
            if merge.first_row == row.number and first is not None:
                open_merges.append((merge, first))
        if row.cells:
            yield row


def unmerged(package: Package, part: str) -> Iterator[Row]:
    """The rows of a sheet that hold anything, as they stand there: of merged cells the first
    one holds the value. Raises NotAWorkbook."""
    return (row for row in _Parser(package).rows(part) if row.cells)


def _merges(package: Package, part: str) -> Iterator[_Merge]:
    """The merged cells that span rows; they stand at the end of the part, so are looked for first.

    A search of the bytes: to parse the whole twice would take twice as long.
    """
    tail, count = b"", 0
    for chunk in package.chunks(part):
        text = tail + chunk
        end = 0
        for found in _MERGE.finditer(text):
            end = found.end()
            left, top, right, bottom = (piece.decode() for piece in found.groups())
            first, last = index_of(left), min(index_of(right), MOST_COLUMNS - 1)
            if int(bottom) > int(top) and first <= last:
                count += 1
                yield _Merge(int(top), int(bottom), first, last)
            if count >= _MOST_MERGES:
                return
        tail = text[max(end, len(text) - _OVERLAP) :]


class _Parser:
    """Rows out of the events of XML."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._done: deque[Row] = deque()
        self._row: Row | None = None
        self._column = -1
        self._kind = "n"
        self._style = 0
        self._formula = False
        self._reads = False
        self._aloud = False
        self._value: list[str] = []
        self._length = 0
        self._last = 0

    def rows(self, part: str) -> Iterator[Row]:
        steps = self._package.walk(part, self._start, self._end, self._text, self._package.largest)
        for _ in steps:
            while self._done:
                yield self._done.popleft()

    def _start(self, name: str, told: dict[str, str]) -> None:
        if name == "row":
            stated = told.get("r", "")
            self._last = int(stated) if stated.isdecimal() else self._last + 1
            self._row = Row(self._last, told.get("hidden") in ("1", "true"))
            self._column = -1
        elif name == "c" and self._row is not None:
            named = _column_of(told.get("r", ""))
            self._column = self._column + 1 if named is None else named
            self._kind = told.get("t", "n")
            style = told.get("s", "")
            self._style = int(style) if style.isdecimal() else 0
            self._formula = False
            self._value.clear()
            self._length = 0
        elif name == "f":
            self._formula = True
        elif name == "rPh":  # How the text is read aloud, not the text.
            self._aloud = True
        elif name in ("v", "t"):
            self._reads = not self._aloud

    def _end(self, name: str) -> None:
        if name in ("v", "t"):
            self._reads = False
        elif name == "rPh":
            self._aloud = False
        elif name == "c" and self._row is not None:
            cell = self._cell("".join(self._value))
            if cell is not None and self._column < MOST_COLUMNS:
                self._row.cells[self._column] = cell
        elif name == "row" and self._row is not None:
            self._done.append(self._row)
            self._row = None

    def _text(self, piece: str) -> None:
        if self._reads and self._row is not None and self._length <= LONGEST_CELL:
            self._value.append(piece)
            self._length += len(piece)

    def _cell(self, raw: str) -> Cell | None:
        if self._formula:
            return Cell(raw[:LONGEST_CELL], Holds.FORMULA)
        match self._kind:
            case "s":
                number = int(raw) if raw.isdecimal() else -1
                strings = self._package.strings
                text = strings[number] if 0 <= number < len(strings) else ""
            case "inlineStr" | "str":
                text = unescaped(raw)[:LONGEST_CELL]
            case "b":
                return Cell("TRUE" if raw.strip() == "1" else "FALSE", Holds.BOOLEAN)
            case "e":
                return Cell(raw[:LONGEST_CELL], Holds.ERROR)
            case "d":
                return Cell(raw.strip()[:LONGEST_CELL], Holds.DATE)
            case _:
                return self._number(raw.strip()[:64])
        return Cell(text) if text.strip() else None

    def _number(self, raw: str) -> Cell | None:
        if not raw:
            return None
        if self._style in self._package.dates:
            return Cell(date_of(raw, self._package.since_1904), Holds.DATE)
        return Cell(raw, Holds.NUMBER)


def date_of(raw: str, since_1904: bool) -> str:
    """The day that a serial number means; the number itself where it means none.

    Times are to the millisecond: a day's fraction has no more of them than that.
    """
    try:
        # Excel's day 60 is a 29 February 1900 that never was: the epoch stands a day earlier,
        # for all days but those before it.
        epoch = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30)  # noqa: DTZ001 - a wall calendar
        days = float(raw)
        if not since_1904 and 1 <= days < _LEAP_DAY:
            days += 1
        at = epoch + timedelta(milliseconds=round(days * 86_400_000))
    except (ValueError, OverflowError):
        return raw
    return str(at)[:23].removesuffix(" 00:00:00")
