"""What a batch's body is, as its HTTP headers say it."""

from typing import Annotated

from fastapi import Depends, Header, Query

from services.exchange.tables.formats import Content, Format, Packing
from shared.errors import UnsupportedMedia

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PARQUET = "application/vnd.apache.parquet"
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_FORMATS = {
    "text/csv": Format.CSV,
    "text/plain": Format.CSV,
    "application/octet-stream": Format.CSV,
    "application/x-ndjson": Format.JSON_LINES,
    "application/jsonl": Format.JSON_LINES,
}
# The packed file itself: a gzip holds a CSV, in a ZIP the name of the file in it tells.
_PACKED = {
    "application/gzip": (Format.CSV, Packing.GZIP),
    "application/x-gzip": (Format.CSV, Packing.GZIP),
    "application/zip": (None, Packing.ZIP),
    "application/x-zip-compressed": (None, Packing.ZIP),
}
# Packed in themselves; nothing is put around them.
_WHOLE = {XLSX: Format.XLSX, PARQUET: Format.PARQUET}
# As the description of the operation lists them.
BODIES = dict.fromkeys(
    ("text/csv", "application/x-ndjson", "application/gzip", "application/zip", XLSX, PARQUET),
    _BINARY,
)


class MediaUnknown(UnsupportedMedia):
    """The body is not of a kind that batches are read from."""

    code = "media-unknown"
    title = "Media type unknown"


async def content_of(
    content_type: Annotated[
        str,
        Header(
            alias="Content-Type",
            description="`text/csv`, with `charset` if known; `application/x-ndjson`; "
            "`application/gzip` (a CSV); `application/zip` (one file, its name's ending tells); "
            "the type of an XLSX workbook, or `application/vnd.apache.parquet`.",
        ),
    ] = "text/csv",
    content_encoding: Annotated[
        str,
        Header(
            alias="Content-Encoding",
            description="`gzip` where the body is packed with it; the digest is of the bytes sent.",
        ),
    ] = "identity",
    sheet: Annotated[
        str | None,
        Query(
            min_length=1,
            max_length=100,
            description="Of an XLSX workbook the sheet's name; without it the first visible one.",
            examples=["企业"],
        ),
    ] = None,
) -> Content:
    """What the provider states of the body. Raises MediaUnknown for what is not read."""
    kind, *parameters = (part.strip() for part in content_type.split(";"))
    named = (p.partition("=") for p in parameters)
    charset = next((value for name, _, value in named if name.strip().lower() == "charset"), None)
    encoding = content_encoding.strip().lower()
    if kind.lower() in _WHOLE and encoding in ("", "identity"):
        return Content(_WHOLE[kind.lower()], sheet=sheet)
    if kind.lower() in _PACKED and encoding in ("", "identity"):
        form, packing = _PACKED[kind.lower()]
        return Content(form, packing, charset)
    if kind.lower() in _FORMATS and encoding in ("", "identity", "gzip", "x-gzip"):
        packing = Packing.GZIP if "gzip" in encoding else Packing.NONE
        return Content(_FORMATS[kind.lower()], packing, charset)
    raise MediaUnknown(
        "Hand batches in as text/csv or application/x-ndjson, packed with Content-Encoding: gzip "
        "if you like, or as application/gzip, application/zip, XLSX or Parquet without a "
        "Content-Encoding."
    )


Stated = Annotated[Content, Depends(content_of)]
