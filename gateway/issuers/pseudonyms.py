"""What is kept of an outside issuer's name for somebody: a keyed digest, never the name.

An issuer may name people by a number that names them everywhere. The pseudonym finds the same
person again and tells nobody else who it is; an administrator can be told it (`shown`).
"""

import base64
import binascii

from shared.crypto import STANDARD

SIZE = 20


def of(key: bytes, issuer: str, kind: bytes, name: str) -> bytes:
    """The pseudonym of a `subject` or a `session` that the issuer names so (20 bytes).

    `key` is the gateway's second-factor key; without it nobody can try names.
    """
    said = b"outside " + kind + b"\0" + issuer.encode() + b"\0" + name.encode()
    return STANDARD.mac(key, said)[:SIZE]


def shown(pseudonym: bytes) -> str:
    """The pseudonym as people read it to each other: 32 letters and digits in fours."""
    text = base64.b32encode(pseudonym).decode().lower()
    return "-".join(text[i : i + 4] for i in range(0, len(text), 4))


def read(text: str) -> bytes:
    """The pseudonym of `shown`. Raises ValueError."""
    try:
        found = base64.b32decode(text.replace("-", "").strip().upper())
    except binascii.Error:
        raise ValueError("not a pseudonym") from None
    if len(found) != SIZE:
        raise ValueError("not a pseudonym")
    return found
