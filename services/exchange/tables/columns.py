"""Columns that have types already made text again, so that the checks see what they always see.

A Parquet file's values go through the catalogue's types like those of a CSV: the file's own
types are how its writer kept them. Lines are its rows, from 1.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

import polars as pl

from services.exchange.tables.items import Item, ItemType, match_header
from services.exchange.tables.lines import Block
from services.exchange.tables.reasons import Rule
from services.exchange.tables.refusals import BatchRefused

_MOST_DIGITS = 1e15
_APPROXIMATE = (ItemType.DOUBLE, ItemType.FLOAT)
_MOMENT = "%Y-%m-%d %H:%M:%S%.6f"


class Decoded(Protocol):
    """A file of columns: about how many bytes of text it is, and its rows in pieces."""

    size: int

    def frames(self) -> Iterator[pl.DataFrame]:
        """The rows in order, at least one piece even where there are none."""


def blocks(decoded: Decoded, items: Sequence[Item], *, delta: bool) -> Iterator[Block]:
    """Every block. Raises BatchRefused where a column does not fit the items or has a type that
    could only be guessed at."""
    by_code = {item.code: item for item in items}
    line = 1
    for frame in decoded.frames():
        codes = match_header(frame.columns, items, delta=delta)
        strange = [name for name, kind in frame.schema.items() if not _readable(kind)]
        if strange:
            raise BatchRefused(
                "column-unreadable",
                f"无法读取的列类型: {'、'.join(strange)[:1500]}；"
                "时间请不带时区，不用嵌套或二进制类型 "
                "(columns of types that are not read: write times without a zone, and neither "
                "nested nor binary values)",
            )
        marks: dict[tuple[Rule, str], pl.Series] = {}
        cells: list[pl.Series] = []
        for code, column in zip(codes, frame.get_columns(), strict=True):
            cells.append(_text(column).alias(code))
            item = by_code.get(code)
            if column.dtype.is_float() and item is not None and item.type not in _APPROXIMATE:
                lost = (column.abs() >= _MOST_DIGITS).fill_null(value=False)
                if lost.any():
                    marks[Rule.ROUNDED, code] = lost
        table = pl.DataFrame(cells)
        shown = table.select(
            pl.concat_str(pl.all().fill_null(""), separator=",").alias("text")
        ).to_series()
        numbers = pl.int_range(line, line + frame.height, dtype=pl.UInt64, eager=True)
        line += frame.height
        yield Block(numbers, shown, table, [], marks)


def _readable(kind: pl.DataType) -> bool:
    if isinstance(kind, pl.Datetime):
        # Departments write local time; what a zone's time is here, nobody said.
        return kind.time_zone is None
    flat = (pl.String, pl.Categorical, pl.Enum, pl.Boolean, pl.Date, pl.Time, pl.Null)
    return kind.is_numeric() or isinstance(kind, flat)


def _text(column: pl.Series) -> pl.Series:
    kind = column.dtype
    if kind.is_float():
        whole = (column == column.floor()) & (column.abs() < _MOST_DIGITS)
        return column.cast(pl.String).zip_with(
            ~whole.fill_null(value=False), column.cast(pl.Int64, strict=False).cast(pl.String)
        )
    if isinstance(kind, pl.Datetime):
        return column.dt.strftime(_MOMENT)
    text = column.cast(pl.String)
    # NUL is no text, see lines.
    return text.str.replace_all("\0", "\ufffd", literal=True)
