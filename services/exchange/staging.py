"""An upload written as it streams in: sealed, hashed, durable before it is acknowledged."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

from starlette.requests import ClientDisconnect

from services.exchange.tables.sealed import private, sync_folder
from services.exchange.vault import Vault
from shared.crypto import SealedWriter
from shared.errors import BadRequest, TooLarge, Unavailable

# So much is gathered before a thread writes it: the loop serves others meanwhile.
_GATHERED = 1 << 20


class BatchTooLarge(TooLarge):
    """The upload is larger than this installation takes."""

    code = "batch-too-large"
    title = "Batch too large"


class UploadBroken(BadRequest):
    """The caller went away before the upload was whole."""

    code = "upload-broken"
    title = "Upload broken"


class StorageFull(Unavailable):
    """There is no room for the upload at the moment."""

    code = "storage-full"
    title = "Storage full"


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload that is whole and durable: plaintext size, digest, and its wrapped key."""

    size: int
    digest: bytes
    wrapped: bytes


async def receive(vault: Vault, batch: UUID, body: AsyncIterator[bytes], largest: int) -> Upload:
    """Write `body` as the upload of `batch`. Raises BatchTooLarge, UploadBroken, StorageFull.

    Memory is bounded whatever comes in. When it raises, nothing is left behind; what a killed
    process leaves has no batch, and the worker removes it.
    """
    key, wrapped = vault.fresh_key()
    path = vault.upload(batch)
    try:
        with await asyncio.to_thread(open, path, "wb", opener=private) as file:
            writer = _Writer(file, SealedWriter(file, key), vault)
            await _pour(body, writer, largest)
            await asyncio.to_thread(writer.finish)
        await asyncio.to_thread(sync_folder, path.parent)
    except BaseException as error:
        path.unlink(missing_ok=True)
        if isinstance(error, ClientDisconnect):
            raise UploadBroken("The upload ended before it was whole; send it again.") from error
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageFull("There is no room for this batch now.", retry_after=60) from error
        raise
    return Upload(writer.size, writer.hasher.digest(), wrapped)


async def digest_of(vault: Vault, body: AsyncIterator[bytes], largest: int) -> bytes:
    """The digest of a body that is read and not kept. Raises BatchTooLarge, UploadBroken."""
    hasher, size = vault.suite.hasher(), 0
    try:
        async for piece in body:
            size += len(piece)
            if size > largest:
                raise _too_large(largest)
            hasher.update(piece)
    except ClientDisconnect as error:
        raise UploadBroken("The upload ended before it was whole; send it again.") from error
    return hasher.digest()


class _Writer:
    """The file, its seal and its hash, fed in order from threads."""

    def __init__(self, file: BinaryIO, sealed: SealedWriter, vault: Vault) -> None:
        self.hasher = vault.suite.hasher()
        self.size = 0
        self._file = file
        self._sealed = sealed

    def write(self, gathered: bytearray) -> None:
        data = memoryview(gathered)
        self.hasher.update(data)
        self._sealed.write(data)
        self.size += len(data)

    def finish(self) -> None:
        self._sealed.finish()
        self._file.flush()
        # Acknowledged only when it is on the disk: a power cut after the answer loses nothing.
        os.fsync(self._file.fileno())


async def _pour(body: AsyncIterator[bytes], writer: _Writer, largest: int) -> None:
    gathered = bytearray()
    async for piece in body:
        gathered += piece
        if writer.size + len(gathered) > largest:
            raise _too_large(largest)
        if len(gathered) >= _GATHERED:
            await asyncio.to_thread(writer.write, gathered)
            gathered = bytearray()
    await asyncio.to_thread(writer.write, gathered)


def _too_large(largest: int) -> BatchTooLarge:
    return BatchTooLarge(f"A batch may have {largest} bytes at most; split it into deltas.")
