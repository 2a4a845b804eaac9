"""Row conditions and masks on tables: rows as a grant lets them through."""

from collections.abc import Mapping, Sequence

import polars as pl

from services.exchange.narrowing.conditions import Term
from services.exchange.narrowing.masks import HIDDEN, masked
from services.exchange.tables.difference import BEFORE, CHANGE, Change
from services.exchange.tables.types import dtype
from shared.narrowing import Comparison, Mask


def admitted(frame: pl.DataFrame, terms: Sequence[Term]) -> pl.DataFrame:
    """The rows that the condition surely holds of."""
    return frame.filter(_holds(terms, "")) if terms else frame


def admitted_changes(frame: pl.DataFrame, terms: Sequence[Term]) -> pl.DataFrame:
    """Changes as somebody sees them who sees only rows that the condition holds of: a row that
    ceases to match is deleted, one that begins to is inserted."""
    if not terms:
        return frame
    was = (pl.col(CHANGE) != Change.INSERT.value) & _holds(terms, BEFORE)
    is_ = (pl.col(CHANGE) != Change.DELETE.value) & _holds(terms, "")
    kind = (
        pl.when(was & is_)
        .then(pl.lit(Change.UPDATE.value))
        .when(is_)
        .then(pl.lit(Change.INSERT.value))
        .otherwise(pl.lit(Change.DELETE.value))
    )
    return frame.filter(was | is_).with_columns(kind.alias(CHANGE))


def hidden(frame: pl.DataFrame, masks: Mapping[str, Mask]) -> pl.DataFrame:
    """The same rows with masked items, after a change and before it, as their masks show them.

    An item that is text no more is hidden whole.
    """
    return frame.with_columns(
        _shown(frame[name], mask)
        for code, mask in masks.items()
        for name in (code, BEFORE + code)
        if name in frame.columns
    )


def _shown(column: pl.Series, mask: Mask) -> pl.Series:
    if column.dtype != pl.String():
        hidden = pl.Series(column.name, [HIDDEN], dtype=pl.String).new_from_index(0, len(column))
        return hidden.set(column.is_null(), None)
    shown = [None if value is None else masked(mask, value) for value in column]
    return pl.Series(column.name, shown, dtype=pl.String)


def _holds(terms: Sequence[Term], prefix: str) -> pl.Expr:
    # What is neither true nor false, an empty value compared, is outside.
    return pl.all_horizontal([_of(term, prefix).fill_null(value=False) for term in terms])


def _of(term: Term, prefix: str) -> pl.Expr:
    column, kind = pl.col(prefix + term.item.code), dtype(term.item)
    given = pl.Series(list(term.values), dtype=kind)
    match term.comparison:
        case Comparison.IS_NULL:
            return column.is_null()
        case Comparison.IN:
            return column.is_in(given.implode())
        case Comparison.BETWEEN:
            return (column >= pl.lit(given[0], kind)) & (column <= pl.lit(given[1], kind))
    value = pl.lit(given[0], kind)
    match term.comparison:
        case Comparison.EQUAL:
            return column == value
        case Comparison.LESS:
            return column < value
        case Comparison.AT_MOST:
            return column <= value
        case Comparison.MORE:
            return column > value
        case Comparison.AT_LEAST:
            return column >= value
