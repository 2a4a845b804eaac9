"""A key as somebody asks for it, in the one form that rows are stored under."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from services.exchange.tables.items import Item, ItemType, Standard, standard

_DATE = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?")
_SCALES = {ItemType.NUMERIC: 6, ItemType.CURRENCY: 2}


def stored_key(values: Sequence[str], keys: Sequence[Item]) -> str | None:
    """The text under which the row of this key lies, None where no row can have such a key."""
    texts = [_stored(value, item) for value, item in zip(values, keys, strict=True)]
    if any(text is None for text in texts):
        return None
    if len(texts) == 1:
        return texts[0]
    return "".join(f"{len(text.encode())}:{text}" for text in texts if text is not None)


def _stored(value: str, item: Item) -> str | None:
    text = value.strip()
    if not text or "\0" in text:
        return None
    if item.type in (ItemType.CHARACTER, ItemType.MEMO, ItemType.GENERAL):
        if standard(item) is not Standard.NONE:
            return unicodedata.normalize("NFKC", text).upper()
        return text
    read = _READINGS.get(item.type)
    if read is None:
        return None
    try:
        return read(unicodedata.normalize("NFKC", text), item)
    except (ValueError, InvalidOperation):
        return None


def _whole(text: str, _: Item) -> str:
    return str(int(text))


def _exact(text: str, item: Item) -> str:
    digits = _SCALES[item.type] if item.scale is None else item.scale
    number = Decimal(text.replace(",", ""))
    rounded = round(number, digits)
    if rounded != number:
        raise ValueError
    return f"{rounded:f}"


def _day(text: str, _: Item) -> str:
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError
    year, month, day = (int(part) for part in found.groups())
    return date(year, month, day).isoformat()


def _moment(text: str, _: Item) -> str:
    return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M:%S.%f")


_READINGS: dict[ItemType, Callable[[str, Item], str]] = {
    ItemType.INTEGER: _whole,
    ItemType.NUMERIC: _exact,
    ItemType.CURRENCY: _exact,
    ItemType.DATE: _day,
    ItemType.DATETIME: _moment,
}
