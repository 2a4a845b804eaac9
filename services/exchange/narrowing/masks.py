"""What is shown of a masked value. One fixed rule for each mask, the same in files and look-ups.

    identity-number  15 or 18 characters: the first 3 and the last 2 stay; any other is hidden
    phone            11 characters or more: the first 3 and the last 4 stay; shorter: the last 2
    name             the first character stays
    address          the first 6 characters stay, never more than half; the rest becomes ****

What is hidden becomes one `*` a character, but for addresses, whose length tells something too.
An empty value stays empty.
"""

from collections.abc import Callable

from shared.narrowing import Mask

HIDDEN = "****"


def masked(mask: Mask, value: str) -> str:
    """The value as the mask shows it."""
    return _RULES[mask](value)


def _ends(value: str, first: int, last: int) -> str:
    hidden = len(value) - first - last
    return value[:first] + "*" * hidden + value[len(value) - last :]


def _identity_number(value: str) -> str:
    if len(value) in (15, 18):
        return _ends(value, 3, 2)
    return "*" * len(value)


def _phone(value: str) -> str:
    if len(value) >= 11:
        return _ends(value, 3, 4)
    return _ends(value, 0, 2) if len(value) > 4 else "*" * len(value)


def _name(value: str) -> str:
    # A name of one character would stay whole.
    return _ends(value, 1, 0) if len(value) > 1 else "*" * len(value)


def _address(value: str) -> str:
    return value[: min(6, len(value) // 2)] + HIDDEN if value else value


_RULES: dict[Mask, Callable[[str], str]] = {
    Mask.IDENTITY_NUMBER: _identity_number,
    Mask.PHONE: _phone,
    Mask.NAME: _name,
    Mask.ADDRESS: _address,
}
