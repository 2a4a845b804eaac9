"""信息资源名称: what a name must be, and when two names are the same name."""

import unicodedata
from typing import Final

LONGEST: Final = 128

# How the names of IT systems end. What a system holds has a name of its own.
_SYSTEM_ENDINGS: Final = ("系统", "平台", "软件", "小程序", "app", "网站", "门户", "客户端")
# Words that end like one and are none.
_NO_SYSTEMS: Final = ("生态系统", "水系统")
# What follows a system's name without changing what it is: editions and phases.
_EDITION_CHARACTERS: Final = frozenset("v0123456789一二三四五六七八九十期版第")

# Names that say nothing of what the data are about, after key().
_EMPTY_NAMES: Final = frozenset(
    [
        "信息",
        "数据",
        "资料",
        "基本信息",
        "基础信息",
        "基础数据",
        "业务数据",
        "业务信息",
        "数据表",
        "信息表",
        "数据库",
        "信息资源",
        "政务信息资源",
        "其他",
        "其他信息",
        "测试",
        "test",
        "data",
    ]
)


def key(name: str) -> str:
    """The name without what compilers vary by mistake: spaces, punctuation, width and case.

    Two resources whose keys are equal have the same name.
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    return "".join(character for character in folded if character.isalnum())


def names_a_system(name: str) -> bool:
    """Whether the name is that of an IT system, also with its edition or phase behind it."""
    bare = key(name)
    while bare and bare[-1] in _EDITION_CHARACTERS:
        bare = bare[:-1]
    return bare.endswith(_SYSTEM_ENDINGS) and not bare.endswith(_NO_SYSTEMS)


def says_nothing(name: str) -> bool:
    """Whether the name leaves open what the resource is about."""
    bare = key(name)
    return len(bare) < 2 or bare in _EMPTY_NAMES or bare.isdigit()
