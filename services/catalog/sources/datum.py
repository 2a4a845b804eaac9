"""When two items are the same datum, said in Python and in SQL alike.

The name is compared without width, spaces and the case of Latin letters; only those letters are
folded, so that every collation of the database agrees.
"""

import string
import unicodedata
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, SQLColumnExpression, Text, func, literal_column

_FROM: Final = string.ascii_uppercase + " "
_TO: Final = string.ascii_lowercase
# An index holds no more; a name that folds into more characters is no other datum for its end.
_LONGEST: Final = 120
DATUM: Final = f"substr(translate(normalize(name, NFKC), '{_FROM}', '{_TO}'), 1, {_LONGEST})"
"""The name of an item as its index has it."""
_FOLDED: Final = str.maketrans(string.ascii_uppercase, _TO, " ")


class Sameness(StrEnum):
    """By what two items are told to be the same datum, or to be of one kind."""

    ELEMENT = "element"
    NAME = "name"
    STANDARD = "standard"


def key(name: str) -> str:
    """An item's name without what makes no difference."""
    return unicodedata.normalize("NFKC", name).translate(_FOLDED)[:_LONGEST]


def key_of(name: SQLColumnExpression[str]) -> ColumnElement[str]:
    """The same of a column, word for word as its index has it."""
    folded = func.translate(
        func.normalize(name, literal_column("NFKC")),
        literal_column(f"'{_FROM}'"),
        literal_column(f"'{_TO}'"),
    )
    return func.substr(folded, literal_column("1"), literal_column(str(_LONGEST)), type_=Text())
