"""Whether two entries say the same: what is unchanged stays untouched.

Pure: no database, no HTTP, no clock.
"""

from dataclasses import fields, is_dataclass, replace
from typing import TypeVar

from services.catalog.entry import Entry

T = TypeVar("T")


def same(one: Entry, other: Entry) -> bool:
    """Whether both say the same. An empty text says as much as none."""
    return _settled(one) == _settled(other)


def _settled(part: T) -> T:
    """The part with every empty text of it, where it may be left out, left out."""
    if isinstance(part, tuple):
        return type(part)(_settled(piece) for piece in part)
    if not is_dataclass(part) or isinstance(part, type):
        return part
    changed: dict[str, object] = {}
    for field in fields(part):
        value = getattr(part, field.name)
        changed[field.name] = None if value == "" and field.default is None else _settled(value)
    return replace(part, **changed)
