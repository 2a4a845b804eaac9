"""SHA-256 of files, and its spelling in HTTP (RFC 9530)."""

import base64
import binascii
import hashlib
import re
from pathlib import Path
from typing import BinaryIO, Protocol

from huitong_client.errors import NotUnderstood

SIZE = 32
CHUNK = 128 * 1024
"""Bytes read or written at once: from 256 KiB on, the allocator asks the kernel every time."""


class Hasher(Protocol):
    """A hash that grows with what it is fed."""

    def update(self, data: bytes, /) -> None: ...
    def digest(self) -> bytes: ...


_MEMBER = re.compile(r"(?:^|,)\s*sha-256\s*=\s*:([A-Za-z0-9+/=]+):")


def hasher() -> Hasher:
    """A SHA-256 that has read nothing yet."""
    return hashlib.sha256()


def of_file(path: Path) -> bytes:
    """The SHA-256 of the file, 32 bytes, read once in pieces."""
    found = hasher()
    with path.open("rb") as file:
        feed(found, file)
    return found.digest()


def feed(into: Hasher, file: BinaryIO) -> int:
    """Hash what is left of `file`; the number of its bytes."""
    count = 0
    while piece := file.read(CHUNK):
        into.update(piece)
        count += len(piece)
    return count


def field(digest: bytes) -> str:
    """The digest as a value of Content-Digest or Repr-Digest."""
    return f"sha-256=:{base64.b64encode(digest).decode('ascii')}:"


def parse(text: str) -> bytes:
    """The SHA-256 in a digest field; other algorithms beside it are passed over.

    Raises NotUnderstood where there is none of 32 bytes.
    """
    found = _MEMBER.search(text)
    try:
        digest = base64.b64decode(found[1], validate=True) if found else b""
    except binascii.Error:
        digest = b""
    if len(digest) != SIZE:
        raise NotUnderstood("no-digest")
    return digest
