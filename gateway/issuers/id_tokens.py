"""What a token of an outside issuer proves (OpenID Connect Core §3.1.3.7). Pure.

The setting decides which algorithms count, the key which of them it verifies; the token's own
header only chooses among those. Sentences name clocks and members, never a value.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson
from joserfc import jws
from joserfc.errors import JoseError

from gateway.issuers.keys import PublicKey
from shared import crypto
from shared.crypto import STANDARD

LEEWAY_SECONDS = 30
# A token to log in with is made for that log-in, not kept.
_OLDEST_SECONDS = 600
_LONGEST = 16 * 1024
_LONGEST_SUBJECT = 255
_LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"

Claims = Mapping[str, object]


class TokenRefused(Exception):
    """The token proves nothing; the sentence may be told."""


class KeyUnknown(TokenRefused):
    """The token names a key that the issuer did not publish when it was last asked."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Whose token is expected, for whom, under which algorithms."""

    issuer: str
    audience: str
    algorithms: frozenset[str]


def of_log_in(
    text: str,
    keys: Sequence[PublicKey],
    expected: Expected,
    nonce: str,
    access_token: str | None,
    at: datetime,
) -> Claims:
    """The claims of an ID token for exactly this log-in. Raises TokenRefused, KeyUnknown."""
    claims, algorithm = _read(text, keys, expected.algorithms)
    _check(claims, expected, at)
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else expected.audience) != expected.audience:
        raise TokenRefused("The token was made for another party, or for several: azp.")
    told = claims.get("nonce")
    if not isinstance(told, str) or not STANDARD.mac_equal(told.encode(), nonce.encode()):
        raise TokenRefused("The token is not for this log-in: its nonce is another.")
    if _seconds(claims, "iat") < at.timestamp() - _OLDEST_SECONDS:
        raise TokenRefused("The token was made too long ago to log in with.")
    half = claims.get("at_hash")
    if half is not None and (access_token is None or half != _half(algorithm, access_token)):
        raise TokenRefused("The tokens do not belong together: at_hash is another.")
    return claims


def of_exchange(text: str, keys: Sequence[PublicKey], expected: Expected, at: datetime) -> Claims:
    """The claims of a token that is exchanged for one of ours. Raises TokenRefused, KeyUnknown."""
    claims, _ = _read(text, keys, expected.algorithms)
    _check(claims, expected, at)
    if "nonce" in claims or "events" in claims:
        raise TokenRefused("This is a token of a log-in or of a log-out, not an access token.")
    return claims


def of_log_out(text: str, keys: Sequence[PublicKey], expected: Expected, at: datetime) -> Claims:
    """The claims of a logout token (OpenID Connect Back-Channel Logout §2.6).

    Raises TokenRefused, KeyUnknown.
    """
    claims, _ = _read(text, keys, expected.algorithms)
    events = claims.get("events")
    if not isinstance(events, dict) or not isinstance(events.get(_LOGOUT_EVENT), dict):
        raise TokenRefused("This is not a logout token: it names no such event.")
    if "nonce" in claims:
        raise TokenRefused("A logout token has no nonce.")
    if not isinstance(claims.get("jti"), str):
        raise TokenRefused("A logout token has a jti.")
    if not isinstance(claims.get("sub"), str) and not isinstance(claims.get("sid"), str):
        raise TokenRefused("A logout token names sub or sid.")
    _check(claims, expected, at, subject_needed=False)
    return claims


def subject(claims: Claims) -> str:
    """Whom a checked token speaks of, in the issuer's own words."""
    return str(claims["sub"])


def _read(text: str, keys: Sequence[PublicKey], allowed: frozenset[str]) -> tuple[Claims, str]:
    refusal = TokenRefused("The token is not signed by this issuer in a way that is allowed.")
    if len(text) > _LONGEST:
        raise refusal
    try:
        header = jws.extract_compact(text.encode()).headers()
        algorithm, kid = header.get("alg"), header.get("kid")
        if not isinstance(algorithm, str) or algorithm not in allowed or "crit" in header:
            raise refusal
        fitting = [key for key in keys if kid is None or key.kid == kid]
        if kid is not None and not fitting:
            raise KeyUnknown("The token names a key that the issuer does not publish.")
        fitting = [key for key in fitting if algorithm in key.algorithms]
        # Without a name only one key may be meant; trying several would be guessing.
        if len(fitting) != 1:
            raise refusal
        payload = jws.deserialize_compact(text, fitting[0].key, algorithms=[algorithm]).payload
        claims = orjson.loads(payload)
    except (JoseError, ValueError, KeyError, TypeError, RecursionError):
        raise refusal from None
    if not isinstance(claims, dict):
        raise refusal
    return claims, algorithm


def _check(
    claims: Claims, expected: Expected, at: datetime, *, subject_needed: bool = True
) -> None:
    if claims.get("iss") != expected.issuer:
        raise TokenRefused("The token is another issuer's.")
    told = claims.get("aud")
    audience = [told] if isinstance(told, str) else told
    if not isinstance(audience, list) or expected.audience not in audience:
        raise TokenRefused("The token is not for this platform: aud names somebody else.")
    name = claims.get("sub") if subject_needed else claims.get("sub", "-")
    if not isinstance(name, str) or not 0 < len(name) <= _LONGEST_SUBJECT:
        raise TokenRefused("The token does not say of whom it speaks.")
    _check_times(claims, at)


def _check_times(claims: Claims, at: datetime) -> None:
    now = at.timestamp()
    clock = f"The platform's clock says {at.astimezone(UTC).isoformat(timespec='seconds')}."
    expires, issued = _seconds(claims, "exp"), _seconds(claims, "iat")
    begins = _seconds(claims, "nbf") if "nbf" in claims else issued
    if now >= expires + LEEWAY_SECONDS:
        raise TokenRefused(f"The token expired {int(now - expires)} seconds ago. {clock}")
    ahead = max(issued, begins) - now
    if ahead > LEEWAY_SECONDS:
        raise TokenRefused(
            f"The token is from the future: the clocks differ by {int(ahead)} seconds. {clock}"
        )


def _seconds(claims: Claims, name: str) -> float:
    value = claims.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1 << 40:
        raise TokenRefused(f"The token lacks {name}, or it is not a time.")
    return float(value)


def _half(algorithm: str, access_token: str) -> str:
    """The left half of the digest that belongs to the algorithm (OpenID Connect §3.1.3.6)."""
    digests = {"ES384": hashlib.sha384, "EdDSA": hashlib.sha512, "Ed25519": hashlib.sha512}
    digest = digests.get(algorithm, hashlib.sha256)(access_token.encode()).digest()
    return crypto.base64url(digest[: len(digest) // 2])
