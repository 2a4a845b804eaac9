"""Immutable files in one folder, content-addressed, each sealed under a key of its own.

A file's name is the digest of its plaintext, and its key is derived from the folder's key and
that name: the same bytes give the same file, other bytes another key. So a file may be written
twice, by a worker that died and the one that came after it, and nothing differs.
"""

import contextlib
import errno
import io
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from shared.crypto import SealedReader, SealedWriter, Suite

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_PIECE = 128 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a table: the digest of its plaintext (hexadecimal), bytes, and rows."""

    digest: str
    size: int
    rows: int


class Beyond(Protocol):
    """Where the files of a folder lie besides: in an object store."""

    def put(self, digest: str, path: Path) -> None:
        """Bring a file there. Raises FileNotFoundError where it is no more, OSError."""

    def open(self, digest: str) -> BinaryIO:
        """A file that is there. Raises FileNotFoundError, OSError."""


class SealedFolder:
    """The files under one key. Destroying the key destroys them all."""

    kept = True

    def __init__(
        self, folder: Path, key: bytes, suite: Suite, beyond: "Beyond | None" = None
    ) -> None:
        self.folder = folder
        self._key = key
        self._suite = suite
        self._beyond = beyond
        self._fresh: list[str] = []

    def put_bytes(self, data: bytes | memoryview, rows: int) -> Part:
        """Write a file; its pages are durable, its name is not before `settle`."""
        digest = self._suite.digest(data).hex()
        path = self.path(digest)
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        waiting = path.with_suffix(f".{os.getpid()}.part")
        view = memoryview(data)
        with open(waiting, "wb", opener=private) as file:
            writer = SealedWriter(file, self.key_of(digest))
            for start in range(0, len(view), _PIECE):
                writer.write(view[start : start + _PIECE])
            writer.finish()
            file.flush()
            if self.kept:
                os.fsync(file.fileno())
        waiting.rename(path)
        self._fresh.append(digest)
        return Part(digest, len(view), rows)

    @contextlib.contextmanager
    def open(self, digest: str) -> Iterator[SealedReader]:
        """A reader of a file's plaintext. Raises FileNotFoundError, OSError where an object store
        is away, shared.crypto.Tampered."""
        with self._opened(digest) as file:
            yield SealedReader(file, self.key_of(digest))

    def _opened(self, digest: str) -> BinaryIO:
        # What left for the object store may lie here still; what lies here need not have left.
        try:
            return self.path(digest).open("rb")
        except FileNotFoundError:
            if self._beyond is None:
                raise
            return self._beyond.open(digest)

    def drop(self, part: Part) -> None:
        """Remove a file that nothing refers to."""
        with contextlib.suppress(FileNotFoundError):
            self.path(part.digest).unlink()

    def settle(self) -> None:
        """Make the names of all files written so far survive a power cut, and where there is an
        object store, bring them there. Raises OSError.

        Call it before anything durable refers to them.
        """
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self.folder, self.folder.parent):
            sync_folder(folder)
        if self._beyond is not None:
            for digest in self._fresh:
                with contextlib.suppress(FileNotFoundError):  # dropped again
                    self._beyond.put(digest, self.path(digest))
        self._fresh.clear()

    def path(self, digest: str) -> Path:
        """Where a file lies."""
        return self.folder / f"{digest}.sealed"

    def key_of(self, digest: str) -> bytes:
        """The key of one file: one key seals exactly one content."""
        return self._suite.mac(self._key, b"part " + digest.encode())


class OpenedFile(io.RawIOBase):
    """A sealed file's plaintext as a file that is read from anywhere. Raises Tampered."""

    def __init__(self, reader: SealedReader) -> None:
        super().__init__()
        self._reader = reader
        self._at = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place. Raises OSError before the beginning."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._reader.size}[whence]
        if start + offset < 0:
            raise OSError(errno.EINVAL, "before the beginning")
        self._at = start + offset
        return self._at

    def tell(self) -> int:
        """The place."""
        return self._at

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """The next bytes, as many as there is room for; fewer at the end."""
        view = memoryview(buffer).cast("B")
        data = self._reader.read_at(self._at, len(view))
        view[: len(data)] = data
        self._at += len(data)
        return len(data)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power cut."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def private(path: str, flags: int) -> int:
    """Open a file that only its owner may read."""
    return os.open(path, flags, 0o600)
