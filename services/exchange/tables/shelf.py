"""Parts of tables as Parquet files on sealed shelves."""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Literal

import polars as pl

from services.exchange.tables.sealed import Part as Part
from services.exchange.tables.sealed import SealedFolder
from shared.crypto import Suite


class Shelf(SealedFolder):
    """A sealed folder of Parquet files."""

    compression: Literal["zstd", "lz4"] = "zstd"

    def put(self, frame: pl.DataFrame) -> Part:
        """Write `frame` as a part."""
        buffer = BytesIO()
        frame.write_parquet(buffer, compression=self.compression, statistics=self.kept)
        return self.put_bytes(buffer.getbuffer(), frame.height)

    def get(self, part: Part, columns: Sequence[str] | None = None) -> pl.DataFrame:
        """The rows of a part. Raises shared.crypto.Tampered."""
        with self.open(part.digest) as reader:
            data = reader.read_at(0, reader.size)
        return pl.read_parquet(BytesIO(data), columns=list(columns) if columns else None)


class Scratch(Shelf):
    """A shelf for what one run of the worker needs again and nobody after it: its key is never
    stored, so what a killed worker leaves is noise, and nothing is fsynced."""

    compression: Literal["zstd", "lz4"] = "lz4"
    kept = False

    def __init__(self, folder: Path, suite: Suite) -> None:
        super().__init__(folder, suite.new_key(), suite)

    def remove(self) -> None:
        """Delete the folder and all that is left in it."""
        shutil.rmtree(self.folder, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What may be in memory at once: `block` bytes of a file's text, a part of `rows` or
    `columns` bytes, and of what is spread by key a bucket of about `bucket` bytes of text. A
    packed file may be `unpacked` bytes of text, of which a block at a time is in memory."""

    block: int = 16 << 20
    rows: int = 400_000
    columns: int = 128 << 20
    bucket: int = 160 << 20
    unpacked: int = 64 << 30


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
