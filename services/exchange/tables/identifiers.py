"""The check characters of GB 32100 and GB 11643, over whole columns at once."""

from dataclasses import dataclass

import polars as pl

from shared.events.catalog import Standard

_LENGTH = 18
_FILLER = "0" * _LENGTH


@dataclass(frozen=True, slots=True)
class _Scheme:
    """Weighted characters whose sum has a fixed remainder."""

    shape: str
    alphabet: str
    weights: tuple[int, ...]
    modulus: int
    remainder: int

    @property
    def values(self) -> bytes:
        """The value of each byte, for `bytes.translate`."""
        return bytes(max(0, self.alphabet.find(chr(code))) for code in range(256))


_SCHEMES = {
    # GB 32100-2015: 31 characters, without I, O, S, V and Z; weights are powers of 3 modulo 31.
    Standard.CREDIT_CODE: _Scheme(
        shape=r"^[0-9]{8}[0-9A-HJ-NP-RTUWXY]{10}$",
        alphabet="0123456789ABCDEFGHJKLMNPQRTUWXY",
        weights=(*(pow(3, position, 31) for position in range(17)), 1),
        modulus=31,
        remainder=0,
    ),
    # GB 11643-1999, ISO 7064 MOD 11-2: weights are powers of 2 modulo 11, X is ten.
    Standard.IDENTITY_NUMBER: _Scheme(
        shape=r"^[1-9][0-9]{16}[0-9X]$",
        alphabet="0123456789X",
        weights=tuple(pow(2, 17 - position, 11) for position in range(_LENGTH)),
        modulus=11,
        remainder=1,
    ),
}


def passes(values: pl.Series, standard: Standard) -> pl.Series:
    """For each text whether it is a correct identifier; null where the text is null.

    Identity numbers of 15 digits, and registration numbers older than the credit code, are
    not: whether that costs the row is the provider's rule.
    """
    scheme = _SCHEMES[standard]
    shaped = values.str.contains(scheme.shape)
    usable = values
    if shaped.null_count() or not shaped.all():
        # Values of another shape are replaced, so that all have 18 bytes to be looked at.
        usable = values.zip_with(shaped.fill_null(value=False), pl.Series([_FILLER]))
    right = shaped & _adds_up(usable, scheme)
    if standard is Standard.IDENTITY_NUMBER:
        right &= usable.str.slice(6, 8).str.to_date("%Y%m%d", strict=False).is_not_null()
    return right


def _adds_up(values: pl.Series, scheme: _Scheme) -> pl.Series:
    if not len(values):
        return pl.Series([], dtype=pl.Boolean)
    # One long text becomes one row of 18 numbers for each value, without a loop over rows.
    digits = values.str.join("").item().encode().translate(scheme.values)
    flat = pl.Series([digits]).bin.reinterpret(dtype=pl.Array(pl.UInt8, len(digits))).explode()
    places = pl.col("places").arr
    total = pl.sum_horizontal(
        places.get(place).cast(pl.UInt16) * weight for place, weight in enumerate(scheme.weights)
    )
    table = pl.DataFrame({"places": flat.reshape((len(values), _LENGTH))})
    return table.select(total % scheme.modulus == scheme.remainder).to_series()
