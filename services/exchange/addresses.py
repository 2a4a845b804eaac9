"""Capability addresses at the file door: who holds one may fetch one file while the grant lives.

The token is a fixed record with a MAC behind it, in base64url: `/` and `%` would not survive
every client. It names the grant and the client or operator that it was handed to, so that the
door asks about both at every request.
"""

import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from services.exchange.models import CutKind, Form
from shared.crypto import Suite, base64url, from_base64url

# Records of version 1 did not say to whom they were handed; none of them lives any more.
_VERSION = 2
_RECORD = struct.Struct(">BBBIQIQ16s16s16s16s32s")
_MAC_BYTES = 16
_FORMS = list(Form)
_KINDS = list(CutKind)
_CONTEXT = b"huitong file address"


class AddressUnknown(Exception):
    """The token was not made here, or was altered."""


@dataclass(frozen=True, slots=True)
class FileAddress:
    """What an address opens. `digest` is the file's, 32 bytes; `expires_at` in UTC.

    `holder` is the client or operator that it was handed to.
    """

    id: UUID
    grant: UUID
    holder: UUID
    view: UUID
    digest: bytes
    size: int
    form: Form
    kind: CutKind
    epoch: int
    sequence: int
    expires_at: datetime

    @property
    def file_name(self) -> str:
        """What a person's browser calls the file."""
        name = f"{self.kind}-{self.epoch}-{self.sequence:06d}-{self.digest.hex()[:8]}"
        return f"{name}.{self.form.suffix}"


def seal(address: FileAddress, key: bytes, suite: Suite) -> str:
    """The token of an address."""
    record = _RECORD.pack(
        _VERSION,
        _FORMS.index(address.form),
        _KINDS.index(address.kind),
        address.epoch,
        address.sequence,
        int(address.expires_at.timestamp()),
        address.size,
        address.id.bytes,
        address.grant.bytes,
        address.holder.bytes,
        address.view.bytes,
        address.digest,
    )
    return base64url(record + suite.mac(key, _CONTEXT + record)[:_MAC_BYTES])


def open_address(token: str, key: bytes, suite: Suite) -> FileAddress:
    """The address inside a token. Raises AddressUnknown; does not look at the expiry."""
    try:
        data = from_base64url(token)
    except ValueError:
        raise AddressUnknown from None
    record, mac = data[:-_MAC_BYTES], data[-_MAC_BYTES:]
    genuine = suite.mac(key, _CONTEXT + record)[:_MAC_BYTES]
    if len(record) != _RECORD.size or not suite.mac_equal(genuine, mac):
        raise AddressUnknown
    version, form, kind, epoch, sequence, expires, size, *rest = _RECORD.unpack(record)
    if version != _VERSION:
        raise AddressUnknown
    identity, grant, holder, view, digest = rest
    return FileAddress(
        id=UUID(bytes=identity),
        grant=UUID(bytes=grant),
        holder=UUID(bytes=holder),
        view=UUID(bytes=view),
        digest=digest,
        size=size,
        form=_FORMS[form],
        kind=_KINDS[kind],
        epoch=epoch,
        sequence=sequence,
        expires_at=datetime.fromtimestamp(expires, UTC),
    )
