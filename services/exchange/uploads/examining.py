"""An upload looked at whole before a row of it is read."""

from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from typing import BinaryIO
from uuid import UUID

from services.exchange.tables.refusals import BatchRefused
from services.exchange.tables.sealed import OpenedFile
from services.exchange.uploads.segments import SegmentedFile, StoredUpload
from services.exchange.vault import Vault
from shared.crypto import SealedReader, Suite

_PIECE = 1 << 20


@contextmanager
def arrived(
    vault: Vault, batch: UUID, upload: StoredUpload | None, key: bytes
) -> Iterator[BinaryIO]:
    """The bytes of a batch as they came, in one piece or as a resumable upload.

    Raises FileNotFoundError, shared.crypto.Tampered.
    """
    if upload is not None:
        with SegmentedFile(vault, upload, key) as segments:
            yield BufferedReader(segments)
        return
    with vault.upload(batch).open("rb") as sealed:
        yield BufferedReader(OpenedFile(SealedReader(sealed, key)))


def examine(file: BinaryIO, size: int, digest: bytes | None, suite: Suite) -> None:
    """Refuse what is not the file that its provider stated.

    `digest` is None where it was compared when the bytes came. Raises BatchRefused.
    """
    if digest is None:
        return
    hasher, seen = suite.hasher(), 0
    file.seek(0)
    while piece := file.read(_PIECE):
        hasher.update(piece)
        seen += len(piece)
    if seen != size or not suite.mac_equal(hasher.digest(), digest):
        raise BatchRefused(
            "digest-differs",
            "收到的字节与声明的摘要不符，请核对文件后以新的批次编号重新上传 "
            "(the bytes that arrived are not those of the stated digest; check the file, then "
            "upload it under a new batch id)",
        )
    file.seek(0)
