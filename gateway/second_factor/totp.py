"""One-time codes as authenticators make them (RFC 6238): pure, no database, no clock.

HMAC-SHA-1, six digits, thirty seconds: what every authenticator can do. The algorithm is the
authenticator's, not the cryptographic seam's, and its known weakness does not touch an HMAC.
"""

import base64
import os
from datetime import datetime
from urllib.parse import quote, urlencode

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from shared.crypto import STANDARD

_STEP_SECONDS = 30
_DIGITS = 6
# One step to either side: clocks of telephones differ, and people type slowly.
_WINDOW = 1
_ISSUER = "Huitong"


def new_secret() -> bytes:
    """A fresh secret, 160 bits (RFC 4226 §4)."""
    return os.urandom(20)


def uri(secret: bytes, username: str) -> str:
    """What an authenticator takes in, usually as a picture; it holds the secret."""
    told = {
        "secret": base64.b32encode(secret).decode(),
        "issuer": _ISSUER,
        "algorithm": "SHA1",
        "digits": str(_DIGITS),
        "period": str(_STEP_SECONDS),
    }
    return f"otpauth://totp/{_ISSUER}:{quote(username)}?{urlencode(told)}"


def code(secret: bytes, at: datetime) -> str:
    """The code of that moment."""
    return _code(secret, _step(at))


def fitting_step(secret: bytes, sent: str, at: datetime, after: int) -> int | None:
    """The time step whose code was sent, None where none fits. Steps up to `after` are used up."""
    now = _step(at)
    fits = None
    # Every step is compared, so that the time taken tells nothing.
    for step in range(now - _WINDOW, now + _WINDOW + 1):
        if STANDARD.mac_equal(_code(secret, step).encode(), sent.encode()) and step > after:
            fits = step
    return fits


def _step(at: datetime) -> int:
    return int(at.timestamp()) // _STEP_SECONDS


def _code(secret: bytes, step: int) -> str:
    # The algorithm is the standard's (RFC 6238 §1.2).
    return TOTP(secret, _DIGITS, SHA1(), _STEP_SECONDS).generate(step * _STEP_SECONDS).decode()  # noqa: S303
