"""A grant's row condition brought together with the items that the published rows have."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.exchange.keys import stored_text
from services.exchange.tables.items import Item
from shared import values
from shared.errors import Conflict
from shared.narrowing import Comparison, Narrowing
from shared.values import Value


class NarrowingUnfit(Conflict):
    """The data has changed so that a grant's row condition says nothing of it any more."""

    code = "narrowing-unfit"
    title = "Row condition unfit"


@dataclass(frozen=True, slots=True)
class Term:
    """One term: an item as the rows have it, and the values in its type."""

    item: Item
    comparison: Comparison
    values: tuple[Value, ...]


def terms(narrowing: Narrowing | None, shape: Sequence[Item]) -> tuple[Term, ...]:
    """The terms of a grant's condition. Raises NarrowingUnfit: a condition that cannot be asked
    lets nothing through."""
    if narrowing is None:
        return ()
    items = {item.code: item for item in shape}
    found = []
    for term in narrowing.rows:
        item = items.get(term.item)
        if item is None:
            raise _unfit(term.item)
        try:
            read = tuple(_read(text, item) for text in term.values)
        except ValueError:
            raise _unfit(term.item) from None
        found.append(Term(item, term.comparison, read))
    return tuple(found)


def clear(granted: Sequence[str] | frozenset[str], narrowing: Narrowing | None) -> frozenset[str]:
    """The granted items that are shown as they are: a key can be known by no other."""
    return frozenset(granted).difference(narrowing.masked if narrowing else ())


def _read(text: str, item: Item) -> Value:
    if item.type in values.TEXTS:
        return stored_text(text, item)
    return values.read(text, item.type, item.scale)


def _unfit(code: str) -> NarrowingUnfit:
    return NarrowingUnfit(
        f"信息项 {code} 已变更，本授权的行条件不再适用，请向提供部门重新申请 (the item {code} has "
        "changed, so that the row condition of this grant says nothing any more: ask the provider "
        "for a new grant)"
    )
