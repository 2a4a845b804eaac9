"""Which sheet holds what, found by its headings: people rename sheets and move columns.

Pure: no database, no HTTP, no clock.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from services.catalog.mappings.translation import Translation
from services.catalog.workbook.layout import ITEM_COLUMNS, ITEMS, RESOURCE_COLUMNS, Column
from services.catalog.workbook.words import plain
from shared.workbooks.cells import Cell, Row

# Titles, notes and a logo may stand above the headings.
SEARCHED_ROWS: Final = 30
_FEWEST: Final = 2
_MARKS: Final = re.compile(r"[*＊]|[(（]?必填[)）]?")

Headings = Mapping[int, Column]


@dataclass(frozen=True, slots=True)
class Shape:
    """A kind of sheet: its columns by the headings that mean them, and what mappings call it."""

    columns: Mapping[str, Column]
    prefix: str

    @classmethod
    def of(cls, columns: Sequence[Column], prefix: str) -> "Shape":
        """The shape with these columns, whose fields mappings name with `prefix`."""
        return cls({bare(name): column for column in columns for name in column.heading}, prefix)

    def column(self, heading: str, translation: Translation) -> Column | None:
        """The column that a heading means: in the mapping's words first, then in ours."""
        path = translation.path(heading)
        if path is not None and path.startswith(self.prefix):
            own = path.removeprefix(self.prefix)
            return next((c for c in self.columns.values() if c.path == own), None)
        return self.columns.get(bare(heading))

    def headings(self, row: Row, translation: Translation) -> Headings:
        """What the cells of a row would head."""
        found = ((place, self.column(cell.text, translation)) for place, cell in row.cells.items())
        return {place: column for place, column in found if column is not None}


def bare(heading: str) -> str:
    """A heading without marks of what is required."""
    return plain(_MARKS.sub("", heading))


RESOURCES: Final = Shape.of(RESOURCE_COLUMNS, "")
OF_ITEMS: Final = Shape.of(ITEM_COLUMNS, f"{ITEMS}.")


@dataclass(frozen=True, slots=True)
class Table:
    """A sheet understood: its shape, its columns, and the row of its headings."""

    shape: Shape
    headings: Headings
    row: int
    unknown: Mapping[int, Cell]

    @property
    def width(self) -> int:
        """How many of our fields the table has."""
        return len({column.path for column in self.headings.values()})

    @property
    def missing(self) -> list[Column]:
        """The columns of the shape that the sheet does not have."""
        here = {column.path for column in self.headings.values()}
        whole = {column.path: column for column in self.shape.columns.values()}
        return [column for path, column in whole.items() if path not in here]

    def repeats_headings(self, row: Row, translation: Translation) -> bool:
        """Whether a row below is one of headings too, as the template's second."""
        found = self.shape.headings(row, translation)
        return len(found) >= _FEWEST and len(found) == len(row.cells)


def table(rows: Iterable[Row], translation: Translation) -> Table | None:
    """The table that begins in these first rows of a sheet; None where there is none of ours."""
    best: Table | None = None
    for row in rows:
        for shape in (RESOURCES, OF_ITEMS):
            found = shape.headings(row, translation)
            # The guidance names a field twice in a row; a table names each once.
            named = {column.path for column in found.values()}
            if len(named) >= _FEWEST and (best is None or len(named) > best.width):
                unknown = {n: c for n, c in row.cells.items() if n not in found}
                best = Table(shape, found, row.number, unknown)
    return best
