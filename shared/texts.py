"""Text that people type, as it comes in from outside: what may stand in it. Pure."""

import unicodedata


def printable(text: str) -> str:
    """The text without blanks at its ends.

    Raises ValueError for what no clerk types and no database stores: control characters and
    surrogates.
    """
    if any(unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\r\t" for c in text):
        raise ValueError("control characters are not text")
    return text.strip()


def filled(text: str) -> str:
    """The text. Raises ValueError where there is none."""
    if not text:
        raise ValueError("must not be blank")
    return text
