"""Packed batches unpacked as they are read, never to more than was bounded before.

Memory is a few mebibytes, whatever a file declares: pieces leave as they are unpacked, and the
directory of a ZIP is read only where it is small. A file that grows beyond its bounds, ends too
early or does not fit its own checksum is refused as a whole, before a row of it is looked at.
"""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import BinaryIO, cast

from services.exchange.tables.formats import Format, Packing
from services.exchange.tables.refusals import BatchRefused

# Tables pack to a tenth, very monotonous ones to a hundredth; deflate could do a thousandth.
MOST_EXPANSION = 200
_FREE = 16 << 20
_PIECE = 1 << 20
# A directory of one file takes some hundred bytes; it is read at once.
_LARGEST_DIRECTORY = 1 << 20
_GZIP = 31
# How zipfile tells of damage; an encrypted member is a RuntimeError.
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, RuntimeError, ValueError)
_ENDINGS = {
    ".csv": Format.CSV,
    ".txt": Format.CSV,
    ".tsv": Format.CSV,
    ".jsonl": Format.JSON_LINES,
    ".ndjson": Format.JSON_LINES,
}


def _unreadable() -> BatchRefused:
    return BatchRefused(
        "packing-unreadable",
        "压缩文件已损坏、不完整或已加密，请重新打包 "
        "(the packed file is damaged, incomplete or encrypted; pack it anew)",
    )


class Unpacked:
    """A packed file, looked at: `size` bytes when unpacked, and the format its name tells.

    Raises BatchRefused where it cannot be unpacked or grows beyond `largest` bytes or beyond
    MOST_EXPANSION times its own size. To know, it is unpacked once without being kept.
    """

    def __init__(self, file: BinaryIO, size: int, packing: Packing, largest: int) -> None:
        self._bound = min(largest, _FREE + size * MOST_EXPANSION)
        self.format: Format | None = None
        self._stream: Callable[[], Iterator[bytes]]
        if packing is Packing.GZIP:
            self._stream = lambda: _gunzipped(file)
        else:
            archive, member = _only_member(file)
            self.format = _format_of(member.filename)
            self._stream = lambda: _unzipped(archive, member)
        self.size = sum(len(piece) for piece in self._stream_bounded())

    def pieces(self) -> Iterator[bytes]:
        """The bytes, unpacked as they are read."""
        return self._stream_bounded()

    def _stream_bounded(self) -> Iterator[bytes]:
        seen = 0
        for piece in self._stream():
            seen += len(piece)
            if seen > self._bound:
                raise BatchRefused(
                    "expands-too-much",
                    "压缩文件解压后过大，请分批提交或不压缩提交 "
                    "(the packed file expands to more than is read; split it, or send it unpacked)",
                )
            yield piece


def _gunzipped(file: BinaryIO) -> Iterator[bytes]:
    """The bytes of all members of a gzip, one after the other."""
    file.seek(0)
    member = zlib.decompressobj(_GZIP)
    try:
        while raw := file.read(_PIECE):
            while raw:
                if member.eof:
                    # Tapes and some tools fill the last block with zeros.
                    raw = raw.lstrip(b"\0")
                    if not raw:
                        break
                    member = zlib.decompressobj(_GZIP)
                piece = member.decompress(raw, _PIECE)
                raw = member.unused_data if member.eof else member.unconsumed_tail
                if piece:
                    yield piece
        if piece := member.flush():
            yield piece
    except zlib.error as error:
        raise _unreadable() from error
    if not member.eof:
        raise _unreadable()


class _Shy(io.RawIOBase):
    """A file of which nobody reads much at once: a ZIP's declared sizes are not believed."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_SET and offset < 0:
            raise ValueError("before the beginning")
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1) -> bytes:
        if size > _LARGEST_DIRECTORY:
            raise ValueError("too much at once")
        data = self._file.read(_LARGEST_DIRECTORY + 1 if size < 0 else size)
        if len(data) > _LARGEST_DIRECTORY:
            raise ValueError("too much at once")
        return data


def careful(file: BinaryIO) -> BinaryIO:
    """The file, for zipfile: no more than a mebibyte of it is read at once."""
    return cast(BinaryIO, _Shy(file))


def _only_member(file: BinaryIO) -> tuple[zipfile.ZipFile, zipfile.ZipInfo]:
    try:
        archive = zipfile.ZipFile(careful(file))
    except _BROKEN as error:
        raise _unreadable() from error
    members = [
        info
        for info in archive.infolist()
        # What a Mac adds of its own is no file of the provider's.
        if not info.is_dir() and not info.filename.startswith("__MACOSX/")
    ]
    if len(members) != 1:
        raise BatchRefused(
            "zip-members",
            f"压缩包须只含一个文件，现有 {len(members)} 个 "
            f"(a ZIP holds exactly one file, this one holds {len(members)})",
        )
    return archive, members[0]


def _format_of(name: str) -> Format:
    _, dot, ending = name.rpartition(".")
    found = _ENDINGS.get((dot + ending).lower())
    if found is None:
        raise BatchRefused(
            "zip-member-unknown",
            "压缩包内文件的扩展名应为 csv、txt、tsv、jsonl 或 ndjson "
            "(the file in the ZIP is to end in csv, txt, tsv, jsonl or ndjson)",
        )
    return found


def _unzipped(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise _unreadable()
    try:
        with archive.open(member) as stream:
            while piece := stream.read(_PIECE):
                yield piece
    except _BROKEN as error:
        raise _unreadable() from error
