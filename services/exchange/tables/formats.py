"""How the bytes of a batch are to be read: their format, what they are packed in, their charset."""

from dataclasses import dataclass
from enum import StrEnum


class Format(StrEnum):
    """What kind of table a batch comes as."""

    CSV = "csv"
    JSON_LINES = "json-lines"
    XLSX = "xlsx"
    PARQUET = "parquet"


class Packing(StrEnum):
    """What the table is packed in."""

    NONE = "none"
    GZIP = "gzip"
    ZIP = "zip"


@dataclass(frozen=True, slots=True)
class Content:
    """What the provider says of a batch's bytes. `format` is None where the name of the file in
    a ZIP says it; `charset` is None where nothing was said."""

    format: Format | None = Format.CSV
    packing: Packing = Packing.NONE
    charset: str | None = None
    sheet: str | None = None


PLAIN_CSV = Content()
