"""What a mapping may say: fields that exist, words that their code lists know.

Pure: no database, no HTTP, no clock.
"""

from collections.abc import Iterator, Mapping

from services.catalog.workbook.layout import (
    ITEM_COLUMNS,
    ITEMS,
    KEY,
    RESOURCE_COLUMNS,
    Column,
    Kind,
)
from services.catalog.workbook.words import plain, values_of
from shared.errors import Conflict, FieldError

Columns = Mapping[str, str]
Values = Mapping[str, Mapping[str, str]]

# What a mapping may aim at: each field that an entry states, its items' under `items.`.
TARGETS: dict[str, Column] = {
    **{column.path: column for column in RESOURCE_COLUMNS},
    **{f"{ITEMS}.{column.path}": column for column in ITEM_COLUMNS},
}


class MappingRefused(Conflict):
    """The mapping aims at what does not exist; all reasons are in `errors`."""

    code = "mapping-refused"
    title = "Mapping refused"


def check(columns: Columns, values: Values) -> None:
    """Refuse a mapping that cannot mean anything. Raises MappingRefused with all reasons."""
    found = [*_columns(columns), *_values(values)]
    if found:
        raise MappingRefused(f"{len(found)} points of the mapping mean nothing.", errors=found)


def settled(values: Values) -> dict[str, dict[str, str]]:
    """The mapping's values in the platform's own words, however they were written."""
    return {
        path: {theirs: _word(TARGETS[path], ours) or ours for theirs, ours in codes.items()}
        for path, codes in values.items()
    }


def _columns(columns: Columns) -> Iterator[FieldError]:
    seen: dict[str, str] = {}
    for theirs, ours in columns.items():
        if ours not in TARGETS and ours != ITEMS:
            yield FieldError(f"columns.{theirs}", "field-unknown", "No field has this path.")
        before = seen.setdefault(plain(theirs), theirs)
        if before != theirs:
            yield FieldError(
                f"columns.{theirs}", "repeated", "The same heading but for width, case or spaces."
            )


def _values(values: Values) -> Iterator[FieldError]:
    for path, codes in values.items():
        column = TARGETS.get(path)
        if column is None or column.path == KEY:
            yield FieldError(f"values.{path}", "field-unknown", "No field has this path.")
            continue
        seen: dict[str, str] = {}
        for theirs, ours in codes.items():
            if _word(column, ours) is None:
                yield FieldError(
                    f"values.{path}.{theirs}", "word-unknown", "The field's code list has no such."
                )
            before = seen.setdefault(plain(theirs), ours)
            if before != ours:
                yield FieldError(
                    f"values.{path}.{theirs}", "repeated", "This code would mean two things."
                )


def _word(column: Column, text: str) -> str | None:
    """What the text is in the code list; any text where the field has none."""
    leaf = column.leaf
    if leaf.codes is not None:
        found = values_of(leaf.codes).get(plain(text))
        return None if found is None else found.value
    return (
        text if leaf.kind is not Kind.FLAG or plain(text) in ("是", "否", "true", "false") else None
    )
