"""A key as somebody asks for it, in the one form that rows are stored under."""

import unicodedata
from collections.abc import Sequence

from services.exchange.tables.items import Item, ItemType, Standard, standard
from shared import values

# What nothing is known by: a number that is only near, and yes or no.
_NO_KEYS = frozenset({ItemType.DOUBLE, ItemType.FLOAT, ItemType.LOGICAL})


def stored_key(texts: Sequence[str], keys: Sequence[Item]) -> str | None:
    """The text under which the row of this key lies, None where no row can have such a key."""
    stored = [_stored(text, item) for text, item in zip(texts, keys, strict=True)]
    if any(text is None for text in stored):
        return None
    if len(stored) == 1:
        return stored[0]
    return "".join(f"{len(text.encode())}:{text}" for text in stored if text is not None)


def stored_text(text: str, item: Item) -> str:
    """A text in the spelling in which this item's values are kept."""
    if standard(item) is not Standard.NONE:
        return unicodedata.normalize("NFKC", text).strip().upper()
    return text.strip() if item.key else text


def _stored(value: str, item: Item) -> str | None:
    text = value.strip()
    if not text or "\0" in text:
        return None
    if item.type in values.TEXTS:
        return stored_text(text, item)
    if item.type in _NO_KEYS:
        return None
    try:
        return values.spelled(values.read(text, item.type, item.scale))
    except ValueError:
        return None
