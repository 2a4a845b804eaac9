"""What tus clients say in headers, and the addresses that they are given."""

import base64

import pytest

from services.exchange.media import PARQUET, content_of
from services.exchange.tables.formats import Content, Format, Packing
from services.exchange.uploads import metadata, protocol, tokens
from services.exchange.uploads.metadata import MetadataUnreadable
from services.exchange.uploads.protocol import ChecksumUnreadable
from shared.crypto import STANDARD
from shared.ids import new_id


def said(**pairs: str) -> str:
    return ",".join(f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in pairs.items())


def test_metadata_is_pairs_with_values_in_base64() -> None:
    assert metadata.read(said(filename="企业.csv", note="")) == {"filename": "企业.csv", "note": ""}
    assert metadata.read("is_confidential") == {"is_confidential": ""}
    assert metadata.read("  ") == {}


@pytest.mark.parametrize(
    "text", ["a b!", "a YQ==,a YQ==", " YQ==,", "a /w==", "名 YQ==", "a YQ==,," + "b" * 4096]
)
def test_metadata_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(MetadataUnreadable):
        metadata.read(text)


@pytest.mark.parametrize(
    ("told", "content"),
    [
        ({"filename": "a.csv"}, Content(Format.CSV)),
        ({"filename": "A.JSONL.GZ"}, Content(Format.JSON_LINES, Packing.GZIP)),
        ({"filename": "a.csv.gz"}, Content(Format.CSV, Packing.GZIP)),
        ({"filename": "a.zip"}, Content(None, Packing.ZIP)),
        ({"filename": "a.parquet"}, Content(Format.PARQUET)),
        ({"filename": "a.xlsx"}, Content(Format.XLSX)),
        ({"filetype": "text/csv; charset=gb18030"}, Content(Format.CSV, charset="gb18030")),
        ({"filename": "a.bin", "filetype": PARQUET}, Content(Format.PARQUET)),
        (
            {"filename": "a.parquet", "filetype": "application/octet-stream"},
            Content(Format.PARQUET),
        ),
        ({"filename": "a.gz", "filetype": "application/gzip"}, Content(Format.CSV, Packing.GZIP)),
    ],
)
async def test_what_a_file_is_follows_from_its_type_or_else_its_name(
    told: dict[str, str], content: Content
) -> None:
    kind, encoding = metadata.stated_type(told)
    assert await content_of(kind, encoding, None) == content


def test_a_checksum_names_an_algorithm_that_is_offered() -> None:
    digest = base64.b64encode(STANDARD.digest(b"x")).decode()
    found = protocol.checksum(f"sha256 {digest}")
    assert found is not None
    found.hasher.update(b"x")
    assert found.hasher.digest() == found.digest
    assert protocol.checksum(None) is None
    for wrong in ("md5 YQ==", "sha256", "sha256 ?", "", "sha256 "):
        with pytest.raises(ChecksumUnreadable):
            protocol.checksum(wrong)


def test_an_address_names_one_upload_and_cannot_be_made_up() -> None:
    upload, key = new_id(), b"k" * 32
    token = tokens.seal(upload, key, STANDARD)
    assert tokens.opened(token, key, STANDARD) == upload
    other = tokens.seal(new_id(), key, STANDARD)
    for forged in (token[:-2] + "AA", other[:22] + token[22:], "", "x", "é", token + "AAAA"):
        assert tokens.opened(forged, key, STANDARD) is None
    assert tokens.opened(token, b"l" * 32, STANDARD) is None
