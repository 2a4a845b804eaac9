"""What a tus client says of a file: `Upload-Metadata`, and what of it the platform reads.

Of the keys these count: `filename`, `filetype` (a media type, with `charset` if known), `digest`
(of the whole, as in Content-Digest). All others are kept and given back.
"""

import base64
import binascii
import re

from services.exchange.media import PARQUET, XLSX
from shared.errors import BadRequest

LONGEST = 4096
_KEY = re.compile(r"[\x21-\x2b\x2d-\x7e]{1,64}")
_GZIPPED = ".gz"
# What says nothing of a file: browsers and tools put it where they know no better.
_NOTHING = ("", "application/octet-stream")
_TYPES = {
    ".csv": "text/csv",
    ".txt": "text/csv",
    ".tsv": "text/csv",
    ".jsonl": "application/x-ndjson",
    ".ndjson": "application/x-ndjson",
    ".zip": "application/zip",
    ".xlsx": XLSX,
    ".parquet": PARQUET,
}


class MetadataUnreadable(BadRequest):
    """Upload-Metadata is not pairs of a key and a value in Base64 (tus 1.0)."""

    code = "upload-metadata-unreadable"
    title = "Upload metadata unreadable"


def read(text: str) -> dict[str, str]:
    """The metadata's keys and values. Raises MetadataUnreadable."""
    found: dict[str, str] = {}
    if len(text) > LONGEST:
        raise MetadataUnreadable(f"Upload-Metadata has {LONGEST} characters at most.")
    for pair in text.split(",") if text.strip() else ():
        key, _, value = pair.strip().partition(" ")
        if not _KEY.fullmatch(key) or key in found:
            raise _unreadable()
        try:
            found[key] = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError):
            raise _unreadable() from None
    return found


def stated_type(told: dict[str, str]) -> tuple[str, str]:
    """What the file is, as Content-Type and Content-Encoding: as stated, else by its name.

    An unknown ending gives an empty type, which no format has.
    """
    name = told.get("filename", "").strip().lower()
    encoding = "gzip" if name.endswith(_GZIPPED) else "identity"
    stated = told.get("filetype", "").strip()
    if stated.partition(";")[0].strip().lower() not in _NOTHING:
        packed = "gzip" in stated or "zip" in stated.partition(";")[0]
        return stated, "identity" if packed else encoding
    stem = name.removesuffix(_GZIPPED)
    return _TYPES.get(stem[stem.rfind(".") :] if "." in stem else "", ""), encoding


def _unreadable() -> MetadataUnreadable:
    return MetadataUnreadable(
        "Upload-Metadata holds pairs of a key and a value in Base64, divided by commas, each key "
        "once."
    )
