"""Hands in a file as one batch, so that twice does no more than once, and waits for the verdict."""

import hashlib
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import httpx

from huitong_client import digests, wire
from huitong_client.answers import Batch, Mode
from huitong_client.downloads import Moved
from huitong_client.errors import LocalTrouble, StillWorking
from huitong_client.platform import Platform
from huitong_client.transport import Call

_TAKEN_WITHIN = 600.0
_BATCH_ID = re.compile(r"[\x21-\x7e]{8,128}")
_CHARSET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
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

    def pieces(self, moved: Moved) -> Iterator[bytes]:
        """The bytes that were hashed. Raises LocalTrouble where the file changed since."""
        try:
            with self.path.open("rb") as file:
                sent = 0
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


def push(
    platform: Platform,
    resource: UUID,
    path: Path,
    *,
    mode: Mode,
    batch_id: str | None,
    moved: Moved,
    charset: str | None = None,
) -> Batch:
    """Hand in `path` (CSV) for the resource; the batch as the platform took it.

    `batch_id` is the provider's own name for the batch; with none, it follows from the content.
    Handing in the same again answers with the batch that is there; the charset is found out where
    it is not told. Raises Refused, Unreachable,
    LocalTrouble.
    """
    if batch_id is not None and not _BATCH_ID.fullmatch(batch_id):
        raise LocalTrouble("batch-id", batch=batch_id)
    if charset is not None and not _CHARSET.fullmatch(charset):
        raise LocalTrouble("charset", charset=charset)
    source = Source.read(path)
    call = Call(
        "POST",
        f"/v1/resources/{resource}/batches",
        params={"mode": mode},
        headers={
            "Content-Type": f"text/csv; charset={charset}" if charset else "text/csv",
            "Content-Length": str(source.size),
            "Content-Digest": digests.field(source.digest),
            "Idempotency-Key": batch_id or batch_key(resource, mode, source.digest),
        },
        content=lambda: source.pieces(moved),
        answer_within=_TAKEN_WITHIN,
    )

    def take(response: httpx.Response) -> bytes:
        return response.read()

    return Batch.read(wire.parse(platform.gateway.perform(call, take), call.path))


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
