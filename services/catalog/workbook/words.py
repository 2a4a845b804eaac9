"""The Chinese words of code lists, as drop-downs show them and cells may hold them.

Pure: no database, no HTTP, no clock.
"""

import unicodedata
from enum import StrEnum
from functools import lru_cache
from typing import Final

from services.catalog import formats, items
from services.catalog.classification import TOPICS, Attribute, Level
from services.catalog.items import Openness
from shared.events.catalog import Grade, Secrecy, ShareMethod, Standard, UpdateCycle

YES: Final = "是"
NO: Final = "否"
_YES: Final = frozenset({"是", "y", "yes", "true", "1", "√", "✓", "有"})
_NO: Final = frozenset({"否", "n", "no", "false", "0", "×", "✗", "无"})

# What the guide and the departments call them; a term of a rulebook brings its own word.
_WORDS: Final[dict[str, str]] = {
    **{f"Attribute.{a}": zh for a, zh in (
        (Attribute.BASE, "基础信息资源"),
        (Attribute.THEME, "主题信息资源"),
        (Attribute.DEPARTMENT, "部门信息资源"),
    )},
    **{f"Topic.{topic}": zh for topics in TOPICS.values() for topic, zh in topics.items()},
    f"Level.{Level.DEPARTMENT}": "部门目录",
    f"Level.{Level.LOCAL}": "地方目录",
    f"Level.{Level.NATIONAL}": "国家目录",
    **{f"FormatClass.{kind}": zh for kind, zh in formats.CHINESE.items()},
    **{f"ItemType.{kind}": f"{zh}{kind.value}" for kind, zh in items.CHINESE.items()},
    f"Openness.{Openness.OPEN}": "向社会开放",
    f"Openness.{Openness.CONDITIONAL}": "有条件开放",
    f"Openness.{Openness.CLOSED}": "不开放",
    f"Secrecy.{Secrecy.NONE}": "非涉密",
    f"Secrecy.{Secrecy.PRIVACY}": "个人隐私",
    f"Secrecy.{Secrecy.COMMERCIAL}": "商业秘密",
    f"Secrecy.{Secrecy.WORK}": "工作秘密",
    f"Secrecy.{Secrecy.STATE}": "国家秘密",
    f"Secrecy.{Secrecy.ENFORCEMENT}": "影响执法",
    f"Grade.{Grade.ORDINARY}": "一般",
    f"Grade.{Grade.SENSITIVE}": "敏感",
    f"Standard.{Standard.NONE}": "无标准",
    f"Standard.{Standard.CREDIT_CODE}": "统一社会信用代码 GB 32100",
    f"Standard.{Standard.IDENTITY_NUMBER}": "公民身份号码 GB 11643",
    f"Standard.{Standard.DIVISION}": "行政区划代码 GB/T 2260",
    f"UpdateCycle.{UpdateCycle.REAL_TIME}": "实时",
    f"UpdateCycle.{UpdateCycle.DAILY}": "每日",
    f"UpdateCycle.{UpdateCycle.WEEKLY}": "每周",
    f"UpdateCycle.{UpdateCycle.MONTHLY}": "每月",
    f"UpdateCycle.{UpdateCycle.QUARTERLY}": "每季度",
    f"UpdateCycle.{UpdateCycle.HALF_YEARLY}": "每半年",
    f"UpdateCycle.{UpdateCycle.YEARLY}": "每年",
    f"UpdateCycle.{UpdateCycle.IRREGULAR}": "不定期",
    f"ShareMethod.{ShareMethod.DATABASE}": "共享平台-数据库",
    f"ShareMethod.{ShareMethod.FILE}": "共享平台-文件",
    f"ShareMethod.{ShareMethod.INTERFACE}": "共享平台-接口",
    f"ShareMethod.{ShareMethod.MAIL}": "邮件",
    f"ShareMethod.{ShareMethod.DISK}": "拷盘",
    f"ShareMethod.{ShareMethod.MEDIUM}": "介质交换",
}  # fmt: skip


def word(value: StrEnum) -> str:
    """The Chinese word of a value; the value itself where it has none."""
    of_the_law = getattr(value, "zh", None)
    if isinstance(of_the_law, str):
        return of_the_law
    return _WORDS.get(f"{type(value).__name__}.{value.value}", value.value)


@lru_cache(maxsize=4096)
def plain(text: str) -> str:
    """The text without what typing varies: width, case and spaces."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())


@lru_cache(maxsize=64)
def values_of(kind: type[StrEnum]) -> dict[str, StrEnum]:
    """Every way to write a value of the code list, plain, with the value."""
    found: dict[str, StrEnum] = {}
    for member in kind:
        found.setdefault(plain(word(member)), member)
        found.setdefault(plain(member.value), member)
        # `字符型C` may also be written 字符型, and a class of the guide without 信息资源.
        found.setdefault(plain(word(member).removesuffix(member.value)), member)
    return found


def flag(text: str) -> bool | None:
    """Yes or no, None for neither."""
    bare = plain(text)
    if bare in _YES:
        return True
    return False if bare in _NO else None
