"""Digests as HTTP spells them (RFC 9530): `sha-256=:BASE64:`."""

import base64
import binascii

from shared.crypto import Suite
from shared.errors import BadRequest

# That of nothing, as readers of the description are shown a digest.
EXAMPLE = "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"


class DigestUnreadable(BadRequest):
    """The digest field names no digest of the platform's algorithm."""

    code = "digest-unreadable"
    title = "Digest unreadable"


class DigestDiffers(BadRequest):
    """The bytes that arrived are not those whose digest was stated."""

    code = "digest-differs"
    title = "Digest differs"


def field(suite: Suite, digest: bytes) -> str:
    """The digest as the value of Content-Digest or Repr-Digest."""
    return f"{suite.digest_name}=:{base64.b64encode(digest).decode()}:"


def stated(suite: Suite, text: str | None) -> bytes | None:
    """The digest in a field's value, None where there is no field. Raises DigestUnreadable."""
    return None if text is None else required(suite, text)


def required(suite: Suite, text: str) -> bytes:
    """The digest in a field's value. Raises DigestUnreadable."""
    for member in text.split(","):
        name, _, value = member.strip().partition("=")
        if name.lower() == suite.digest_name and value[:1] == value[-1:] == ":":
            try:
                found = base64.b64decode(value[1:-1], validate=True)
            except binascii.Error:
                break
            if len(found) == suite.digest_size:
                return found
    raise DigestUnreadable(
        f"Content-Digest must hold {suite.digest_name}=:BASE64: (RFC 9530) of the whole body."
    )
