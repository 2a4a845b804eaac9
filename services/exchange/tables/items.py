"""What the catalogue says about a resource's columns, and a file's header matched to it."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.exchange.tables.refusals import BatchRefused
from shared.events.catalog import ItemType as ItemType
from shared.events.catalog import PublishedItem
from shared.events.catalog import Standard as Standard

Item = PublishedItem

# Where an entry names no standard for an item, its own official name says which it follows.
_NAMES = {
    "统一社会信用代码": Standard.CREDIT_CODE,
    "公民身份号码": Standard.IDENTITY_NUMBER,
    "身份证号": Standard.IDENTITY_NUMBER,
    "身份证号码": Standard.IDENTITY_NUMBER,
}


def standard(item: Item) -> Standard:
    """The standard with a check character that the item's values follow, or NONE."""
    if item.type is not ItemType.CHARACTER:
        return Standard.NONE
    if item.standard is Standard.NONE:
        return _NAMES.get(item.name.strip(), Standard.NONE)
    checked = item.standard in (Standard.CREDIT_CODE, Standard.IDENTITY_NUMBER)
    return item.standard if checked else Standard.NONE


@dataclass(frozen=True, slots=True)
class Bindings:
    """What the data elements (数据元) of a resource's items say of their values, by item: the
    codes that exist, and the most characters or digits."""

    codes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    lengths: Mapping[str, int] = field(default_factory=dict)

    def item(self, item: Item) -> Item:
        """The item, no longer than its element is."""
        length = self.lengths.get(item.code)
        if length is None or (item.length is not None and item.length <= length):
            return item
        return item.model_copy(update={"length": length})


UNBOUND = Bindings()

# A delta says per row what happens to its key, in a column of this name.
OPERATION = "$operation"
OPERATION_NAMES = {"_op", "operation", "操作"}


def plain(cell: str) -> str:
    """A header cell as it is compared: width, spaces and case do not matter."""
    return "".join(unicodedata.normalize("NFKC", cell).split()).casefold().removeprefix("\ufeff")


def known_cells(cells: Sequence[str], items: Sequence[Item]) -> int:
    """How many of `cells` are the name or code of an item."""
    known = {plain(i.name) for i in items} | {plain(i.code) for i in items} | OPERATION_NAMES
    return sum(plain(cell) in known for cell in cells)


def match_header(cells: Sequence[str], items: Sequence[Item], *, delta: bool) -> list[str]:
    """The item codes of a file's columns, in the file's order; `OPERATION` for a delta's own.

    Raises BatchRefused where a column is unknown, appears twice or is missing.
    """
    by_cell = {plain(i.code): i.code for i in items} | {plain(i.name): i.code for i in items}
    found: list[str] = []
    unknown: list[str] = []
    for cell in cells:
        code = by_cell.get(plain(cell))
        if code is None and delta and plain(cell) in OPERATION_NAMES:
            code = OPERATION
        if code is None:
            unknown.append(cell.strip() or "(empty)")
        else:
            found.append(code)
    names = {i.code: i.name for i in items}
    twice = [names.get(code, code) for code in dict.fromkeys(found) if found.count(code) > 1]
    missing = [i.name for i in items if i.code not in found]
    faults = [
        f"{zh}: {'、'.join(columns)} ({en})"
        for columns, zh, en in (
            (unknown, "目录中没有的列", "columns that the catalogue entry does not have"),
            (twice, "重复的列", "columns that appear twice"),
            (missing, "缺少的列", "columns that are missing"),
        )
        if columns
    ]
    if faults:
        raise BatchRefused("header-mismatch", "；".join(faults)[:2000])
    return found
