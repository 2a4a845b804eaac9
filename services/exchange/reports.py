"""The reject report as its provider reads it: pages of JSON, or the whole as CSV."""

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass

import orjson

from services.exchange.queries import StoredFile
from services.exchange.tables.items import Item
from services.exchange.tables.reasons import Rule, Severity, sentence
from services.exchange.vault import Vault
from shared.crypto import SealedReader
from shared.pages import CursorInvalid, PageParams, decode, encode

_READ = 128 * 1024
_HEADER = ("line", "item", "name", "reason", "severity", "value", "text", "sentence", "first")


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report. `item` is the item's code, `name` its name, both None where the
    line as a whole is malformed; `first` marks the reason that a rejected row is counted by."""

    line: int
    item: str | None
    name: str | None
    reason: Rule
    severity: Severity
    value: str | None
    text: str | None
    first: bool

    @property
    def sentence(self) -> str:
        """What is wrong, in both languages."""
        return sentence(self.reason, self.name)


class Report:
    """The sealed pieces of one batch's report, read in order."""

    def __init__(self, vault: Vault, files: Sequence[StoredFile], items: Sequence[Item]) -> None:
        self._vault = vault
        self._files = files
        self._names = {item.code: item.name for item in items}

    async def page(self, params: PageParams) -> tuple[list[Finding], str | None]:
        """One page and the cursor of the next. Raises CursorInvalid."""
        place, offset = (0, 0) if params.cursor is None else decode(params.cursor, [int, int])
        if not (isinstance(place, int) and isinstance(offset, int) and place >= 0 <= offset):
            raise CursorInvalid("This cursor does not belong to this list; start again.")
        return await asyncio.to_thread(self._page, place, offset, params.limit)

    async def csv(self) -> AsyncIterator[bytes]:
        """The whole as CSV in UTF-8, with the mark that office programs know it by."""
        yield b"\xef\xbb\xbf" + _row(_HEADER)
        for file in self._files:
            lines = self._lines(file, 0)
            while piece := await asyncio.to_thread(self._some, lines):
                yield piece

    def _page(self, place: int, offset: int, limit: int) -> tuple[list[Finding], str | None]:
        found: list[Finding] = []
        for number in range(place, len(self._files)):
            for line, behind in self._lines(self._files[number], offset):
                if len(found) == limit:
                    return found, encode([number, offset])
                found.append(self._finding(line))
                offset = behind
            offset = 0
        return found, None

    def _some(self, lines: Iterator[tuple[bytes, int]]) -> bytes:
        """The next rows as CSV, about as much as is read at once; empty at the end."""
        out = bytearray()
        for line, _ in lines:
            f = self._finding(line)
            values = (f.line, f.item, f.name, f.reason, f.severity, f.value, f.text, f.sentence)
            out += _row([*["" if v is None else str(v) for v in values], str(f.first).lower()])
            if len(out) >= _READ:
                break
        return bytes(out)

    def _lines(self, file: StoredFile, offset: int) -> Iterator[tuple[bytes, int]]:
        """Each line from `offset` on, and the offset behind it."""
        folder = self._vault.files(self._vault.attempt(file.batch, file.attempt), file.wrapped)
        with folder.open(file.digest) as reader:
            rest = b""
            for start in range(offset, reader.size, _READ):
                *lines, rest = (rest + _read(reader, start)).split(b"\n")
                for line in lines:
                    offset += len(line) + 1
                    yield line, offset

    def _finding(self, line: bytes) -> Finding:
        d = orjson.loads(line)
        item = d["item"]
        return Finding(
            line=d["line"],
            item=item,
            name=self._names.get(item, item),
            reason=Rule(d["rule"]),
            severity=Severity(d["severity"]),
            value=d["value"],
            text=d["text"],
            first=d["first"],
        )


def _read(reader: SealedReader, start: int) -> bytes:
    return reader.read_at(start, _READ)


def _row(values: Sequence[str]) -> bytes:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(values)
    return out.getvalue().encode()
