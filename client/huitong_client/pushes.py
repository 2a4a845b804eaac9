"""Hands in a file as one batch, so that twice does no more than once, and waits for the verdict."""

import hashlib
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx

from huitong_client import digests, uploads, wire
from huitong_client.answers import Batch, Mode
from huitong_client.downloads import Moved
from huitong_client.errors import LocalTrouble, NotUnderstood, Refused, StillWorking
from huitong_client.platform import Platform
from huitong_client.transport import Call
from huitong_client.uploads import AddressEnded, Opened

_TAKEN_WITHIN = 600.0
_BATCH_ID = re.compile(r"[\x21-\x7e]{8,128}")
_CHARSET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
IN_PARTS = 64 << 20
"""Bytes from which on a file comes in parts."""
_OPENED_ANEW = 2
_UNKNOWN = 404
_CSV = "text/csv"
_MEDIA = {
    ".jsonl": "application/x-ndjson",
    ".ndjson": "application/x-ndjson",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".zip": "application/zip",
}
# Packed in themselves: nothing is put around them.
_PACKED = (".parquet", ".xlsx", ".zip")
_FIRST_LOOK = 0.2
_LONGEST_LOOK = 5.0


@dataclass(frozen=True, slots=True)
class Source:
    """A file as it was when it was hashed."""

    path: Path
    size: int
    changed_at: int
    digest: bytes

    @classmethod
    def read(cls, path: Path) -> "Source":
        """Hash the file, once. Raises LocalTrouble where it cannot be read."""
        try:
            found = path.stat()
            return cls(path, found.st_size, found.st_mtime_ns, digests.of_file(path))
        except OSError as error:
            raise LocalTrouble("unreadable", path=path) from error

    def pieces(self, moved: Moved, start: int = 0) -> Iterator[bytes]:
        """The bytes that were hashed, from `start` on. Raises LocalTrouble where the file changed
        since."""
        try:
            with self.path.open("rb") as file:
                sent = file.seek(start)
                moved(sent, self.size)
                while sent < self.size:
                    piece = file.read(min(digests.CHUNK, self.size - sent))
                    found = self.path.stat()
                    if not piece or (found.st_size, found.st_mtime_ns) != (
                        self.size,
                        self.changed_at,
                    ):
                        raise LocalTrouble("file-changed", path=self.path)
                    sent += len(piece)
                    yield piece
                    moved(sent, self.size)
        except OSError as error:
            raise LocalTrouble("unreadable", path=self.path) from error


def batch_key(resource: UUID, mode: Mode, digest: bytes) -> str:
    """The batch id of a provider who has none: the same content is the same batch."""
    told = f"{resource}\n{mode}\n{digest.hex()}".encode()
    return hashlib.sha256(told).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Kind:
    """What a file is, as Content-Type and Content-Encoding."""

    media: str
    encoding: str | None = None

    @classmethod
    def of(cls, path: Path, charset: str | None) -> "Kind":
        """By the ending of its name; what has none that is known is taken for a CSV."""
        *_, last = ["", *(ending.lower() for ending in path.suffixes)]
        encoding = "gzip" if last == ".gz" else None
        if encoding:
            last = path.with_suffix("").suffix.lower()
        media = _MEDIA.get(last, _CSV) if not (encoding and last in _PACKED) else _CSV
        if charset is not None and media == _CSV:
            media = f"{_CSV}; charset={charset}"
        return cls(media, encoding)


def push(
    platform: Platform,
    resource: UUID,
    path: Path,
    *,
    mode: Mode,
    batch_id: str | None,
    moved: Moved,
    charset: str | None = None,
    sheet: str | None = None,
    in_parts_from: int = IN_PARTS,
) -> Batch:
    """Hand in `path` for the resource; the batch as the platform took it.

    What the file is follows from its name: CSV, JSON lines, Parquet, XLSX (of which `sheet` names
    the sheet), ZIP, and CSV or JSON lines packed with gzip. `batch_id` is the provider's own name
    for the batch; with none, it follows from the content. Handing in the same again answers with
    the batch that is there; the charset is found out where it is not told. A file of
    `in_parts_from` bytes or more comes in parts and goes on where it was, also in another process.

    Raises Refused, Unreachable, LocalTrouble.
    """
    if batch_id is not None and not _BATCH_ID.fullmatch(batch_id):
        raise LocalTrouble("batch-id", batch=batch_id)
    if charset is not None and not _CHARSET.fullmatch(charset):
        raise LocalTrouble("charset", charset=charset)
    source, kind = Source.read(path), Kind.of(path, charset)
    announced = _Announced(
        resource,
        batch_id or batch_key(resource, mode, source.digest),
        {"mode": mode} | ({"sheet": sheet} if sheet is not None else {}),
        kind,
    )
    if source.size >= in_parts_from:
        try:
            return _in_parts(platform, source, announced, moved)
        except Refused as refused:
            # Not to be had here, or handed in before in one piece.
            if refused.status != _UNKNOWN and refused.code != "batch-there":
                raise
    return _at_once(platform, source, announced, moved)


@dataclass(frozen=True, slots=True)
class _Announced:
    resource: UUID
    key: str
    params: Mapping[str, str]
    kind: Kind


def _at_once(platform: Platform, source: Source, announced: _Announced, moved: Moved) -> Batch:
    encoding = announced.kind.encoding
    call = Call(
        "POST",
        f"/v1/resources/{announced.resource}/batches",
        params=announced.params,
        headers={
            "Content-Type": announced.kind.media,
            **({"Content-Encoding": encoding} if encoding else {}),
            "Content-Length": str(source.size),
            "Content-Digest": digests.field(source.digest),
            "Idempotency-Key": announced.key,
        },
        content=lambda: source.pieces(moved),
        answer_within=_TAKEN_WITHIN,
    )

    def take(response: httpx.Response) -> bytes:
        return response.read()

    return Batch.read(wire.parse(platform.gateway.perform(call, take), call.path))


def _in_parts(platform: Platform, source: Source, announced: _Announced, moved: Moved) -> Batch:
    kind = announced.kind
    # The platform takes a name's ending for the packing, and the type as it is stated.
    name = "batch.gz" if kind.encoding else "batch"
    told = {"filename": name, "filetype": kind.media, "digest": digests.field(source.digest)}
    call = Call(
        "POST",
        f"/v1/resources/{announced.resource}/uploads",
        params=announced.params,
        headers=uploads.VERSION
        | {
            "Upload-Length": str(source.size),
            "Upload-Metadata": uploads.metadata(**told),
            "Idempotency-Key": announced.key,
        },
    )

    def open_it() -> Opened:
        answer = platform.gateway.perform(call, lambda response: response.read())
        return Opened.read(wire.parse(answer, call.path), platform.gateway.address)

    for anew in range(_OPENED_ANEW + 1):
        opened = open_it()
        if opened.batch is not None:
            return platform.batch(opened.batch)
        try:
            platform.uploads.bring(opened.url, source.size, source.pieces, moved)
        except AddressEnded as ended:
            if anew == _OPENED_ANEW:
                raise ended.refused from ended
        else:
            break
    finished = open_it()
    if finished.batch is None:
        raise NotUnderstood("field-unfit", where=call.path, field="batch")
    return platform.batch(finished.batch)


def wait(
    platform: Platform, batch: Batch, *, within: float, seen: Callable[[Batch], None]
) -> Batch:
    """Look at the batch until it is finished, for at most `within` seconds.

    `seen` hears of every look. Raises StillWorking when the time is over: nothing is lost by it.
    """
    until = time.monotonic() + within
    pause = _FIRST_LOOK
    while True:
        seen(batch)
        if batch.finished:
            return batch
        if time.monotonic() + pause > until:
            raise StillWorking("still-working", batch=batch.id, state=batch.state)
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_LOOK)
        batch = platform.batch(batch.id)
