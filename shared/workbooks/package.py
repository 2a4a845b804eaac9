"""An XLSX file opened with suspicion: a ZIP of XML parts, bounded before anything is read.

Whatever is declared is bounded and whatever is read is bounded by what was declared, so that a
small file cannot become a large one; a document type declaration, and with it every entity, is
refused. Names of elements count without their namespaces: WPS, LibreOffice, Excel (also in its
strict form) and libraries write them differently.
"""

import posixpath
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from types import TracebackType
from typing import BinaryIO, Final
from xml.parsers import expat

# 10,000 entries of 20 items, written by Excel, unpack to about 150 MiB.
LARGEST_UNPACKED: Final = 400 << 20
LARGEST_STRINGS: Final = 128 << 20
LARGEST_SMALL_PART: Final = 8 << 20
MOST_PARTS: Final = 2_000
LONGEST_CELL: Final = 32_767
_READ: Final = 1 << 16
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    OSError,
    RuntimeError,
    ValueError,
)
_OLD_FORMAT: Final = b"\xd0\xcf\x11\xe0"
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
# Number formats that Excel has built in and that show a date or a time.
_DATES: Final = frozenset([*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)])
_LITERAL: Final = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?!h|m|s)[^\]]*\]', re.IGNORECASE)

Start = Callable[[str, dict[str, str]], None]


class NotAWorkbook(Exception):
    """The bytes are not an XLSX workbook, or not one that anybody would send.

    `code` is permanent; the sentences say what to do.
    """

    code: Final = "workbook-unreadable"

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


def _broken() -> NotAWorkbook:
    return NotAWorkbook(
        "文件不是有效的 xlsx 工作簿，或已损坏；请用 Excel、WPS 或 LibreOffice 另存为 xlsx。",
        "The file is no XLSX workbook, or it is damaged; save it as xlsx anew.",
    )


def _too_large() -> NotAWorkbook:
    return NotAWorkbook(
        "工作簿展开后过大；请删除空白的格式行，或分成几个文件。",
        "The workbook unpacks to more than is read; delete formatted empty rows, or split it.",
    )


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: its name as people gave it, its part, and whether it is hidden."""

    name: str
    part: str
    hidden: bool


class Package:
    """A workbook's parts. Use as a context manager. Raises NotAWorkbook on entering.

    All parts together may be `largest` bytes when they are unpacked.
    """

    def __init__(self, file: BinaryIO, largest: int = LARGEST_UNPACKED) -> None:
        self._file = file
        self.largest = largest
        self.sheets: list[Sheet] = []
        self.strings: list[str] = []
        self.dates: frozenset[int] = frozenset()
        self.since_1904 = False

    def __enter__(self) -> "Package":
        head = self._file.read(4)
        self._file.seek(0)
        if head == _OLD_FORMAT:
            raise NotAWorkbook(
                "这是旧版 xls 或加了密码的文件；请另存为不加密的 xlsx。",
                "An old xls or an encrypted file; save it as xlsx without a password.",
            )
        try:
            self._zip = zipfile.ZipFile(self._file)
            self._parts = {info.filename.lstrip("/"): info for info in self._zip.infolist()}
        except _BROKEN as error:
            raise _broken() from error
        if len(self._parts) > MOST_PARTS or self.unpacked > self.largest:
            raise _too_large()
        self._open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._zip.close()

    @property
    def unpacked(self) -> int:
        """How many bytes all parts say they are when unpacked; no more than that is ever read."""
        return sum(info.file_size for info in self._parts.values())

    def chunks(self, part: str, largest: int | None = None) -> Iterator[bytes]:
        """The bytes of a part, unpacked as they are read. Raises NotAWorkbook."""
        info = self._parts.get(part)
        if info is None or info.flag_bits & 1:
            raise _broken()
        if info.file_size > (self.largest if largest is None else largest):
            raise _too_large()
        try:
            with self._zip.open(info) as stream:
                while chunk := stream.read(_READ):
                    yield chunk
        except _BROKEN as error:
            raise _broken() from error

    def walk(
        self,
        part: str,
        start: Start,
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
        largest: int = LARGEST_SMALL_PART,
    ) -> Iterator[None]:
        """Parse a part; each step is one piece of it. Raises NotAWorkbook."""
        parser = expat.ParserCreate(namespace_separator="}")
        parser.buffer_text = True

        def started(name: str, attributes: dict[str, str]) -> None:
            if any("}" in key for key in attributes):
                attributes = {_local(key): value for key, value in attributes.items()}
            start(_local(name), attributes)

        parser.StartElementHandler = started
        if end is not None:
            parser.EndElementHandler = lambda name: end(_local(name))
        if text is not None:
            parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = _refuse_doctype
        try:
            for chunk in self.chunks(part, largest):
                parser.Parse(chunk, False)
                yield
            parser.Parse(b"", True)
            yield
        except (expat.ExpatError, LookupError, ValueError) as error:
            raise _broken() from error

    def _open(self) -> None:
        root = self._related("")
        book = next((part for kind, part in root.values() if kind == "officeDocument"), None)
        if book is None:
            raise _broken()
        related = self._related(book)

        def start(name: str, told: dict[str, str]) -> None:
            if name == "workbookPr":
                self.since_1904 = told.get("date1904") in ("1", "true")
            elif name == "sheet" and told.get("id") in related:
                kind, part = related[told["id"]]
                if kind == "worksheet":
                    hidden = told.get("state", "visible") != "visible"
                    self.sheets.append(Sheet(told.get("name", ""), part, hidden))

        for _ in self.walk(book, start):
            pass
        for kind, part in related.values():
            if kind == "sharedStrings" and part in self._parts:
                self.strings = self._shared_strings(part)
            elif kind == "styles" and part in self._parts:
                self.dates = self._date_styles(part)

    def _related(self, part: str) -> dict[str, tuple[str, str]]:
        """The relationships of a part: id to kind and the part related."""
        folder, name = posixpath.split(part)
        found: dict[str, tuple[str, str]] = {}

        def start(element: str, told: dict[str, str]) -> None:
            if element == "Relationship" and told.get("TargetMode") != "External":
                target = told.get("Target", "")
                there = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}"
                path = posixpath.normpath(there).lstrip("/")
                found[told.get("Id", "")] = told.get("Type", "").rpartition("/")[2], path

        for _ in self.walk(f"{folder}/_rels/{name}.rels".lstrip("/"), start):
            pass
        return found

    def _shared_strings(self, part: str) -> list[str]:
        strings: list[str] = []
        current: list[str] = []
        inside = {"t": False, "phonetic": False}

        def start(name: str, told: dict[str, str]) -> None:
            if name == "si":
                current.clear()
            elif name == "rPh":  # How the text is read aloud, not the text.
                inside["phonetic"] = True
            elif name == "t":
                inside["t"] = not inside["phonetic"]

        def end(name: str) -> None:
            if name == "t":
                inside["t"] = False
            elif name == "rPh":
                inside["phonetic"] = False
            elif name == "si":
                strings.append(unescaped("".join(current))[:LONGEST_CELL])

        def text(piece: str) -> None:
            if inside["t"]:
                current.append(piece)

        for _ in self.walk(part, start, end, text, LARGEST_STRINGS):
            pass
        return strings

    def _date_styles(self, part: str) -> frozenset[int]:
        """The numbers of the cell styles that show a date."""
        formats: dict[str, str] = {}
        styles: list[str] = []
        inside = {"xfs": False}

        def start(name: str, told: dict[str, str]) -> None:
            if name == "numFmt":
                formats[told.get("numFmtId", "")] = told.get("formatCode", "")
            elif name == "cellXfs":
                inside["xfs"] = True
            elif name == "xf" and inside["xfs"]:
                styles.append(told.get("numFmtId", "0"))

        def end(name: str) -> None:
            if name == "cellXfs":
                inside["xfs"] = False

        for _ in self.walk(part, start, end):
            pass
        return frozenset(n for n, code in enumerate(styles) if _shows_date(code, formats))


def unescaped(text: str) -> str:
    """The text without the escapes that XLSX writes for characters XML cannot hold."""
    if "_x" not in text:
        return text
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def _shows_date(number: str, formats: dict[str, str]) -> bool:
    if number in formats:
        return any(letter in _LITERAL.sub("", formats[number]).lower() for letter in "ymdhs")
    return number.isdecimal() and int(number) in _DATES


def _refuse_doctype(*_: object) -> None:
    raise ValueError("a workbook declares no document type")


@lru_cache(maxsize=1024)
def _local(name: str) -> str:
    return name.rpartition("}")[2]
