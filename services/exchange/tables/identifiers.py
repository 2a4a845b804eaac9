"""The check characters of GB 32100 and GB 11643, over whole columns at once."""

from collections.abc import Callable
from functools import reduce
from operator import add

import polars as pl

from shared.events.catalog import Standard

# GB 32100-2015: 31 characters, without I, O, S, V and Z; weights are powers of 3 modulo 31.
_CREDIT_SHAPE = r"^[0-9]{8}[0-9A-HJ-NP-RTUWXY]{10}$"
_CREDIT_WEIGHTS = tuple(pow(3, position, 31) for position in range(17))
# GB 11643-1999, ISO 7064 MOD 11-2: weights are powers of 2 modulo 11.
_IDENTITY_SHAPE = r"^[1-9][0-9]{16}[0-9X]$"
_IDENTITY_WEIGHTS = tuple(pow(2, 17 - position, 11) for position in range(17))
_FILLER = "0" * 18


def passes(values: pl.Series, standard: Standard) -> pl.Series:
    """For each text whether it is a correct identifier; null where the text is null.

    Identity numbers of 15 digits, and registration numbers older than the credit code, are
    not: whether that costs the row is the provider's rule.
    """
    check = {Standard.CREDIT_CODE: _credit, Standard.IDENTITY_NUMBER: _identity}[standard]
    shape = {Standard.CREDIT_CODE: _CREDIT_SHAPE, Standard.IDENTITY_NUMBER: _IDENTITY_SHAPE}
    shaped = values.str.contains(shape[standard])
    # Values of another shape are replaced, so that all have 18 bytes to be looked at.
    usable = values.zip_with(shaped.fill_null(value=False), pl.Series([_FILLER]))
    codes = usable.cast(pl.Binary).bin.reinterpret(dtype=pl.Array(pl.UInt8, 18))
    frame = pl.DataFrame({"codes": codes, "text": usable})
    return shaped & frame.select(check(pl.col("codes"))).to_series()


def _weighted(
    codes: pl.Expr, weights: tuple[int, ...], value: Callable[[pl.Expr, int], pl.Expr]
) -> pl.Expr:
    terms = [value(codes.arr.get(p), p) * weight for p, weight in enumerate(weights)]
    return reduce(add, terms)


def _credit(codes: pl.Expr) -> pl.Expr:
    def value(code: pl.Expr, position: int) -> pl.Expr:
        if position < 8:
            return code.cast(pl.UInt16) - 48
        return _base31(code)

    total = _weighted(codes, _CREDIT_WEIGHTS, value)
    return (total + _base31(codes.arr.get(17))) % 31 == 0


def _base31(code: pl.Expr) -> pl.Expr:
    # 0-9 are 0 to 9, A is 10; I, O, S and V are left out, so letters behind them move down.
    skipped = [(code > after).cast(pl.UInt16) for after in (73, 79, 83, 86)]
    letter = (code > 57).cast(pl.UInt16) * 7
    return reduce(lambda left, right: left - right, [code.cast(pl.UInt16) - 48, letter, *skipped])


def _identity(codes: pl.Expr) -> pl.Expr:
    total = _weighted(codes, _IDENTITY_WEIGHTS, lambda code, _: code.cast(pl.UInt16) - 48)
    last = codes.arr.get(17)
    check = pl.when(last == 88).then(10).otherwise(last.cast(pl.UInt16) - 48)
    born = pl.col("text").str.slice(6, 8).str.to_date("%Y%m%d", strict=False)
    return ((total + check) % 11 == 1) & born.is_not_null()
