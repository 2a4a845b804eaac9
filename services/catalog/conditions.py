"""共享条件: the words of a sharing condition, and the legal basis of what is not shared."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from shared.rulebooks.vocabulary import LegalBasis as BasisKind

LONGEST: Final = 1000

# The word that the guide writes where there is no condition.
_NO_CONDITION: Final = frozenset({"", "无", "无条件", "无条件共享", "none", "unconditional"})

# Sharing is free of charge, so a condition may not ask for money. Words of the subject matter
# (行政事业性收费, 税费, 价格) and of being free (无偿, 免费, 不收费) are not what is looked for.
_MONEY: Final = re.compile(
    r"(?<![无不非])有偿"
    r"|(?<!支)付费|(?:支付|缴纳|交纳)[^,;。、]{0,10}(?:费用|费|款)后|缴费后"
    r"|(?:需|须|应|应当|先|另行)[^,;。、]{0,4}(?:收取|支付|缴纳|交纳)[^,;。、]{0,10}(?:费|款)"
    r"|(?:需|须|应|应当|实行|另行|按[次条量月年])(?:收费|计费|缴费)"
    r"|收费(?:使用|提供|共享|查询|下载|获取)"
    r"|\d+(?:\.\d+)?元[/每](?:条|次|年|月|份|gb|mb)|(?:每|按)(?:条|次|年|月|份)[^,;。、]{0,6}元"
    r"|\b(?:fee|price|paid|payment)\b"
)


@dataclass(frozen=True, slots=True)
class LegalBasis:
    """The basis of 不予共享: its kind, and the citation down to the article."""

    kind: BasisKind
    citation: str


def is_empty(condition: str | None) -> bool:
    """Whether the condition says that there is none."""
    folded = unicodedata.normalize("NFKC", condition or "").strip(" 。.").casefold()
    return folded in _NO_CONDITION


def asks_for_money(condition: str) -> bool:
    """Whether the condition makes sharing depend on a price or a fee."""
    return _MONEY.search(unicodedata.normalize("NFKC", condition).casefold()) is not None
