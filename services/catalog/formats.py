"""信息资源格式 and 共享方式: the format classes, their types, and which methods fit which class.

From 《政务信息资源目录编制指南（试行）》: a file is shared as a file, a database as database
or interface.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.events.catalog import ShareMethod


class FormatClass(StrEnum):
    """格式分类."""

    DOCUMENT = "electronic-document"
    SPREADSHEET = "spreadsheet"
    DATABASE = "database"
    IMAGE = "image"
    STREAM = "streaming-media"
    SELF_DESCRIBED = "self-described"


CHINESE: Final[dict[FormatClass, str]] = {
    FormatClass.DOCUMENT: "电子文件",
    FormatClass.SPREADSHEET: "电子表格",
    FormatClass.DATABASE: "数据库",
    FormatClass.IMAGE: "图形图像",
    FormatClass.STREAM: "流媒体",
    FormatClass.SELF_DESCRIBED: "自描述格式",
}

# The guide's list of databases is open ("…"); the newer domestic ones are added.
TYPES: Final[dict[FormatClass, frozenset[str]]] = {
    FormatClass.DOCUMENT: frozenset(
        ["ofd", "wps", "xml", "txt", "doc", "docx", "html", "pdf", "ppt", "pptx"]
    ),
    FormatClass.SPREADSHEET: frozenset(["et", "xls", "xlsx", "csv"]),
    FormatClass.DATABASE: frozenset(
        [
            "dm",
            "kingbasees",
            "gbase",
            "oscar",
            "opengauss",
            "gaussdb",
            "oceanbase",
            "tidb",
            "access",
            "dbf",
            "dbase",
            "sysbase",
            "oracle",
            "sqlserver",
            "db2",
            "mysql",
            "mariadb",
            "postgresql",
        ]
    ),
    FormatClass.IMAGE: frozenset(["jpg", "gif", "bmp", "png", "tif"]),
    FormatClass.STREAM: frozenset(["swf", "rm", "mpg", "mp4"]),
}

_ON_PLATFORM: Final[dict[FormatClass, frozenset[ShareMethod]]] = {
    FormatClass.DOCUMENT: frozenset({ShareMethod.FILE}),
    FormatClass.SPREADSHEET: frozenset({ShareMethod.FILE}),
    FormatClass.IMAGE: frozenset({ShareMethod.FILE}),
    FormatClass.STREAM: frozenset({ShareMethod.FILE}),
    FormatClass.DATABASE: frozenset({ShareMethod.DATABASE, ShareMethod.INTERFACE}),
    FormatClass.SELF_DESCRIBED: frozenset(
        {ShareMethod.DATABASE, ShareMethod.FILE, ShareMethod.INTERFACE}
    ),
}
_OFF_PLATFORM: Final = frozenset({ShareMethod.MAIL, ShareMethod.DISK, ShareMethod.MEDIUM})


@dataclass(frozen=True, slots=True)
class Format:
    """A format: its class and, inside it, its type by the usual file or product name."""

    kind: FormatClass
    type: str

    @property
    def contradiction(self) -> str | None:
        """A sentence on what is wrong with the format, None when it is one of the list."""
        if self.kind is FormatClass.SELF_DESCRIBED:
            return None if self.type.strip() else "A 自描述格式 is named by its provider."
        if self.type not in TYPES[self.kind]:
            return f"{CHINESE[self.kind]} is one of: {', '.join(sorted(TYPES[self.kind]))}."
        return None


def misfits(kind: FormatClass, methods: tuple[ShareMethod, ...]) -> list[ShareMethod]:
    """The methods by which something of this format class cannot be shared."""
    return [m for m in methods if m not in _ON_PLATFORM[kind] and m not in _OFF_PLATFORM]


def fitting(kind: FormatClass) -> list[ShareMethod]:
    """The methods on the platform that fit the format class, for the sentence of a refusal."""
    return sorted(_ON_PLATFORM[kind])
