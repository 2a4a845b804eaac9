"""Text turned into the types that the catalogue gives the items.

Old exports are read as they are: an empty cell is NULL, dates come as 2016-6-23, 20160623 and
2016年6月23日, digits may be full-width and numbers carry thousands separators. A value that
fits no form is a finding, never a guess. Text is kept as it came; only identifiers and keys
are brought into their one form (half-width, upper case, no blanks around), since two spellings
of one key would be two rows.
"""

from collections.abc import Sequence

import polars as pl

from services.exchange.tables.items import Item, ItemType, Standard, standard

TEXTS = frozenset({ItemType.CHARACTER, ItemType.MEMO, ItemType.GENERAL})
_EXACT = frozenset({ItemType.NUMERIC, ItemType.CURRENCY})
_APPROXIMATE = frozenset({ItemType.DOUBLE, ItemType.FLOAT})
# Digits after the point where the catalogue does not say: cents for money.
_SCALES = {ItemType.NUMERIC: 6, ItemType.CURRENCY: 2}
PRECISION = 38

_WIDE = "０１２３４５６７８９ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ．，－＋／：　"
_NARROW = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ.,-+/: "
_ANY_WIDE = f"[{_WIDE}]"

_DATE = r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]0{1,2}:00(?::00(?:\.0+)?)?)?$"
_COMPACT_DATE = r"^(\d{4})(\d{2})(\d{2})$"
_MOMENT = (
    r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[ T]?(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2}))?秒?"
    r"(?:\.(\d{1,6}))?$"
)
_COMPACT_MOMENT = r"^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})$"
_GROUPED = r"^[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?$"
_TRUE = ("是", "真", "有", "true", "t", "yes", "y", "1")
_FALSE = ("否", "假", "无", "false", "f", "no", "n", "0")


def dtype(item: Item) -> pl.DataType:
    """The column type of an item: what its Parquet column has."""
    kind = item.type
    if kind in _EXACT:
        return pl.Decimal(PRECISION, scale(item))
    if kind in _APPROXIMATE:
        return pl.Float64()
    if kind is ItemType.INTEGER:
        return pl.Int64()
    if kind is ItemType.DATE:
        return pl.Date()
    if kind is ItemType.DATETIME:
        # Departments write local time without saying so; it is kept as they write it.
        return pl.Datetime("us")
    if kind is ItemType.LOGICAL:
        return pl.Boolean()
    return pl.String()


def scale(item: Item) -> int:
    """Digits after the decimal point of an exact number."""
    return _SCALES[item.type] if item.scale is None else item.scale


def typed(cells: pl.Series, item: Item) -> pl.Series:
    """The cells of one item in its type; null where the cell is empty or does not fit."""
    cells = cells.set(cells.str.len_bytes() == 0, None)
    kind = item.type
    if kind in TEXTS:
        return _spelled(cells, item)
    plain = narrowed(cells)
    if kind is ItemType.DATE:
        return _dates(plain)
    if kind is ItemType.DATETIME:
        return _moments(plain)
    if kind is ItemType.LOGICAL:
        return _logical(plain)
    plain = _ungrouped(plain)
    if kind in _EXACT:
        return _decimals(plain, scale(item))
    if kind is ItemType.INTEGER:
        return _fitting(plain, r"^[+-]?\d+$").cast(pl.Int64, strict=False)
    number = _fitting(plain, r"^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?$")
    found = number.cast(pl.Float64, strict=False)
    return found.set(found.is_infinite(), None)


def too_long(cells: pl.Series, values: pl.Series, item: Item) -> pl.Series:
    """Whether each value has more characters, or a number more digits, than the item allows."""
    if item.length is None or item.type in (ItemType.DATE, ItemType.DATETIME, ItemType.LOGICAL):
        return pl.Series([False]).new_from_index(0, len(values))
    if item.type in TEXTS:
        return (values.str.len_chars() > item.length).fill_null(value=False)
    if item.type in _EXACT:
        whole = item.length - min(scale(item), item.length)
        return (values.cast(pl.Float64).abs() >= 10.0**whole).fill_null(value=False)
    digits = narrowed(cells).str.replace_all(r"[^0-9]", "").str.strip_chars_start("0")
    return ((digits.str.len_chars() > item.length) & values.is_not_null()).fill_null(value=False)


def narrowed(cells: pl.Series) -> pl.Series:
    """The cells without blanks around, full-width digits and signs made half-width."""
    stripped = cells.str.strip_chars()
    # All ASCII, as nearly always: far cheaper to find out than to search for what is not.
    if (stripped.str.len_bytes() == stripped.str.len_chars()).all():
        return stripped
    if not stripped.str.contains(_ANY_WIDE).any():
        return stripped
    return stripped.str.replace_many(list(_WIDE), list(_NARROW)).str.strip_chars()


def _spelled(cells: pl.Series, item: Item) -> pl.Series:
    if standard(item) is not Standard.NONE:
        cells = narrowed(cells).str.to_uppercase()
    elif item.key:
        cells = cells.str.strip_chars()
    else:
        return cells
    return cells.set(cells.str.len_bytes() == 0, None)


def _fitting(cells: pl.Series, shape: str) -> pl.Series:
    return cells.set(~cells.str.contains(shape), None)


def _ungrouped(cells: pl.Series) -> pl.Series:
    """Thousands separators removed where they stand as such; "1,20" stays and fits nothing."""
    if not cells.str.contains(",", literal=True).any():
        return cells
    return cells.zip_with(
        (~cells.str.contains(_GROUPED)).fill_null(value=True),
        cells.str.replace_all(",", "", literal=True),
    )


def _decimals(cells: pl.Series, digits: int) -> pl.Series:
    # More digits after the point than the item has would be rounded: they fit nothing, unless 0.
    whole = PRECISION - digits
    fraction = rf"(?:\.\d{{0,{digits}}}0*)?"
    fitting = _fitting(cells, rf"^[+-]?0*\d{{1,{whole}}}{fraction}$|^[+-]?\.\d{{1,{digits or 1}}}$")
    return fitting.cast(pl.Decimal(PRECISION, digits), strict=False)


def _first(
    cells: pl.Series, readings: Sequence[tuple[str, str, str]], to: pl.DataType
) -> pl.Series:
    """The cells by the first reading (shape, its ISO form, format) that fits, else null."""
    done: pl.Series | None = None
    for shape, iso, form in readings:
        if done is not None and done.null_count() == cells.null_count():
            break
        read = _fitting(cells, shape).str.replace(shape, iso)
        if isinstance(to, pl.Date):
            found = read.str.to_date(form, strict=False)
        else:
            found = read.str.to_datetime(form, time_unit="us", strict=False)
        done = found if done is None else done.zip_with(done.is_not_null(), found)
    if done is None:
        raise AssertionError("there is always a reading")
    return done


def _dates(cells: pl.Series) -> pl.Series:
    iso = cells.str.to_date("%Y-%m-%d", strict=False)
    # The parser takes years of any length; only those of four digits are meant.
    iso = iso.set(iso.dt.year() < 1000, None)
    if iso.null_count() == cells.null_count():
        return iso
    other = _first(
        cells, [(_DATE, "$1-$2-$3", "%Y-%m-%d"), (_COMPACT_DATE, "$1-$2-$3", "%Y-%m-%d")], pl.Date()
    )
    return iso.zip_with(iso.is_not_null(), other)


def _moments(cells: pl.Series) -> pl.Series:
    spelled = cells.str.replace(_MOMENT, "$1-$2-$3 $4:$5:${6}.${7}")
    spelled = spelled.str.replace(r":\.", ":0.", literal=False).str.replace(r"\.$", ".0")
    exact = _first(
        spelled,
        [
            (r"^(.+ .+:.+:.+\..+)$", "$1", "%Y-%m-%d %H:%M:%S%.f"),
            (_COMPACT_MOMENT, "$1-$2-$3 $4:$5:$6.0", "%Y-%m-%d %H:%M:%S%.f"),
        ],
        pl.Datetime("us"),
    )
    if exact.null_count() == cells.null_count():
        return exact
    return exact.zip_with(exact.is_not_null(), _dates(cells).cast(pl.Datetime("us")))


def _logical(cells: pl.Series) -> pl.Series:
    words = cells.str.to_lowercase()
    mapping = dict.fromkeys(_TRUE, True) | dict.fromkeys(_FALSE, False)
    return words.replace_strict(mapping, default=None, return_dtype=pl.Boolean)
