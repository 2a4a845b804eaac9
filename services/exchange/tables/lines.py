"""A CSV's bytes cut into records at speed; malformed lines set aside with their line number.

The grammar is RFC 4180 with two allowances that old exports need: a quote inside an unquoted
field is a quote, and any line end will do. A record that opens a quote and does not close it
properly costs one physical line, never the rest of the file: that line is set aside and reading
goes on with the next.

Nearly all lines of a real file are one whole record each. One regular expression over a column
of lines (Rust, linear time) finds those, and they go to the CSV reader as they are; only the
others are looked at one by one.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from services.exchange.tables.reasons import Rule
from services.exchange.tables.refusals import BatchRefused

# A record over several lines may be this long; a physical line never longer than LONGEST_LINE.
LONGEST_RECORD = 1 << 20
LONGEST_LINE = 32 << 20

_DELIMITERS = (",", "\t", ";", "|", "||", "\x01")
# A delimiter of two characters is worked on as this one, which text does not contain.
_UNIT = "\x1f"
_SPECIAL = re.compile(r'[,"\r\n]')


@dataclass(frozen=True, slots=True)
class Malformed:
    """A line that is no record of the table: its number, which rule, its text as it came."""

    line: int
    rule: Rule
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """Records of consecutive lines.

    `lines` are physical line numbers from 1, `texts` the records as they came, `cells` one
    column of text for each column of the file ("" is null); the three are equally long.
    `marks` says of which rows a format already knows that a rule is broken on an item, by its
    code: what can be seen in a spreadsheet's cell and no longer in its text.
    """

    lines: pl.Series
    texts: pl.Series
    cells: pl.DataFrame
    malformed: list[Malformed]
    marks: Mapping[tuple[Rule, str], pl.Series] = field(default_factory=dict)


def line_of(cells: Sequence[str]) -> str:
    """Cells as one line of CSV, for the report on what came as no line."""
    return ",".join(
        '"' + cell.replace('"', '""') + '"' if _SPECIAL.search(cell) else cell for cell in cells
    )


class Grammar:
    """The expressions of one delimiter."""

    def __init__(self, delimiter: str) -> None:
        self.delimiter = delimiter
        self.unit = delimiter if len(delimiter) == 1 else _UNIT
        d = _escaped(self.unit)
        quoted = r'"(?:[^"]++|"")*+"'
        field = rf'(?:{quoted}|[^{d}"\n][^{d}\n]*+|)'
        # Possessive throughout: a record is matched in one pass or not at all.
        self.record = re.compile(rf"{field}(?:{d}{field})*+\r?(?:\n|\Z)".encode())
        # From here to the end of the data one quote stands open.
        self.open = re.compile(rf'(?:{field}{d})*+"(?:[^"]++|"")*+"?\r?\Z'.encode())
        self._field = re.compile(rf'(?:"((?:[^"]++|"")*+)"|([^{d}\n]*+))(?:{d}|\r?\n|\r?\Z)')

    def whole_line(self, fields: int) -> str:
        """The expression (Rust) of a line that is one record of that many fields."""
        d = _escaped(self.unit)
        field = rf'(?:[^{d}"\r]*|"(?:[^"]|"")*")'
        rest = f"(?:{d}{field}){{{fields - 1}}}" if fields > 1 else ""
        return f"^{field}{rest}$"

    def fields(self, record: str) -> list[str]:
        """The unquoted fields of one record that `record` matched."""
        text = record.removesuffix("\n").removesuffix("\r")
        found: list[str] = []
        at = 0
        while True:
            match = self._field.match(text, at)
            if match is None:
                raise AssertionError("not a record of this grammar")
            quoted, bare = match.groups()
            found.append(bare if quoted is None else quoted.replace('""', '"'))
            at = match.end()
            if at == len(text) and not match.group().endswith(self.unit):
                return found

    def canonical(self, cells: Sequence[str]) -> str:
        """One record that the CSV reader cannot misread."""
        return self.unit.join('"' + cell.replace('"', '""') + '"' for cell in cells)


def _escaped(unit: str) -> str:
    return "\\|" if unit == "|" else unit


@dataclass(frozen=True, slots=True)
class Header:
    """The first record: its cells, the delimiter, and the bytes and lines it takes up."""

    cells: list[str]
    delimiter: str
    size: int
    lines: int


def find_header(head: bytes, known: Callable[[Sequence[str]], int]) -> Header:
    """The header at the beginning of `head`, with the delimiter that makes most sense of it.

    `known` counts the cells that it recognises. Raises BatchRefused where no delimiter gives
    one: a file without a header could only be guessed at.
    """
    blank = len(head) - len(head.lstrip(b"\r\n"))
    best: tuple[tuple[int, int], Header] | None = None
    for delimiter in _DELIMITERS:
        grammar = Grammar(delimiter)
        data = head[blank : blank + LONGEST_RECORD]
        if len(delimiter) > 1:
            data = data.replace(delimiter.encode(), _UNIT.encode())
        match = grammar.record.match(data)
        if match is None:
            continue
        raw = match.group()
        cells = grammar.fields(raw.decode("utf-8", "replace"))
        size = blank + len(raw) + raw.count(_UNIT.encode()) * (len(delimiter) - 1)
        header = Header(cells, delimiter, size, head[:size].count(b"\n"))
        # "||" is not "|" with an empty column between: the fewest cells win where as many fit.
        score = known(cells), -len(cells)
        if score[0] and (best is None or score > best[0]):
            best = score, header
    if best is None:
        raise BatchRefused(
            "header-missing",
            "首行不是目录信息项的名称或代码 "
            "(the first line does not name the items of the catalogue entry)",
        )
    return best[1]


class Splitter:
    """Cuts the data after the header into blocks of records of exactly `columns`."""

    def __init__(self, header: Header, columns: Sequence[str]) -> None:
        self._grammar = Grammar(header.delimiter)
        self._columns = list(columns)
        self._whole = self._grammar.whole_line(len(columns))
        self._line = header.lines + 1

    def blocks(self, chunks: Iterable[bytes], size: int) -> Iterator[Block]:
        """Every block; memory is a small multiple of `size`, whatever comes in."""
        data = bytearray()
        for chunk in chunks:
            data += chunk
            if len(data) >= size:
                block, rest = self._split(bytes(data), final=False)
                yield block
                if len(rest) > LONGEST_LINE:
                    raise BatchRefused(
                        "line-too-long",
                        f"第 {self._line} 行过长 (line {self._line} is too long to be a record)",
                    )
                data = bytearray(rest)
        if data:
            block, _ = self._split(bytes(data), final=True)
            yield block

    def _split(self, data: bytes, *, final: bool) -> tuple[Block, bytes]:
        cut = len(data) if final else data.rfind(b"\n") + 1
        body, tail = data[:cut], data[cut:]
        if self._grammar.unit != self._grammar.delimiter:
            body = body.replace(self._grammar.delimiter.encode(), _UNIT.encode())
        # NUL is no text, and PostgreSQL cannot hold it: it is damage like any other.
        if b"\0" in body:
            body = body.replace(b"\0", "\ufffd".encode())
        try:
            lines = pl.read_lines(body)["line"]
        except pl.exceptions.ComputeError:
            # Bytes that are no UTF-8 become U+FFFD, which the damaged-text check finds.
            body = body.decode("utf-8", "replace").encode()
            lines = pl.read_lines(body)["line"]
        numbers = pl.int_range(self._line, self._line + len(lines), dtype=pl.UInt64, eager=True)
        whole = lines.str.contains(self._whole)
        if len(self._columns) == 1:
            whole &= lines.str.len_bytes() > 0
        if whole.all():
            self._line += len(lines)
            return Block(numbers, self._shown(lines), self._cells(body), []), tail
        seen = self._look_closer(body, (~whole).arg_true().to_list(), len(lines), final=final)
        keep = pl.Series([True]).new_from_index(0, len(lines)).scatter(seen.dropped, False)
        texts, canonical = lines, lines
        if seen.records:
            where = list(seen.records)
            canonical = lines.clone().scatter(where, [r[0] for r in seen.records.values()])
            texts = lines.clone().scatter(where, [r[1] for r in seen.records.values()])
        keep = keep.head(seen.end)
        numbers, texts, canonical = (
            s.head(seen.end).filter(keep) for s in (numbers, texts, canonical)
        )
        joined = canonical.str.join("\n").item() or ""
        self._line += seen.end
        rest = body[seen.rest :] + tail
        if self._grammar.unit != self._grammar.delimiter:
            carried = body[seen.rest :].replace(_UNIT.encode(), self._grammar.delimiter.encode())
            rest = carried + tail
        cells = self._cells(joined.encode() if len(numbers) else b"")
        return Block(numbers, self._shown(texts), cells, seen.malformed), rest

    def _look_closer(
        self, body: bytes, irregular: Sequence[int], count: int, *, final: bool
    ) -> "_Seen":
        """What the lines are that are not one whole record each."""
        starts = [0, *(found.end() for found in re.finditer(rb"\n", body))]
        seen = _Seen(end=count, rest=len(body))
        resume = 0
        for index in irregular:
            if index < resume:
                continue
            start = starts[index]
            match = self._grammar.record.match(body, start)
            in_reach = not final and len(body) - start <= LONGEST_RECORD
            if match is None and in_reach and self._grammar.open.match(body, start):
                # The record may go on in the next block: it is read again from its start.
                seen.end, seen.rest = index, start
                break
            if match is None or match.end() - start > LONGEST_RECORD:
                resume = index + 1
                seen.drop(index, resume)
                end = starts[resume] if resume < len(starts) else len(body)
                seen.set_aside(self._line + index, Rule.QUOTES, self._text(body[start:end]))
                continue
            resume = bisect_left(starts, match.end()) if match.end() < len(body) else count
            text = self._text(match.group())
            cells = self._grammar.fields(match.group().decode())
            if text == "":
                seen.drop(index, resume)
            elif len(cells) != len(self._columns):
                seen.drop(index, resume)
                seen.set_aside(self._line + index, Rule.FIELDS, text)
            else:
                seen.drop(index + 1, resume)
                seen.records[index] = self._grammar.canonical(cells), text
        return seen

    def _text(self, raw: bytes) -> str:
        text = raw.decode().removesuffix("\n").removesuffix("\r")
        return text.replace(self._grammar.unit, self._grammar.delimiter)

    def _shown(self, texts: pl.Series) -> pl.Series:
        if self._grammar.unit == self._grammar.delimiter:
            return texts
        return texts.str.replace_all(_UNIT, self._grammar.delimiter, literal=True)

    def _cells(self, body: bytes) -> pl.DataFrame:
        schema = dict.fromkeys(self._columns, pl.String())
        if not body:
            return pl.DataFrame(schema=schema)
        cells = pl.read_csv(
            body, has_header=False, separator=self._grammar.unit, schema=schema, infer_schema=False
        )
        if self._grammar.unit == self._grammar.delimiter:
            return cells
        # The delimiter inside quotes was text.
        return cells.with_columns(
            pl.all().str.replace_all(_UNIT, self._grammar.delimiter, literal=True)
        )


class _Seen:
    """What a closer look found: lines dropped, records rewritten, where the block ends."""

    def __init__(self, *, end: int, rest: int) -> None:
        self.end = end
        self.rest = rest
        self.dropped: list[int] = []
        self.records: dict[int, tuple[str, str]] = {}
        self.malformed: list[Malformed] = []

    def drop(self, first: int, behind: int) -> None:
        self.dropped.extend(range(first, behind))

    def set_aside(self, line: int, rule: Rule, text: str) -> None:
        self.malformed.append(Malformed(line, rule, text))
