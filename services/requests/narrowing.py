"""Whether a row condition and masks fit a resource's items, and their one spelling.

Pure: no database, no HTTP, no clock. What is granted is narrowed by the provider when it fixes
scope and use (jiangsu-2017 §16, baoji-2017 §16), so that it is used for the purpose and no more
(baoji-2017 §18).
"""

from collections.abc import Iterator, Sequence

from services.requests.granting import Offer, OfferedItem
from shared import values
from shared.errors import Conflict, FieldError
from shared.events.catalog import ItemType, Secrecy
from shared.narrowing import Comparison, MaskedItem, Narrowing, RowTerm

_ANY_TYPE = frozenset({Comparison.EQUAL, Comparison.IN, Comparison.IS_NULL})


class NarrowingUnfit(Conflict):
    """A row condition or a mask does not fit the items of the resource."""

    code = "request-narrowing-unfit"
    title = "Narrowing unfit"


def fitted(offer: Offer, granted: Sequence[str], asked: Narrowing | None) -> Narrowing | None:
    """The narrowing of a grant of these items, its values in their one spelling; None for none.

    Raises NarrowingUnfit.
    """
    if asked is None or asked.kept() is None:
        return None
    items = {item.code: item for item in offer.items}
    errors = [
        *(e for index, term in enumerate(asked.rows) for e in _of_term(index, term, items)),
        *_of_masks(asked.masks, items, granted),
    ]
    if errors:
        raise NarrowingUnfit(
            "行条件或脱敏与信息项不符 (the row condition or the masks do not fit the resource's "
            "items)",
            errors=errors,
        )
    return Narrowing(
        rows=tuple(_spelled(term, items[term.item]) for term in asked.rows), masks=asked.masks
    )


def _of_term(index: int, term: RowTerm, items: dict[str, OfferedItem]) -> Iterator[FieldError]:
    place = f"narrowing.rows.{index}"
    item = items.get(term.item)
    if item is None:
        yield FieldError(
            f"{place}.item",
            "unknown-item",
            "资源没有该信息项 (the resource has no item of this code)",
        )
        return
    if item.type is None:
        yield FieldError(
            f"{place}.item",
            "type-unknown",
            "该目录条目发布于本功能之前，请先发布新版本 (the entry was published before types "
            "were told: publish its next version first)",
        )
        return
    if item.secrecy is Secrecy.PRIVACY:
        # A condition stands in the grant, which is in the log: no person's data belongs there.
        yield FieldError(
            f"{place}.item",
            "private-item",
            "个人隐私信息项不得作为行条件 (no condition rests on a person's private item: it "
            "would stand in the log)",
        )
    if term.comparison not in _ANY_TYPE and item.type is ItemType.LOGICAL:
        yield FieldError(
            f"{place}.comparison",
            "no-order",
            "逻辑型只能用 =、in 或 is-null (a logical item has no order)",
        )
    if not term.comparison.takes(len(term.values)):
        yield FieldError(
            f"{place}.values",
            "count",
            "值的个数与比较方式不符 (as many values as the comparison takes: is-null none, "
            "between two, in up to 200, all others one)",
        )
    read = []
    for number, text in enumerate(term.values):
        try:
            read.append(_read(text, item))
        except ValueError:
            yield FieldError(
                f"{place}.values.{number}",
                "not-of-its-type",
                "该值不符合信息项的类型 (not a value of the item's type)",
            )
    if term.comparison is Comparison.BETWEEN and len(read) == 2 and not _in_order(*read):
        yield FieldError(
            f"{place}.values",
            "no-range",
            "起始值大于结束值 (the range ends before it begins)",
        )


def _of_masks(
    masks: Sequence[MaskedItem], items: dict[str, OfferedItem], granted: Sequence[str]
) -> Iterator[FieldError]:
    seen: set[str] = set()
    for index, masked in enumerate(masks):
        place = f"narrowing.masks.{index}.item"
        item = items.get(masked.item)
        if item is None or masked.item not in granted:
            yield FieldError(
                place, "not-granted", "该信息项未获批准 (an item that is not approved has no mask)"
            )
        elif item.type is not None and item.type not in values.TEXTS:
            yield FieldError(
                place, "no-text", "只有字符型信息项可以脱敏 (only an item of text can be masked)"
            )
        if masked.item in seen:
            yield FieldError(place, "twice", "重复的脱敏规则 (this item has a mask already)")
        seen.add(masked.item)


def _read(text: str, item: OfferedItem) -> values.Value:
    if item.type is None or not text or "\0" in text:
        raise ValueError("no value")
    return values.read(text, item.type, item.scale)


def _in_order(first: values.Value, last: values.Value) -> bool:
    # Both were read by the type of one item, so that they compare.
    return bool(first <= last)  # type: ignore[operator]


def _spelled(term: RowTerm, item: OfferedItem) -> RowTerm:
    spelled = tuple(dict.fromkeys(values.spelled(_read(text, item)) for text in term.values))
    if term.comparison is Comparison.BETWEEN and len(spelled) == 1:
        return RowTerm(item=term.item, comparison=Comparison.EQUAL, values=spelled)
    return RowTerm(item=term.item, comparison=term.comparison, values=spelled)
