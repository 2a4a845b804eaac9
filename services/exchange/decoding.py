"""Parquet decoded in a process of its own, which may take only so much memory.

What a Parquet file declares can be a thousandth of what it unpacks to, page by page, and only
its decoder finds out. So the decoder runs where it can fall: it is told the file, answers with
the rows in pieces, and when it falls the batch is refused and the worker goes on. The child is
started anew, not forked; it has no settings and opens nothing.
"""

import contextlib
import resource
import struct
import subprocess
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import polars as pl

from services.exchange.tables.lines import LONGEST_LINE
from services.exchange.tables.packing import MOST_EXPANSION
from services.exchange.tables.refusals import BatchRefused

# The child holds the file and the rows that it decodes at once. Half a gibibyte of what it may
# have is room that its allocators set aside and never touch.
LARGEST = 512 << 20
_MEMORY = 3 << 30
_SECONDS = 600
_DECODED = 1 << 18
_SENT = 20_000
_TEXT = 16 << 20
_FREE = 16 << 20
_LARGEST_PIECE = 256 << 20
_PIECE = 1 << 20
_HEAD = struct.Struct(">Q")
_ROOT = Path(__file__).parents[2]


class Decoding:
    """A Parquet file on its way through the child; use as a context manager.

    `size` is how many bytes of text it is, about. Raises BatchRefused where it is too large, is
    no Parquet, or takes more memory than the child has.
    """

    def __init__(self, file: BinaryIO, size: int, largest: int, memory: int = _MEMORY) -> None:
        if size > LARGEST:
            raise BatchRefused(
                "parquet-too-large",
                f"Parquet 文件不得超过 {LARGEST >> 20} MiB，请分批提交增量 "
                f"(a Parquet file has {LARGEST >> 20} MiB at most; split it into deltas)",
            )
        self.size = 0
        self._file = file
        self._largest = min(largest, _FREE + size * MOST_EXPANSION)
        self._memory = memory

    def __enter__(self) -> "Decoding":
        self._child = subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, "-m", __name__, str(self._memory)],
            cwd=_ROOT,
            env={"POLARS_MAX_THREADS": "1", "PATH": "/usr/bin:/bin"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        try:
            self._feed()
            self.size = self._number()
        except BaseException:
            self.__exit__()
            raise
        if self.size > self._largest:
            self.__exit__()
            raise BatchRefused(
                "expands-too-much",
                "Parquet 文件解压后过大，请分批提交 "
                "(the Parquet file expands to more than is read; split it)",
            )
        return self

    def __exit__(self, *_: object) -> None:
        self._child.kill()
        for pipe in (self._child.stdin, self._child.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        self._child.wait()

    def frames(self) -> Iterator[pl.DataFrame]:
        """The rows in pieces, at least one."""
        while length := self._number():
            if length > _LARGEST_PIECE:
                raise _unreadable()
            yield pl.read_ipc(BytesIO(self._read(length)))

    def _feed(self) -> None:
        if self._child.stdin is None:
            raise AssertionError("a child has the pipes that it was given")
        self._file.seek(0)
        # A child that fell takes no more; what it says, or does not, is read next.
        with contextlib.suppress(BrokenPipeError):
            while piece := self._file.read(_PIECE):
                self._child.stdin.write(piece)
            self._child.stdin.close()

    def _number(self) -> int:
        (number,) = _HEAD.unpack(self._read(_HEAD.size))
        return int(number)

    def _read(self, size: int) -> bytes:
        if self._child.stdout is None:
            raise AssertionError("a child has the pipes that it was given")
        data = self._child.stdout.read(size)
        if len(data) < size:
            raise _unreadable()
        return data


def _unreadable() -> BatchRefused:
    return BatchRefused(
        "parquet-unreadable",
        "不是有效的 Parquet 文件，或解码所需内存过大，请减小行组后重新导出 "
        "(this is no Parquet file, or decoding it takes too much memory; write smaller row groups)",
    )


def decode(source: BinaryIO, out: BinaryIO) -> None:
    """The child: its size as text, then its rows as pieces of Arrow, each after its length, then
    0. Whatever goes wrong ends it."""
    data = source.read(LARGEST)
    rows = pl.scan_parquet(data)
    size = sum(_text_size(frame) for frame in _decoded(rows))
    out.write(_HEAD.pack(size))
    sent = False
    for frame in _decoded(rows):
        for part in _parts(frame):
            piece = BytesIO()
            part.write_ipc(piece)
            out.write(_HEAD.pack(piece.tell()) + piece.getvalue())
            sent = True
    if not sent:
        raise AssertionError("there is always a piece")
    out.write(_HEAD.pack(0))
    out.flush()


def _decoded(rows: pl.LazyFrame) -> Iterator[pl.DataFrame]:
    height = rows.select(pl.len()).collect().item()
    for start in range(0, max(1, height), _DECODED):
        yield rows.slice(start, _DECODED).collect()


def _parts(frame: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """The rows in parts of so few, and so little text, that the worker can hold one. One long
    text may stand in many rows and take the room of one until it is made text again."""
    size = _text_size(frame)
    if frame.height <= 1 or (frame.height <= _SENT and size <= _TEXT):
        if size > LONGEST_LINE:
            raise ValueError("a row is too long to be a record")
        yield frame
        return
    half = frame.height // 2
    yield from _parts(frame.slice(0, half))
    yield from _parts(frame.slice(half))


def _text_size(frame: pl.DataFrame) -> int:
    total = 0
    for column in frame.get_columns():
        if column.dtype == pl.String:
            total += int(column.str.len_bytes().sum())
        total += 8 * len(column)
    return total


if __name__ == "__main__":
    limit = int(sys.argv[1])
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    decode(sys.stdin.buffer, sys.stdout.buffer)
