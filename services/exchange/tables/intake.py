"""A whole batch taken in: bytes to accepted parts, reject report and counts, memory bounded.

What is in memory at any time: a few blocks of the file (16 MiB of text each, a few times that as
columns), the part that is being gathered, one bucket of keys, and for each row of the batch
nothing. Uniqueness is settled at the end, over buckets of keys; the first line of a key stands
and later ones are rejected, so only parts that hold a duplicate are written again.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import BinaryIO

import polars as pl

from services.exchange.tables.arrivals import Arrival
from services.exchange.tables.buckets import Buckets, count_for
from services.exchange.tables.checks import (
    FINDINGS,
    FLAGS,
    LINE,
    Checked,
    Checker,
    state_schema,
)
from services.exchange.tables.columns import Decoded
from services.exchange.tables.counts import Counts
from services.exchange.tables.formats import PLAIN_CSV, Content
from services.exchange.tables.items import UNBOUND, Bindings, Item
from services.exchange.tables.lines import Block
from services.exchange.tables.reasons import Rule, Severities, Severity
from services.exchange.tables.refusals import BatchRefused
from services.exchange.tables.report import ReportWriter
from services.exchange.tables.shelf import BOUNDS, Bounds, Part, PartWriter, Scratch, Shelf

_PART, _ROW = "$part", "$row"
# Polars leaves the interpreter free while it works, so threads share the processors.
_AT_ONCE = 2
# Keys and their places are a small part of a row.
_KEY_SHARE = 6


@dataclass(frozen=True, slots=True)
class Source:
    """A batch as it came: its bytes, how many, and what its provider says of them; of a Parquet
    file also the rows as they are `decoded`."""

    file: BinaryIO
    size: int
    content: Content = PLAIN_CSV
    decoded: Decoded | None = None


@dataclass(slots=True)
class Taken:
    """What a batch came to. `row_buckets` is how many buckets its rows fill."""

    counts: Counts
    parts: list[Part] = field(default_factory=list)
    report: list[Part] = field(default_factory=list)
    rejected_keys: list[Part] = field(default_factory=list)
    row_buckets: int = 1


class Intake:
    """Takes one batch in. `progress` hears the rows read so far, block by block."""

    def __init__(
        self,
        items: Sequence[Item],
        severities: Severities,
        *,
        delta: bool,
        total_of: str | None = None,
        bindings: Bindings = UNBOUND,
        shelf: Shelf,
        scratch: Scratch,
        bounds: Bounds = BOUNDS,
        progress: Callable[[int], None] = lambda rows: None,
    ) -> None:
        self._items = list(items)
        self._keys = [item.code for item in items if item.key]
        if not self._keys:
            raise BatchRefused(
                "key-missing",
                "资源目录未指定主键信息项 (the catalogue entry names no key item)",
            )
        self._checker = Checker(
            items, severities, delta=delta, total_of=total_of, bindings=bindings
        )
        self._delta = delta
        self._shelf = shelf
        self._scratch = scratch
        self._bounds = bounds
        self._progress = progress

    def take(self, source: Source) -> Taken:
        """The batch, read to its end. Raises BatchRefused where it cannot be taken as a whole."""
        arrived = Arrival(source.file, source.size, source.content, self._bounds, source.decoded)
        counts = Counts()
        taken = Taken(counts, row_buckets=count_for(arrived.size, self._bounds.bucket))
        rows, report = PartWriter(self._shelf, self._bounds), ReportWriter(self._shelf)
        share = count_for(arrived.size, self._bounds.bucket * _KEY_SHARE)
        keys = Buckets(self._scratch, self._keys, share)
        gathered = 0
        for block in self._checked(arrived.blocks(self._items, delta=self._delta)):
            counts.add(block.counts)
            report.add(block.findings)
            if block.rejected_keys.height:
                taken.rejected_keys.append(self._scratch.put(block.rejected_keys))
            # A part number is that of the part that the rows will end up in.
            number = len(rows.parts)
            where = pl.int_range(gathered, gathered + block.accepted.height, dtype=pl.UInt32)
            keys.add(
                block.accepted.select(
                    *self._keys,
                    LINE,
                    pl.lit(number, dtype=pl.UInt32).alias(_PART),
                    where.alias(_ROW),
                )
            )
            rows.add(block.accepted.drop(LINE))
            gathered = 0 if len(rows.parts) > number else gathered + block.accepted.height
            self._progress(counts.rows_in)
        rows.flush()
        taken.parts = self._first_of_each_key(rows.parts, keys, counts, report)
        report.flush()
        taken.report = report.parts
        return taken

    def _checked(self, blocks: Iterator[Block]) -> Iterator[Checked]:
        """The blocks checked, in order; some are in the works while the next is being cut."""
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            working: deque[Future[Checked]] = deque()
            for block in blocks:
                working.append(pool.submit(self._checker.check, block))
                if len(working) > _AT_ONCE:
                    yield working.popleft().result()
            while working:
                yield working.popleft().result()

    def _first_of_each_key(
        self, parts: list[Part], keys: Buckets, counts: Counts, report: ReportWriter
    ) -> list[Part]:
        """The parts without later rows of a key that an earlier line has already."""
        kept = dict(enumerate(parts))
        later: dict[int, list[int]] = defaultdict(list)
        schema = self._key_schema()
        for number in range(keys.count):
            frame = keys.take(number, schema)
            if not frame.select(self._keys).is_duplicated().any():
                continue
            frame = frame.sort(LINE)
            twice = frame.filter(~pl.struct(self._keys).is_first_distinct())
            report.add(self._duplicates(twice))
            for part, row in twice.select(_PART, _ROW).iter_rows():
                later[part].append(row)
        for part, rows in later.items():
            frame = self._shelf.get(kept[part]).with_row_index(_ROW)
            out = frame.filter(pl.col(_ROW).is_in(rows))
            counts.rejected += len(rows)
            counts.accepted -= len(rows)
            counts.reasons[Rule.UNIQUE] += len(rows)
            counts.flagged -= out.height - out[FLAGS].null_count()
            for token in out[FLAGS].explode().drop_nulls():
                counts.flags[Rule(token.partition(":")[2])] -= 1
            kept[part] = self._shelf.put(frame.filter(~pl.col(_ROW).is_in(rows)).drop(_ROW))
        final = [part for part in kept.values() if part.rows]
        # Two parts of equal rows are one file: what is still referred to stays.
        for part in set(parts).difference(final):
            self._shelf.drop(part)
        return final

    def _duplicates(self, rows: pl.DataFrame) -> pl.DataFrame:
        value = pl.concat_str([pl.col(key).cast(pl.String) for key in self._keys], separator=" ")
        return rows.select(
            pl.col(LINE).alias("line"),
            pl.lit(Rule.UNIQUE.value).alias("rule"),
            pl.lit(Severity.REJECT.value).alias("severity"),
            pl.lit(self._keys[0]).alias("item"),
            value.alias("value"),
            pl.lit(None, dtype=pl.String).alias("text"),
            pl.lit(value=True).alias("first"),
        ).cast(FINDINGS)

    def _key_schema(self) -> pl.Schema:
        kinds = state_schema(self._items)
        return pl.Schema(
            {key: kinds[key] for key in self._keys}
            | {LINE: pl.UInt64(), _PART: pl.UInt32(), _ROW: pl.UInt32()}
        )
