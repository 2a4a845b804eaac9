"""信息项: what one item of an entry states about itself, and when that contradicts itself."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.events.catalog import ItemType, Secrecy, ShareType, Standard

# A column name that every database and file format of the platform carries unquoted.
CODE: Final = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)
LONGEST_CHARACTER: Final = 65_535
MOST_DIGITS: Final = 38

CHINESE: Final[dict[ItemType, str]] = {
    ItemType.CHARACTER: "字符型",
    ItemType.NUMERIC: "数值型",
    ItemType.CURRENCY: "货币型",
    ItemType.DATE: "日期型",
    ItemType.DATETIME: "日期时间型",
    ItemType.LOGICAL: "逻辑型",
    ItemType.MEMO: "备注型",
    ItemType.GENERAL: "通用型",
    ItemType.DOUBLE: "双精度型",
    ItemType.INTEGER: "整型",
    ItemType.FLOAT: "浮点型",
}

# What a length means differs: characters here, digits there; the others have none.
_COUNTS_CHARACTERS: Final = frozenset({ItemType.CHARACTER})
_COUNTS_DIGITS: Final = frozenset({ItemType.NUMERIC, ItemType.CURRENCY, ItemType.INTEGER})
_HAS_SCALE: Final = frozenset({ItemType.NUMERIC, ItemType.CURRENCY})
_MAY_BE_KEY: Final = frozenset(
    {ItemType.CHARACTER, ItemType.NUMERIC, ItemType.DATE, ItemType.DATETIME, ItemType.INTEGER}
)

# The characters that a value of the standard has: GB 32100, GB 11643, GB/T 2260.
_STANDARD_LENGTHS: Final[dict[Standard, tuple[int, ...]]] = {
    Standard.CREDIT_CODE: (18,),
    Standard.IDENTITY_NUMBER: (18,),
    # Down to county 6; with 街道 9 and 居委会 12 by 《统计用区划代码》.
    Standard.DIVISION: (2, 4, 6, 9, 12),
}


class Openness(StrEnum):
    """开放属性: whether society may have it."""

    OPEN = "open"
    CONDITIONAL = "conditionally-open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One item (信息项): `code` is the ASCII column name, `name` the Chinese one.

    `length` is the most characters of a character item, the most digits of a numeric one;
    `scale` the digits after the decimal point. `basic` marks a 基础信息项 of a base resource.
    `element` is the code of the data element (数据元) that the item is bound to.
    """

    code: str
    name: str
    type: ItemType
    length: int | None = None
    scale: int | None = None
    key: bool = False
    required: bool = False
    basic: bool = False
    secrecy: Secrecy = Secrecy.NONE
    share_type: ShareType | None = None
    openness: Openness = Openness.CLOSED
    standard: Standard = Standard.NONE
    element: str | None = None

    @property
    def contradictions(self) -> list[tuple[str, str]]:
        """What the item says against itself: pairs of its field and a sentence."""
        return [*self._names(), *self._sizes(), *self._roles()]

    def _names(self) -> list[tuple[str, str]]:
        found = []
        if not CODE.fullmatch(self.code):
            found.append(
                ("code", "Lower-case ASCII letters, digits and _, a letter first, at most 63.")
            )
        if not self.name.strip():
            found.append(("name", "An item has a Chinese name (信息项名称)."))
        if "\ufffd" in self.name:
            found.append(("name", "The text is damaged; type it anew."))
        return found

    def _sizes(self) -> list[tuple[str, str]]:
        found = []
        if self.type in _COUNTS_CHARACTERS:
            if self.length is None or not 1 <= self.length <= LONGEST_CHARACTER:
                found.append(("length", f"A {CHINESE[self.type]} item has a length in characters."))
        elif self.type in _COUNTS_DIGITS:
            if self.length is not None and not 1 <= self.length <= MOST_DIGITS:
                found.append(("length", f"At most {MOST_DIGITS} digits."))
        elif self.length is not None:
            found.append(("length", f"A {CHINESE[self.type]} item has no length."))
        if self.scale is not None:
            if self.type not in _HAS_SCALE:
                found.append(("scale", f"A {CHINESE[self.type]} item has no decimal places."))
            elif self.length is None or not 0 <= self.scale <= self.length:
                found.append(("scale", "Decimal places are part of the item's digits."))
        return found

    def _roles(self) -> list[tuple[str, str]]:
        found = []
        if self.key and self.type not in _MAY_BE_KEY:
            found.append(("key", f"A {CHINESE[self.type]} item cannot identify a row."))
        if self.key and not self.required:
            found.append(("required", "A key item is always filled."))
        lengths = _STANDARD_LENGTHS.get(self.standard)
        if lengths is not None and (
            self.type is not ItemType.CHARACTER or self.length not in lengths
        ):
            sizes = " or ".join(str(length) for length in lengths)
            found.append(("standard", f"Values of this standard are 字符型 of length {sizes}."))
        if self.secrecy is not Secrecy.NONE and self.openness is Openness.OPEN:
            found.append(("openness", "What is secret or private is not open to society."))
        return found
