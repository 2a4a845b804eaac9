"""What two entries say differently. Pure: no database, no HTTP, no clock.

Items are the same item when their codes are equal: the code is the column that consumers hold.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from pydantic import JsonValue, TypeAdapter

from services.catalog.entry import Entry
from services.catalog.items import Item

_ENTRY: Final = TypeAdapter(Entry)
_ITEM: Final = TypeAdapter(Item)


class Difference(StrEnum):
    """What became of an item between two versions."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class FieldDifference:
    """One field, as the one version states it and as the other; None where it states nothing."""

    field: str
    before: JsonValue
    after: JsonValue


@dataclass(frozen=True, slots=True)
class ItemDifference:
    """One item that is not the same in both; `fields` are empty unless it changed."""

    code: str
    name: str
    difference: Difference
    fields: tuple[FieldDifference, ...]


def between_fields(before: Entry, after: Entry) -> list[FieldDifference]:
    """The fields of the whole that differ, in the order of the entry; items apart."""
    one, other = _ENTRY.dump_python(before, mode="json"), _ENTRY.dump_python(after, mode="json")
    return [found for found in _differing(one, other) if found.field != "items"]


def between_items(before: Entry, after: Entry) -> list[ItemDifference]:
    """The items that differ: what changed and what was removed in the old order, then the new."""
    old = {item.code: item for item in before.items}
    new = {item.code: item for item in after.items}
    found = []
    for code, item in old.items():
        following = new.get(code)
        if following is None:
            found.append(ItemDifference(code, item.name, Difference.REMOVED, ()))
        elif following != item:
            fields = tuple(
                _differing(
                    _ITEM.dump_python(item, mode="json"), _ITEM.dump_python(following, mode="json")
                )
            )
            found.append(ItemDifference(code, following.name, Difference.CHANGED, fields))
    found += [
        ItemDifference(code, item.name, Difference.ADDED, ())
        for code, item in new.items()
        if code not in old
    ]
    return found


def is_reordered(before: Entry, after: Entry) -> bool:
    """Whether the items that both have stand in another order."""
    codes = {item.code for item in before.items} & {item.code for item in after.items}
    orders = [[i.code for i in e.items if i.code in codes] for e in (before, after)]
    return orders[0] != orders[1]


def _differing(
    one: Mapping[str, JsonValue], other: Mapping[str, JsonValue]
) -> Iterator[FieldDifference]:
    for field, before in one.items():
        if before != other[field]:
            yield FieldDifference(field, before, other[field])
