"""A single value as somebody types it, read in the type that the catalogue gives its item."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from shared.events.catalog_words import ItemType

Value = str | int | float | bool | Decimal | date | datetime

TEXTS = frozenset({ItemType.CHARACTER, ItemType.MEMO, ItemType.GENERAL})
# Digits after the point where the catalogue does not say: cents for money.
SCALES = {ItemType.NUMERIC: 6, ItemType.CURRENCY: 2}
_PRECISION = 38
_LARGEST_WHOLE = 2**63
_DATE = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?")
_WORDS = {
    "是": True,
    "true": True,
    "t": True,
    "1": True,
    "否": False,
    "false": False,
    "f": False,
    "0": False,
}


def read(text: str, kind: ItemType, scale: int | None = None) -> Value:
    """The value that a text means; text itself as it came. Raises ValueError where it means none.

    Full-width digits, 是 and 否, and the forms of dates that departments use are understood.
    """
    if kind in TEXTS:
        return text
    if "_" in text:
        # Python's own numbers may have underscores between digits; a department's have none.
        raise ValueError("no value")
    return _READINGS[kind](unicodedata.normalize("NFKC", text).strip(), scale)


def spelled(value: Value) -> str:
    """The one spelling of a value: ISO dates, plain digits, `true` and `false`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S.%f")
    if isinstance(value, date):
        return value.isoformat()
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _whole(text: str, _: int | None) -> int:
    number = int(text)
    if not -_LARGEST_WHOLE <= number < _LARGEST_WHOLE:
        raise ValueError("no such integer is kept")
    return number


def _exact(text: str, scale: int | None, default: int) -> Decimal:
    digits = default if scale is None else scale
    try:
        number = Decimal(text.replace(",", ""))
        rounded = round(number, digits)
    except ArithmeticError as error:
        raise ValueError("no number") from error
    if rounded != number or rounded.adjusted() >= _PRECISION - digits:
        raise ValueError("more digits than the item has")
    return rounded


def _approximate(text: str, _: int | None) -> float:
    number = float(text)
    if number - number != 0:
        raise ValueError("not finite")
    return number


def _day(text: str, _: int | None) -> date:
    found = _DATE.fullmatch(text)
    if found is None:
        raise ValueError("no date")
    year, month, day = (int(part) for part in found.groups())
    return date(year, month, day)


def _moment(text: str, _: int | None) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is not None:
        # Departments write local time; what a zone's time is here, nobody said.
        raise ValueError("a time without a zone is meant")
    return found


def _logical(text: str, _: int | None) -> bool:
    found = _WORDS.get(text.lower())
    if found is None:
        raise ValueError("neither 是 nor 否")
    return found


_READINGS: dict[ItemType, Callable[[str, int | None], Value]] = {
    ItemType.INTEGER: _whole,
    ItemType.NUMERIC: lambda text, scale: _exact(text, scale, SCALES[ItemType.NUMERIC]),
    ItemType.CURRENCY: lambda text, scale: _exact(text, scale, SCALES[ItemType.CURRENCY]),
    ItemType.DOUBLE: _approximate,
    ItemType.FLOAT: _approximate,
    ItemType.DATE: _day,
    ItemType.DATETIME: _moment,
    ItemType.LOGICAL: _logical,
}
