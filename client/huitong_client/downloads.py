"""Brings one file from its capability address, in as many attempts as it takes, or not at all."""

import errno
import os
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import httpx
import orjson

from huitong_client import digests, durable, wire
from huitong_client.errors import Corrupt, LocalTrouble, NotUnderstood
from huitong_client.problems import refusal, unreachable
from huitong_client.retries import PASSING, Passing, Patience, persist, seconds
from huitong_client.transport import discreetly

Moved = Callable[[int, int], None]
"""Called with the bytes that are there and the bytes of the whole."""

_GONE = frozenset({401, 403, 404, 410})
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_RENEWALS = 3
_FRESH_STARTS = 2
_RANGE = re.compile(r"bytes (\d+)-\d+/(?:\d+|\*)")


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file at a capability address. The address is a secret: it is the permission."""

    url: str
    size: int
    rows: int
    digest: bytes
    format: str

    def __repr__(self) -> str:
        return f"RemoteFile(size={self.size}, rows={self.rows}, digest={self.digest.hex()})"


class _Altered(Exception):
    """The bytes that came are not the announced ones."""


class _Part:
    """The beginning of a file: `NAME.part`, and beside it what it is the beginning of."""

    def __init__(self, to: Path) -> None:
        self.path = to.with_name(to.name + ".part")
        self._label = to.with_name(to.name + ".part.json")

    def etag_for(self, digest: bytes) -> str | None:
        """The entity tag under which the part was begun; None where it is of another file."""
        try:
            label = wire.parse(self._label.read_bytes(), self._label.name)
            return label.text("etag") if label.text("digest") == digest.hex() else None
        except (FileNotFoundError, NotUnderstood):
            return None

    def begin(self, digest: bytes, etag: str | None) -> None:
        """Remember what is being begun. A weak tag cannot carry a resumption (RFC 9110 §13.1.5)."""
        if etag is None or etag.startswith("W/"):
            self._label.unlink(missing_ok=True)
        else:
            durable.write(self._label, orjson.dumps({"digest": digest.hex(), "etag": etag}))

    def drop(self) -> None:
        self.path.unlink(missing_ok=True)
        self._label.unlink(missing_ok=True)

    def settle(self, to: Path) -> None:
        durable.settle(self.path, to)
        self._label.unlink(missing_ok=True)


class Downloads:
    """Fetches files from the file door. No token is ever sent there."""

    def __init__(self, http: httpx.Client, patience: Patience) -> None:
        self._http = http
        self._patience = patience

    def fetch(
        self, file: RemoteFile, to: Path, *, renew: Callable[[], RemoteFile], moved: Moved
    ) -> RemoteFile:
        """Bring `file` to `to`: whole, with the announced digest, durable; or not at all.

        Returns what came, which after a renewal may be announced anew.

        A part that an earlier attempt or process left is continued. `renew` gives the same file a
        new address when the old one is no longer served. Raises Corrupt after two complete
        downloads with wrong bytes, LocalTrouble when the disk is full (the part is removed), and
        what `renew` raises.
        """
        if to.exists() and digests.of_file(to) == file.digest:
            moved(file.size, file.size)
            return file
        part = _Part(to)
        try:
            _make_room(part, file, to)
            for _ in range(_FRESH_STARTS):
                try:
                    file = self._fill(part, file, renew, moved)
                except _Altered:
                    part.drop()
                else:
                    part.settle(to)
                    return file
        except OSError as error:
            if error.errno not in _FULL:
                raise LocalTrouble("unwritable", path=to) from error
            # Half a file helps nobody on a full disk, and the room does.
            part.drop()
            raise LocalTrouble("disk-full", file=to.name) from error
        finally:
            if not _size(part.path):
                part.drop()
        raise Corrupt("digest-differs", file=to.name)

    def _fill(
        self, part: _Part, file: RemoteFile, renew: Callable[[], RemoteFile], moved: Moved
    ) -> RemoteFile:
        renewals = 0

        def attempt() -> None:
            nonlocal file, renewals
            before = _size(part.path)
            try:
                gone = self._append(part, file, moved)
            except httpx.TransportError as error:
                outcome = unreachable(error)
                if outcome.sentence == "certificate":
                    raise outcome from error
                raise Passing(outcome, advanced=_size(part.path) > before) from error
            if gone is None:
                return
            if renewals == _RENEWALS:
                raise gone
            renewals += 1
            file = renew()
            attempt()

        persist(self._patience, attempt)
        return file

    def _append(self, part: _Part, file: RemoteFile, moved: Moved) -> Exception | None:
        """Add what is missing and check the whole; the refusal where the address has ended."""
        etag = part.etag_for(file.digest)
        hasher = digests.hasher()
        with part.path.open("r+b" if etag and part.path.exists() else "w+b") as out:
            there = digests.feed(hasher, out)
            if there > file.size:
                raise _Altered
            if there < file.size:
                headers = {"Accept-Encoding": "identity"}
                if there and etag:
                    headers |= {"Range": f"bytes={there}-", "If-Range": etag}
                with discreetly(), self._http.stream("GET", file.url, headers=headers) as response:
                    if response.status_code in _GONE:
                        response.read()
                        return refusal(response)
                    hasher, there = _place(response, part, file, out, hasher, there)
                    _receive(response, file, out, hasher, there, moved)
            out.flush()
            os.fsync(out.fileno())
        if hasher.digest() != file.digest:
            raise _Altered
        return None


def _place(
    response: httpx.Response,
    part: _Part,
    file: RemoteFile,
    out: BinaryIO,
    hasher: digests.Hasher,
    there: int,
) -> tuple[digests.Hasher, int]:
    """Where the answer's bytes belong: after the part (206) or at the beginning (200)."""
    status = response.status_code
    if status == httpx.codes.PARTIAL_CONTENT:
        found = _RANGE.fullmatch(response.headers.get("content-range", ""))
        if there and found and int(found[1]) == there:
            return hasher, there
        raise _Altered
    if status == httpx.codes.OK:
        out.seek(0)
        out.truncate()
        part.begin(file.digest, response.headers.get("etag"))
        return digests.hasher(), 0
    if status == httpx.codes.REQUESTED_RANGE_NOT_SATISFIABLE:
        raise _Altered
    response.read()
    if status in PASSING:
        after = seconds(response.headers.get("retry-after"), datetime.now(UTC))
        raise Passing(refusal(response), asked_for=after)
    raise refusal(response)


def _receive(
    response: httpx.Response,
    file: RemoteFile,
    out: BinaryIO,
    hasher: digests.Hasher,
    there: int,
    moved: Moved,
) -> None:
    moved(there, file.size)
    # Pieces as they arrive: what came before the line broke is kept, and the next attempt goes on.
    for piece in response.iter_raw():
        there += len(piece)
        if there > file.size:
            # More than was announced: stop before it fills the disk.
            raise _Altered
        out.write(piece)
        hasher.update(piece)
        moved(there, file.size)
    if there < file.size:
        raise httpx.RemoteProtocolError("the answer ended early", request=response.request)


def _make_room(part: _Part, file: RemoteFile, to: Path) -> None:
    """Refuse before the first byte what cannot fit anyway."""
    free = shutil.disk_usage(to.parent).free + _size(part.path)
    if free < file.size:
        raise LocalTrouble("no-room", file=to.name, needed=file.size, free=free)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
