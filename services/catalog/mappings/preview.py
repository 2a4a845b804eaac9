"""A mapping tried on rows of the other product, before it is kept.

Pure: no database, no HTTP, no clock.
"""

from collections.abc import Sequence

from services.catalog.bulk.found import Place, Problem
from services.catalog.mappings import rules
from services.catalog.mappings.rules import TARGETS
from services.catalog.mappings.schemas import PreviewBody, PreviewCell, PreviewView
from services.catalog.mappings.translation import Translation
from services.catalog.workbook.conversion import Converter
from services.catalog.workbook.headings import OF_ITEMS, RESOURCES
from services.catalog.workbook.layout import ITEMS, Column
from shared.workbooks.cells import Cell


def tried(body: PreviewBody) -> PreviewView:
    """What each cell of the rows comes to. Raises MappingRefused."""
    rules.check(body.columns, body.values)
    translation = Translation.of(body.columns, rules.settled(body.values))
    headed = [_field(heading, translation) for heading in body.headings]
    return PreviewView(rows=[_row(body.headings, headed, row, translation) for row in body.rows])


def _field(heading: str, translation: Translation) -> tuple[str, Column] | None:
    path = translation.path(heading)
    if path in TARGETS:
        return path, TARGETS[path]
    for shape, prefix in ((RESOURCES, ""), (OF_ITEMS, f"{ITEMS}.")):
        column = shape.column(heading, translation)
        if column is not None:
            return f"{prefix}{column.path}", column
    return None


def _row(
    headings: Sequence[str],
    headed: Sequence[tuple[str, Column] | None],
    row: Sequence[str],
    translation: Translation,
) -> list[PreviewCell]:
    return [
        _cell(heading, field, text, translation)
        for heading, field, text in zip(headings, headed, row, strict=False)
    ]


def _cell(
    heading: str, field: tuple[str, Column] | None, text: str, translation: Translation
) -> PreviewCell:
    path, told, problems = None, None, list[Problem]()
    if field is not None:
        path, column = field
        prefix = path.removesuffix(column.path)
        converter = Converter(translation, problems, prefix)
        told = converter.value(column, Cell(text), Place("", ""), path)
    problem = problems[0] if problems else None
    return PreviewCell(
        heading=heading,
        field=path,
        told=told if not isinstance(told, dict | float) else None,
        code=problem.code if problem else None,
        severity=problem.severity if problem else None,
        zh=problem.zh if problem else None,
        en=problem.en if problem else None,
    )
