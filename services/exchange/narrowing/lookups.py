"""Row conditions and masks on look-ups: in SQL what is a row, in Python what is shown of it."""

from dataclasses import dataclass

from services.exchange.lookup_names import SQL_TYPES, LookupTable, quoted
from services.exchange.narrowing.conditions import Term, terms
from services.exchange.narrowing.masks import HIDDEN, masked
from shared import values
from shared.narrowing import Comparison, Mask, Narrowing
from shared.values import spelled

Parameter = str | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Where:
    """A condition as SQL with parameters from `$2` on; empty for all rows."""

    sql: str = ""
    parameters: tuple[Parameter, ...] = ()


def where(narrowing: Narrowing | None, table: LookupTable) -> Where:
    """The row condition over a lookup table. Raises NarrowingUnfit."""
    parameters: list[Parameter] = []
    pieces = [_piece(term, parameters) for term in terms(narrowing, table.items)]
    return Where("".join(f" AND {piece}" for piece in pieces), tuple(parameters))


def shown(value: object, mask: Mask) -> str | None:
    """A masked item's value in an answer; what is text no more is hidden whole."""
    if value is None:
        return None
    return masked(mask, value) if isinstance(value, str) else HIDDEN


def _piece(term: Term, parameters: list[Parameter]) -> str:
    """One term; names are quoted and ours, every value is a parameter."""
    kind = SQL_TYPES.get(term.item.type, "text")
    # Files compare text by code points; so does this, whatever the database's language is.
    collated = ' COLLATE "C"' if term.item.type in values.TEXTS else ""
    column = quoted(term.item.code)
    texts = tuple(spelled(value) for value in term.values)
    place = len(parameters) + 2
    if term.comparison is Comparison.IS_NULL:
        return f"{column} IS NULL"
    if term.comparison is Comparison.IN:
        parameters.append(texts)
        return f"{column} = ANY(${place}::text[]::{kind}[])"
    parameters.extend(texts)
    first = f"${place}::text::{kind}"
    if term.comparison is Comparison.BETWEEN:
        return f"{column}{collated} BETWEEN {first} AND ${place + 1}::text::{kind}"
    return f"{column}{collated} {term.comparison.value} {first}"
