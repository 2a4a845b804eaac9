"""Segments of an upload on disk: written as bytes come, read again as one file."""

import asyncio
import io
import os
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from uuid import UUID

from services.exchange.tables.sealed import private, sync_folder
from services.exchange.vault import Vault
from shared.crypto import SealedReader, SealedWriter, Suite
from shared.ids import new_id

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


@dataclass(frozen=True, slots=True)
class Stretch:
    """The bytes of an upload from `start` on that lie in one sealed file."""

    name: UUID
    start: int
    size: int


@dataclass(frozen=True, slots=True)
class StoredUpload:
    """A whole upload: where its segments lie, and which."""

    id: UUID
    stretches: Sequence[Stretch]


def key_of(suite: Suite, key: bytes, name: UUID) -> bytes:
    """The key of one segment, of the upload's."""
    return suite.mac(key, b"segment " + name.bytes)


def path_of(folder: Path, name: UUID) -> Path:
    """Where a segment lies."""
    return folder / f"{name}.sealed"


class SegmentWriter:
    """One segment in the making; it takes its bytes in order, in threads."""

    def __init__(self, vault: Vault, upload: UUID, key: bytes, start: int) -> None:
        self.start = start
        self.size = 0
        self._name = new_id()
        self._folder = vault.resumable(upload)
        self._key = key_of(vault.suite, key, self._name)
        self._file: BinaryIO | None = None
        self._sealed: SealedWriter | None = None

    async def write(self, data: bytearray) -> None:
        """Append bytes. Raises OSError."""
        await asyncio.to_thread(self._write, data)
        self.size += len(data)

    async def finish(self) -> Stretch:
        """Make it durable. Raises OSError."""
        await asyncio.to_thread(self._finish)
        return Stretch(self._name, self.start, self.size)

    def drop(self) -> None:
        """Remove it: nothing refers to it."""
        if self._file is not None:
            self._file.close()
        path_of(self._folder, self._name).unlink(missing_ok=True)

    def _write(self, data: bytearray) -> None:
        if self._sealed is None:
            self._folder.mkdir(mode=0o700, exist_ok=True)
            path = str(path_of(self._folder, self._name))
            self._file = open(path, "wb", opener=private)  # noqa: SIM115 - closed by `_finish`
            self._sealed = SealedWriter(self._file, self._key)
        self._sealed.write(memoryview(data))

    def _finish(self) -> None:
        if self._file is None or self._sealed is None:
            raise AssertionError("a segment has bytes")
        with self._file:
            self._sealed.finish()
            self._file.flush()
            os.fsync(self._file.fileno())
        sync_folder(self._folder)
        sync_folder(self._folder.parent)


class SegmentedFile(io.RawIOBase):
    """The segments of an upload as one file that is read from anywhere.

    One of them is open at a time. Raises FileNotFoundError, shared.crypto.Tampered.
    """

    def __init__(self, vault: Vault, upload: StoredUpload, key: bytes) -> None:
        super().__init__()
        self._vault = vault
        self._upload = upload
        self._key = key
        self._starts = [stretch.start for stretch in upload.stretches]
        self._size = sum(stretch.size for stretch in upload.stretches)
        self._at = 0
        self._open: tuple[int, BinaryIO, SealedReader] | None = None

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place. Raises ValueError before the beginning."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError("before the beginning")
        self._at = start + offset
        return self._at

    def tell(self) -> int:
        """The place."""
        return self._at

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """The next bytes, as far as one segment has them; none at the end."""
        view = memoryview(buffer).cast("B")
        if self._at >= self._size or not len(view):
            return 0
        number = bisect_right(self._starts, self._at) - 1
        data = self._reader(number).read_at(self._at - self._starts[number], len(view))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)

    def close(self) -> None:
        """Close what is open."""
        if self._open is not None:
            self._open[1].close()
            self._open = None
        super().close()

    def _reader(self, number: int) -> SealedReader:
        if self._open is not None:
            if self._open[0] == number:
                return self._open[2]
            self._open[1].close()
        name = self._upload.stretches[number].name
        file = path_of(self._vault.resumable(self._upload.id), name).open("rb")
        reader = SealedReader(file, key_of(self._vault.suite, self._key, name))
        self._open = (number, file, reader)
        return reader
