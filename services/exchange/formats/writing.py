"""A cut frame as the bytes of a file in the format that somebody asked for.

The values are the same in every format: dates as 2026-03-01, moments as 2026-03-01T08:00:00,
an empty value empty and an empty text `""`. In JSON lines an exact number is text, as in look-ups,
for a reader's floating point would change it.

Text formats are written in slices of rows: beside the frame, memory holds the file and one slice.
"""

import codecs
from io import BytesIO

import polars as pl

from services.exchange.delivered import Form
from services.exchange.formats.gb18030 import encoded as to_gb18030

_SLICE = 50_000
_DATE = "%Y-%m-%d"
_MOMENT = "%Y-%m-%dT%H:%M:%S%.f"


def written(frame: pl.DataFrame, form: Form) -> memoryview:
    """The file; a text format without rows still has its header, JSON lines have none."""
    out = BytesIO()
    match form:
        case Form.PARQUET:
            frame.write_parquet(out, compression="zstd")
        case Form.CSV:
            _csv(frame, out)
        case Form.CSV_MARKED:
            out.write(codecs.BOM_UTF8)
            _csv(frame, out)
        case Form.CSV_GB18030:
            header = True
            for rows in frame.iter_slices(_SLICE):
                text = rows.write_csv(
                    include_header=header, date_format=_DATE, datetime_format=_MOMENT
                )
                out.write(to_gb18030(text))
                header = False
        case Form.JSON_LINES:
            for rows in frame.iter_slices(_SLICE):
                rows.select(_texts(rows)).write_ndjson(out)
    return out.getbuffer()


def _csv(frame: pl.DataFrame, out: BytesIO) -> None:
    frame.write_csv(out, date_format=_DATE, datetime_format=_MOMENT)


def _texts(frame: pl.DataFrame) -> list[pl.Expr]:
    """The columns as JSON has them."""
    return [
        pl.col(name).cast(pl.String)
        if isinstance(kind, pl.Decimal)
        else pl.col(name).dt.strftime(_MOMENT)
        if isinstance(kind, pl.Datetime)
        else pl.col(name).dt.strftime(_DATE)
        if isinstance(kind, pl.Date)
        else pl.col(name)
        for name, kind in frame.schema.items()
    ]
