"""Addresses of uploads at the file door: who holds one may bring the bytes of one upload.

The token is the upload's id with a MAC behind it, in base64url. Everything else, its end too, is
asked of the upload when it is used.
"""

from uuid import UUID

from shared.crypto import Suite, base64url, from_base64url

_MAC_BYTES = 16
_ID_BYTES = 16
_CONTEXT = b"huitong upload address"
PREFIX = "/uploads/"


def seal(upload: UUID, key: bytes, suite: Suite) -> str:
    """The token of an upload."""
    return base64url(upload.bytes + _mac(upload.bytes, key, suite))


def opened(token: str, key: bytes, suite: Suite) -> UUID | None:
    """The upload that a token names, None where it was not made here."""
    try:
        data = from_base64url(token)
    except ValueError:
        return None
    named, mac = data[:_ID_BYTES], data[_ID_BYTES:]
    if len(named) != _ID_BYTES or not suite.mac_equal(_mac(named, key, suite), mac):
        return None
    return UUID(bytes=named)


def url(door_url: str, upload: UUID, key: bytes, suite: Suite) -> str:
    """The address of an upload."""
    return f"{door_url.rstrip('/')}{PREFIX}{seal(upload, key, suite)}"


def _mac(named: bytes, key: bytes, suite: Suite) -> bytes:
    return suite.mac(key, _CONTEXT + named)[:_MAC_BYTES]
