"""Parts of tables as immutable Parquet files, content-addressed, each sealed under a key.

A part's name is the digest of its plaintext, and its key is derived from the shelf's key and
that name: the same bytes give the same file, other bytes another key. So a part may be written
twice, by a worker that died and the one that came after it, and nothing differs.
"""

import contextlib
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal

import polars as pl

from shared.crypto import SealedReader, SealedWriter, Suite

_PIECE = 128 * 1024


@dataclass(frozen=True, slots=True)
class Part:
    """One file of a table: the digest of its plaintext (hexadecimal), bytes, and rows."""

    digest: str
    size: int
    rows: int


class Shelf:
    """A folder of sealed parts under one key. Destroying the key destroys them all."""

    _compression: Literal["zstd", "lz4"] = "zstd"
    _kept = True

    def __init__(self, folder: Path, key: bytes, suite: Suite) -> None:
        self.folder = folder
        self._key = key
        self._suite = suite
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def put(self, frame: pl.DataFrame) -> Part:
        """Write `frame` as a part; it is in the file's own pages, not yet in the folder's.

        Call `settle` before anything durable refers to the part.
        """
        buffer = BytesIO()
        frame.write_parquet(buffer, compression=self._compression, statistics=self._kept)
        return self.put_bytes(buffer.getbuffer(), frame.height)

    def put_bytes(self, data: memoryview, rows: int) -> Part:
        """Write any finished file as a part."""
        digest = self._suite.digest(data).hex()
        path = self.path(digest)
        waiting = path.with_suffix(f".{os.getpid()}.part")
        with open(waiting, "wb", opener=_private) as file:
            writer = SealedWriter(file, self.key_of(digest))
            for start in range(0, len(data), _PIECE):
                writer.write(data[start : start + _PIECE])
            writer.finish()
            file.flush()
            if self._kept:
                os.fsync(file.fileno())
        waiting.rename(path)
        return Part(digest, len(data), rows)

    def get(self, part: Part, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The rows of a part. Raises shared.crypto.Tampered."""
        with self.open(part.digest) as reader:
            data = reader.read_at(0, reader.size)
        return pl.read_parquet(BytesIO(data), columns=list(columns) if columns else None)

    @contextlib.contextmanager
    def open(self, digest: str) -> Iterator[SealedReader]:
        """A reader of the part's plaintext."""
        with self.path(digest).open("rb") as file:
            yield SealedReader(file, self.key_of(digest))

    def drop(self, part: Part) -> None:
        """Remove a part that nothing refers to."""
        with contextlib.suppress(FileNotFoundError):
            self.path(part.digest).unlink()

    def settle(self) -> None:
        """Make every part written so far survive a power cut: fsync the folder and its parent."""
        for folder in (self.folder, self.folder.parent):
            handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def path(self, digest: str) -> Path:
        """Where the part lies."""
        return self.folder / f"{digest}.sealed"

    def key_of(self, digest: str) -> bytes:
        """The key of one part: one key seals exactly one content."""
        return self._suite.mac(self._key, b"part " + digest.encode())


class Scratch(Shelf):
    """A shelf for what one run of the worker needs again and nobody after it: its key is never
    stored, so what a killed worker leaves is noise, and nothing is fsynced."""

    _compression: Literal["zstd", "lz4"] = "lz4"
    _kept = False

    def __init__(self, folder: Path, suite: Suite) -> None:
        super().__init__(folder, suite.new_key(), suite)

    def remove(self) -> None:
        """Delete the folder and all that is left in it."""
        shutil.rmtree(self.folder, ignore_errors=True)


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What may be in memory at once: `block` bytes of a file's text, a part of `rows` or
    `columns` bytes, and of what is spread by key a bucket of about `bucket` bytes of text."""

    block: int = 16 << 20
    rows: int = 400_000
    columns: int = 128 << 20
    bucket: int = 160 << 20


BOUNDS = Bounds()


class PartWriter:
    """Gathers frames into parts of a bounded size."""

    def __init__(self, shelf: Shelf, bounds: Bounds) -> None:
        self.parts: list[Part] = []
        self._shelf = shelf
        self._bounds = bounds
        self._frames: list[pl.DataFrame] = []
        self._rows = 0
        self._bytes = 0

    def add(self, frame: pl.DataFrame) -> None:
        """Append rows."""
        if not frame.height:
            return
        self._frames.append(frame)
        self._rows += frame.height
        self._bytes += int(frame.estimated_size())
        if self._rows >= self._bounds.rows or self._bytes >= self._bounds.columns:
            self.flush()

    def flush(self) -> None:
        """Write what has gathered."""
        if self._frames:
            self.parts.append(self._shelf.put(pl.concat(self._frames)))
        self._frames, self._rows, self._bytes = [], 0, 0
