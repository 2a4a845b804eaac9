"""The annotated copy: the workbook as it came, its bad cells coloured and explained.

Every cell stands where it stood, as text; what is wrong is a colour, a comment at the cell,
and a sentence in the column 错误说明 at the end of its row.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import BinaryIO, Final

import xlsxwriter

from services.catalog.bulk.found import Severity
from services.catalog.bulk.models import ImportProblem
from services.catalog.workbook.headings import SEARCHED_ROWS
from services.catalog.workbook.template import AS_TEXT, OPTIONS
from shared.workbooks.cells import Row, index_of, rows
from shared.workbooks.package import Package, Sheet

EXPLAINED: Final = "错误说明"
_CELL: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_LAST_ROW: Final = 1_048_576
_NOT_IN_NAMES: Final = re.compile(r"[\[\]:*?/\\']")
_LONGEST_NAME: Final = 31
_LONGEST_COMMENT: Final = 2_000
_WIDTH: Final = 60


@dataclass(frozen=True, slots=True)
class Mark:
    """What is wrong with one cell; `column` counts from 0."""

    column: int
    error: bool
    sentence: str


Marks = Mapping[str, Mapping[int, Sequence[Mark]]]


def marks(problems: Iterable[ImportProblem]) -> Marks:
    """The problems by sheet and row."""
    found: dict[str, dict[int, list[Mark]]] = defaultdict(lambda: defaultdict(list))
    for problem in problems:
        cell = _CELL.fullmatch(problem.cell)
        if cell is not None:
            where = f"（{problem.article}）" if problem.article else ""
            sentence = f"{problem.zh}{where}\n{problem.en}"
            error = problem.severity is Severity.ERROR
            found[problem.sheet][int(cell[2])].append(Mark(index_of(cell[1]), error, sentence))
    return found


def write(source: BinaryIO, marked: Marks, file: BinaryIO) -> None:
    """Write the annotated copy of `source`. Raises NotAWorkbook."""
    with Package(source) as package:
        book = xlsxwriter.Workbook(file, OPTIONS)
        try:
            copier = _Copier(book)
            for sheet in package.sheets:
                if not sheet.hidden:
                    copier.copy(package, sheet, marked.get(sheet.name, {}))
        finally:
            book.close()


class _Copier:
    def __init__(self, book: xlsxwriter.Workbook) -> None:
        self._book = book
        self._names: set[str] = set()
        text = {"num_format": AS_TEXT, "valign": "top"}
        self._plain = book.add_format(text)
        self._error = book.add_format({**text, "bg_color": "#FF9999"})
        self._warning = book.add_format({**text, "bg_color": "#FFEB9C"})
        self._said = book.add_format({**text, "text_wrap": True, "font_color": "#9C0006"})
        self._bold = book.add_format({**text, "bold": True, "bg_color": "#FF9999"})

    def copy(self, package: Package, sheet: Sheet, marked: Mapping[int, Sequence[Mark]]) -> None:
        """Write one sheet again, with its marks."""
        copied = self._book.add_worksheet(self._name(sheet.name))
        copied.set_column(0, 60, 18, self._plain)
        head = list(islice(rows(package, sheet.part), SEARCHED_ROWS))
        last = max((max(row.cells) for row in head), default=0) + 1
        if marked:
            copied.set_column(last, last, _WIDTH)
        # The widest of the first rows is that of the headings, or above them is nothing.
        heading = max(head, key=lambda row: len(row.cells), default=None)
        for row in rows(package, sheet.part):
            if row.number <= _LAST_ROW:
                self._row(copied, row, marked.get(row.number, ()), last)
                if marked and heading is not None and row.number == heading.number:
                    copied.write_string(row.number - 1, last, EXPLAINED, self._bold)

    def _row(
        self,
        copied: xlsxwriter.worksheet.Worksheet,
        row: Row,
        marked: Sequence[Mark],
        last: int,
    ) -> None:
        by_column: dict[int, list[Mark]] = defaultdict(list)
        for mark in marked:
            by_column[mark.column].append(mark)
        for column in sorted(row.cells.keys() | by_column.keys()):
            here = by_column.get(column, [])
            cell = row.cells.get(column)
            style = self._style(here)
            if cell is None:
                copied.write_blank(row.number - 1, column, None, style)
            else:
                copied.write_string(row.number - 1, column, cell.text, style)
            if here:
                said = "\n".join(mark.sentence for mark in here)[:_LONGEST_COMMENT]
                copied.write_comment(row.number - 1, column, said, {"x_scale": 2, "y_scale": 1.5})
        if marked:
            said = "\n".join(dict.fromkeys(mark.sentence.partition("\n")[0] for mark in marked))
            copied.write_string(row.number - 1, last, said[:_LONGEST_COMMENT], self._said)

    def _style(self, here: Sequence[Mark]) -> xlsxwriter.format.Format:
        if not here:
            return self._plain
        return self._error if any(mark.error for mark in here) else self._warning

    def _name(self, name: str) -> str:
        """The sheet's name, as near as XLSX allows, and no other sheet's."""
        clean = _NOT_IN_NAMES.sub("_", name)[:_LONGEST_NAME] or "Sheet"
        chosen, number = clean, 1
        while chosen.casefold() in self._names:
            number += 1
            chosen = f"{clean[: _LONGEST_NAME - 4]}_{number}"
        self._names.add(chosen.casefold())
        return chosen
