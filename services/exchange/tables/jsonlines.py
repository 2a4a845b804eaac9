"""JSON lines cut into records: one object a line, keyed by the items' codes or names.

What holds for a CSV holds here: every line names every item once, null and "" are both empty,
numbers are text as they are written (no digit is lost), true and false are such texts. A line
that is anything else is set aside with its number, never the end of the batch. Lines are
counted from 1, as the file has them; blank ones are no records.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

import polars as pl

from services.exchange.tables.encodings import textual
from services.exchange.tables.items import OPERATION, OPERATION_NAMES, Item, match_header, plain
from services.exchange.tables.lines import LONGEST_LINE, LONGEST_RECORD, Block, Malformed
from services.exchange.tables.reasons import Rule
from services.exchange.tables.refusals import BatchRefused

# Objects in Python take several times the room of their text.
_SHARE = 4
_SHOWN = 4000
Pairs = list[tuple[str, object]]


class _NoRecord(ValueError):
    """A line that is JSON and no record of the table."""


class _Pairs(list[tuple[str, object]]):
    """An object as it was written: keys may appear twice."""


def _refuse(constant: str) -> object:
    raise ValueError(f"{constant} is no JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_Pairs, parse_float=str, parse_int=str, parse_constant=_refuse
)


class JsonLines:
    """Reads one batch. Raises BatchRefused where the first lines do not name the items."""

    def __init__(self, items: Sequence[Item], *, delta: bool) -> None:
        self._items = list(items)
        self._delta = delta
        self._columns = [item.code for item in items] + ([OPERATION] if delta else [])
        self._codes: dict[str, str | None] = {}
        self._line = 1

    def blocks(self, chunks: Iterable[bytes], size: int) -> Iterator[Block]:
        """Every block; memory is a small multiple of `size`, whatever comes in."""
        source = iter(chunks)
        head = bytearray()
        for chunk in source:
            head += chunk
            if len(head) >= LONGEST_RECORD:
                break
        self._look(bytes(head))
        bound = max(1, size // _SHARE)
        gathered: list[bytes] = []
        held = 0
        for line in self._lines(chain([bytes(head)], source)):
            gathered.append(line)
            held += len(line)
            if held >= bound:
                yield self._block(gathered)
                gathered, held = [], 0
        if gathered:
            yield self._block(gathered)

    def _look(self, head: bytes) -> None:
        """Some line of the first mebibyte must name the items: columns that are missing from all
        of them are the file's fault, not a row's."""
        first: Pairs | None = None
        for raw in head.split(b"\n"):
            try:
                pairs = _object(_text(raw))
            except (ValueError, RecursionError):
                continue
            first = first or pairs
            try:
                self._cells(pairs)
            except _NoRecord:
                continue
            return
        if first is None:
            raise BatchRefused(
                "header-missing",
                "文件不是 JSON Lines：每行应为一个以信息项名称或代码为键的对象 "
                "(this is no JSON lines: each line is an object keyed by the items)",
            )
        match_header([key for key, _ in first], self._items, delta=self._delta)

    def _lines(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        rest = b""
        for chunk in chunks:
            *lines, rest = (rest + chunk).split(b"\n")
            yield from lines
            if len(rest) > LONGEST_LINE:
                raise BatchRefused(
                    "line-too-long",
                    "文件中有一行过长 (a line is too long to be a record)",
                )
        if rest:
            yield rest

    def _block(self, lines: Sequence[bytes]) -> Block:
        numbers: list[int] = []
        texts: list[str] = []
        rows: list[list[str | None]] = []
        malformed: list[Malformed] = []
        for raw in lines:
            number = self._line
            self._line += 1
            text = _text(raw)
            if not text.strip():
                continue
            try:
                if len(raw) > LONGEST_RECORD:
                    raise ValueError("longer than a record may be")
                cells, whole = self._cells(_object(text))
            except _NoRecord:
                malformed.append(Malformed(number, Rule.FIELDS, text[:_SHOWN]))
            except (ValueError, RecursionError):
                malformed.append(Malformed(number, Rule.UNREADABLE, text[:_SHOWN]))
            else:
                numbers.append(number)
                texts.append(text if whole else json.dumps(cells, ensure_ascii=False))
                rows.append(cells)
        return Block(
            pl.Series(numbers, dtype=pl.UInt64),
            pl.Series(texts, dtype=pl.String),
            pl.DataFrame(rows, schema=dict.fromkeys(self._columns, pl.String()), orient="row"),
            malformed,
        )

    def _cells(self, pairs: Pairs) -> tuple[list[str | None], bool]:
        """The cells in the order of the columns, and whether the line's text shows them as they
        are. Raises _NoRecord for keys unknown, twice or missing, ValueError for nested values."""
        found: dict[str, str | None] = {}
        whole = True
        for key, value in pairs:
            code = self._code(key)
            if code is None or code in found:
                raise _NoRecord
            text = _plain_value(value)
            found[code] = None if text is None else textual(text)
            whole = whole and found[code] == text
        if self._delta:
            found.setdefault(OPERATION, None)
        if len(found) != len(self._columns):
            raise _NoRecord
        return [found[code] for code in self._columns], whole

    def _code(self, key: str) -> str | None:
        """The column that a key names; few keys are looked up often."""
        if key not in self._codes:
            if len(self._codes) > 10_000:
                self._codes.clear()
            self._codes[key] = self._named(key)
        return self._codes[key]

    def _named(self, key: str) -> str | None:
        by_name = {plain(i.code): i.code for i in self._items}
        by_name |= {plain(i.name): i.code for i in self._items}
        code = by_name.get(plain(key))
        if code is None and self._delta and plain(key) in OPERATION_NAMES:
            return OPERATION
        return code


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace").removesuffix("\r").replace("\0", "\ufffd")


def _object(text: str) -> Pairs:
    found = _DECODER.decode(text)
    if not isinstance(found, _Pairs):
        raise ValueError("a record is an object")
    return found


def _plain_value(value: object) -> str | None:
    if value is None or isinstance(value, bool):
        return None if value is None else str(value).lower()
    if isinstance(value, str):
        return value or None
    raise ValueError("a record's values are plain")
