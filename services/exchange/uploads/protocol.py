"""The words of tus 1.0 that both doors speak: versions, extensions, headers. Pure."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime

from shared.crypto import TRANSFER_CHECKSUMS, Hasher, transfer_hasher
from shared.errors import BadRequest, PreconditionFailed, UnsupportedMedia

VERSION = "1.0.0"
OFFSET_STREAM = "application/offset+octet-stream"
EXTENSIONS = "creation,creation-with-upload,checksum,termination,expiration"


class TusVersionUnknown(PreconditionFailed):
    """The request is of no version of tus that is spoken here."""

    code = "tus-version-unknown"
    title = "Tus version unknown"

    @property
    def headers(self) -> dict[str, str]:
        """Which is."""
        return {"Tus-Version": VERSION, "Tus-Resumable": VERSION}


class NotOffsetStream(UnsupportedMedia):
    """Bytes of an upload come under the media type of the protocol."""

    code = "upload-media-unknown"
    title = "Upload media type unknown"


class ChecksumUnreadable(BadRequest):
    """The checksum is of no algorithm that is offered, or none at all."""

    code = "upload-checksum-unreadable"
    title = "Upload checksum unreadable"


@dataclass(frozen=True, slots=True)
class Checksum:
    """What a client says of the bytes of one request (Upload-Checksum)."""

    hasher: Hasher
    digest: bytes


def check_version(stated: str | None) -> None:
    """Raise TusVersionUnknown where `Tus-Resumable` is another version, or missing."""
    if stated != VERSION:
        raise TusVersionUnknown(f"Resumable uploads speak tus: send Tus-Resumable: {VERSION}.")


def check_media(stated: str | None) -> None:
    """Raise NotOffsetStream where the bytes are called something else."""
    if (stated or "").strip().lower() != OFFSET_STREAM:
        raise NotOffsetStream(f"Send the bytes of an upload as {OFFSET_STREAM}.")


def checksum(stated: str | None) -> Checksum | None:
    """What `Upload-Checksum` says, None where it is not there. Raises ChecksumUnreadable."""
    if stated is None:
        return None
    algorithm, _, encoded = stated.strip().partition(" ")
    hasher = transfer_hasher(algorithm)
    try:
        digest = base64.b64decode(encoded.strip(), validate=True)
    except binascii.Error:
        digest = b""
    if hasher is None or not digest:
        names = ", ".join(TRANSFER_CHECKSUMS)
        raise ChecksumUnreadable(f"Upload-Checksum: one of {names}, a space, Base64.")
    return Checksum(hasher, digest)


def offered(largest: int) -> dict[str, str]:
    """The headers of an answer to OPTIONS."""
    return {
        "Tus-Resumable": VERSION,
        "Tus-Version": VERSION,
        "Tus-Extension": EXTENSIONS,
        "Tus-Max-Size": str(largest),
        "Tus-Checksum-Algorithm": ",".join(TRANSFER_CHECKSUMS),
    }


def standing(offset: int, expires_at: datetime | None) -> dict[str, str]:
    """The headers that tell how far an upload is, and its end where it has one."""
    told = {"Tus-Resumable": VERSION, "Upload-Offset": str(offset), "Cache-Control": "no-store"}
    if expires_at is not None:
        told["Upload-Expires"] = format_datetime(expires_at, usegmt=True)
    return told
