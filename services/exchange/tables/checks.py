"""Rows checked against the catalogue's items: what goes in, what is kept out, and why."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

import polars as pl

from services.exchange.tables.counts import Counts
from services.exchange.tables.identifiers import passes
from services.exchange.tables.items import (
    OPERATION,
    UNBOUND,
    Bindings,
    Item,
    Standard,
    standard,
)
from services.exchange.tables.lines import Block, Malformed
from services.exchange.tables.reasons import Rule, Severities, Severity
from services.exchange.tables.types import TEXTS, dtype, narrowed, too_long, typed

# Columns of ours beside the items, whose codes are ASCII names and cannot begin with "$".
FLAGS = "$flags"
STALE = "$stale"
LINE = "$line"
DELETE = "$delete"

# What a spreadsheet makes of eighteen digits: the last three gone, or a power of ten.
_ROUNDED = r"^(?:\d{15}000|\d(?:\.\d+)?E\+?1[4-9])$"
# Old databases write NULL so; no value of any item is two apostrophes.
_NULL = "''"
_DAMAGED = "\ufffd"
_DELETES = ("delete", "删除")
_UPSERTS = ("", "upsert", "更新", "insert", "update", "新增", "修改")
# Where a value may end in a malformed line: between fields, or in what JSON puts around them.
_BETWEEN = re.compile(r"[,|]|[\"}]\s*[,}]|[\"{]\s*:|:\s*\"")
_VALUE_CHARACTERS = 1000
_TEXT_CHARACTERS = 4000

FINDINGS = pl.Schema(
    {
        "line": pl.UInt64(),
        "rule": pl.String(),
        "severity": pl.String(),
        "item": pl.String(),
        "value": pl.String(),
        "text": pl.String(),
        "first": pl.Boolean(),
    }
)


@dataclass(frozen=True, slots=True)
class Checked:
    """One block after the checks.

    `accepted` has the columns of `state_schema` or `delta_schema`, and `$line`; the flags are
    tokens `item:rule`, or null. `findings` is what the reject report says, by line.
    `rejected_keys` are the keys of rejected rows as far as they can be read.
    """

    accepted: pl.DataFrame
    findings: pl.DataFrame
    rejected_keys: pl.DataFrame
    counts: Counts


@dataclass(frozen=True, slots=True)
class _Broken:
    rule: Rule
    item: Item | None
    rows: pl.Series
    severity: Severity


class Checker:
    """Checks block after block of one batch."""

    def __init__(
        self,
        items: Sequence[Item],
        severities: Severities,
        *,
        delta: bool,
        total_of: str | None = None,
        bindings: Bindings = UNBOUND,
    ) -> None:
        self._items = [bindings.item(item) for item in items]
        self._codes = {code: sorted(codes) for code, codes in bindings.codes.items()}
        self._total_of = total_of
        self._keys = [item for item in items if item.key]
        self._severities = severities
        self._delta = delta

    def check(self, block: Block) -> Checked:
        """What of the block goes in, and everything that was found in it."""
        if block.texts.str.contains(_NULL, literal=True).any():
            block = replace(block, cells=block.cells.with_columns(pl.all().replace(_NULL, "")))
        values = {i.code: self._typed(block.cells[i.code], i) for i in self._items}
        nobody = pl.Series([False]).new_from_index(0, len(block.lines))
        deletes = nobody
        broken: list[_Broken] = []
        if self._delta and OPERATION in block.cells.columns:
            words = narrowed(block.cells[OPERATION]).str.to_lowercase().fill_null("")
            deletes = words.is_in(_DELETES)
            unknown = ~deletes & ~words.is_in(_UPSERTS)
            broken.append(_Broken(Rule.OPERATION, None, unknown, Severity.REJECT))
        for rule, item, rows in self._each(block, values):
            severity = self._severity(rule, item)
            if severity is Severity.PASS:
                continue
            # A delete names a key; what else stands in its row does not matter.
            broken.append(_Broken(rule, item, rows if item.key else rows & ~deletes, severity))
        broken = [b for b in broken if b.rows.any()]
        order = list(Rule)
        broken.sort(key=lambda b: order.index(b.rule))
        rejected = nobody
        for found in broken:
            if found.severity is Severity.REJECT:
                rejected |= found.rows
        counts = Counts(rows_in=len(block.lines) + len(block.malformed))
        if self._total_of is not None:
            counts.total = _total(values[self._total_of])
        findings = self._findings(block, broken, rejected, counts)
        counts.rejected = int(rejected.sum()) + len(block.malformed)
        counts.accepted = counts.rows_in - counts.rejected
        table = pl.DataFrame(
            [*values.values(), self._flags(broken, len(block.lines)), nobody.alias(STALE)]
        )
        if self._delta:
            table = table.with_columns(deletes.alias(DELETE))
        table = table.with_columns(block.lines.alias(LINE))
        accepted = table.filter(~rejected) if rejected.any() else table
        counts.flagged = accepted.height - accepted[FLAGS].null_count()
        return Checked(accepted, findings, self._rejected_keys(table, rejected, block), counts)

    def _typed(self, cells: pl.Series, item: Item) -> pl.Series:
        found = typed(cells, item)
        if item.code not in self._codes:
            return found
        # A code is spelled as its list spells it, whatever width and blanks an old system gave it.
        found = narrowed(found)
        return found.set(found.str.len_bytes() == 0, None)

    def _each(
        self, block: Block, values: dict[str, pl.Series]
    ) -> Iterator[tuple[Rule, Item, pl.Series]]:
        """Every rule on every item, with the rows that break it."""
        damaged = block.texts.str.contains(_DAMAGED, literal=True).any()
        for item in self._items:
            cells, found = block.cells[item.code], values[item.code]
            if damaged:
                yield (
                    Rule.DAMAGED,
                    item,
                    cells.str.contains(_DAMAGED, literal=True).fill_null(value=False),
                )
            yield from ((r, item, rows) for (r, c), rows in block.marks.items() if c == item.code)
            if item.type not in TEXTS and found.null_count() > cells.null_count():
                filled = (narrowed(cells).str.len_bytes() > 0).fill_null(value=False)
                yield Rule.TYPE, item, filled & found.is_null()
            kind = standard(item)
            # An identifier's length is part of what its check character is the check of.
            if item.length is not None and kind is Standard.NONE:
                yield Rule.LENGTH, item, too_long(cells, found, item)
            if (item.required or item.key) and found.null_count():
                # A value of the wrong type is not missing.
                empty = (narrowed(cells).str.len_bytes() == 0).fill_null(value=True)
                yield Rule.REQUIRED, item, empty
            if kind is not Standard.NONE:
                wrong = (~passes(found, kind)).fill_null(value=False)
                known = block.marks.get((Rule.ROUNDED, item.code))
                if wrong.any():
                    lost = wrong & found.str.contains(_ROUNDED).fill_null(value=False)
                    yield Rule.ROUNDED, item, lost if known is None else lost & ~known
                yield Rule.CHECK_CHARACTER, item, wrong
            if item.code in self._codes:
                listed = found.is_in(self._codes[item.code])
                yield Rule.CODE, item, (~listed).fill_null(value=False)

    def _severity(self, rule: Rule, item: Item) -> Severity:
        if rule is Rule.REQUIRED and item.key:
            return Severity.REJECT
        return self._severities.of(rule, item.code)

    def _findings(
        self, block: Block, broken: Sequence[_Broken], rejected: pl.Series, counts: Counts
    ) -> pl.DataFrame:
        pieces = [_malformed(block.malformed)]
        for aside in block.malformed:
            counts.reasons[aside.rule] += 1
        spoken_for = pl.Series([False]).new_from_index(0, len(block.lines))
        for found in broken:
            rows, first = found.rows, pl.Series([False]).new_from_index(0, len(block.lines))
            if found.severity is Severity.FLAG:
                rows = rows & ~rejected
                counts.flags[found.rule] += int(rows.sum())
            else:
                first = rows & ~spoken_for
                spoken_for |= rows
                if first.any():
                    counts.reasons[found.rule] += int(first.sum())
            pieces.append(_piece(block, found, rows, first))
        pieces = [piece for piece in pieces if piece.height]
        if not pieces:
            return pl.DataFrame(schema=FINDINGS)
        return pl.concat(pieces).sort("line", maintain_order=True)

    def _flags(self, broken: Sequence[_Broken], height: int) -> pl.Series:
        """For each row the tokens `item:rule` of what was flagged in it; null where nothing."""
        flagged = [b for b in broken if b.severity is Severity.FLAG and b.item]
        if not flagged:
            return pl.Series(FLAGS, [None], dtype=pl.List(pl.String)).new_from_index(0, height)
        tokens = pl.concat_list(
            [
                pl.when(found.rows).then(pl.lit(token(found.item.code, found.rule)))
                for found in flagged
                if found.item
            ]
        ).list.drop_nulls()
        made = pl.when(tokens.list.len() > 0).then(tokens).alias(FLAGS)
        return pl.DataFrame({"rows": pl.int_range(height, eager=True)}).select(made).to_series()

    def _rejected_keys(
        self, table: pl.DataFrame, rejected: pl.Series, block: Block
    ) -> pl.DataFrame:
        """Keys whose rows were rejected: yesterday's rows under them must not be taken away.

        A malformed line has no columns; where the key is one item, every field of the line
        might be it, and what matches no row of yesterday harms nothing.
        """
        codes = [item.code for item in self._keys]
        keys = table.filter(rejected).select(codes).drop_nulls()
        if len(self._keys) == 1 and block.malformed:
            item = self._keys[0]
            fields = [
                part.strip().strip('"')
                for aside in block.malformed
                for part in _BETWEEN.split(aside.text[:_TEXT_CHARACTERS])
            ]
            guesses = typed(pl.Series(fields, dtype=pl.String), item).alias(item.code)
            keys = pl.concat([keys, guesses.to_frame().drop_nulls()])
        return keys.unique()


def _total(values: pl.Series) -> Decimal:
    """The exact sum of a block's numbers, also where it is larger than a column may hold."""
    scale = values.dtype.scale if isinstance(values.dtype, pl.Decimal) else 0
    return Decimal(values.cast(pl.Decimal(38, scale)).sum() or 0)


def token(item: str, rule: Rule) -> str:
    """How a flag stands in the row: which item, which rule."""
    return f"{item}:{rule.value}"


def state_schema(items: Sequence[Item]) -> pl.Schema:
    """The columns of a resource's rows: the items in order, their flags, and whether the row
    is an older one that stays because its successor was rejected."""
    kinds = {i.code: dtype(i) for i in items}
    return pl.Schema(kinds | {FLAGS: pl.List(pl.String()), STALE: pl.Boolean()})


def delta_schema(items: Sequence[Item]) -> pl.Schema:
    """The columns of a delta's rows."""
    return pl.Schema(dict(state_schema(items)) | {DELETE: pl.Boolean()})


def _piece(block: Block, found: _Broken, rows: pl.Series, first: pl.Series) -> pl.DataFrame:
    code = found.item.code if found.item else None
    frame = pl.DataFrame(
        {
            "line": block.lines.filter(rows),
            "value": block.cells[code or OPERATION].filter(rows),
            "text": block.texts.filter(rows),
            "first": first.filter(rows),
        }
    )
    return frame.select(
        pl.col("line"),
        pl.lit(found.rule.value).alias("rule"),
        pl.lit(found.severity.value).alias("severity"),
        pl.lit(code, dtype=pl.String).alias("item"),
        pl.col("value").str.slice(0, _VALUE_CHARACTERS),
        pl.col("text").str.slice(0, _TEXT_CHARACTERS),
        pl.col("first"),
    )


def _malformed(lines: Sequence[Malformed]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            (
                aside.line,
                aside.rule.value,
                Severity.REJECT.value,
                None,
                None,
                aside.text[:_TEXT_CHARACTERS],
                True,
            )
            for aside in lines
        ],
        schema=FINDINGS,
        orient="row",
    )
