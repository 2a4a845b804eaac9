"""Assertions with which a machine proves who it is by its own key (RFC 7523, `private_key_jwt`).

The key decides the algorithm, never the assertion: a header that names another is refused.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import orjson
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from shared import crypto

_MOST_SECONDS = 300
_LEEWAY_SECONDS = 10
# More than the largest costs the gateway's time, not a thief's.
_RSA_BITS = (2048, 8192)
ALGORITHMS = ["ES256", "RS256", "EdDSA", "Ed25519"]
_PUBLIC_MEMBERS = {
    "EC": ("kty", "kid", "crv", "x", "y"),
    "RSA": ("kty", "kid", "n", "e"),
    "OKP": ("kty", "kid", "crv", "x"),
}
_PRIVATE_MEMBERS = frozenset({"d", "p", "q", "dp", "dq", "qi", "oth", "k"})


class KeyUnfit(ValueError):
    """A key that a machine may not register; the sentence says why."""


class AssertionRefused(Exception):
    """The assertion does not prove anything; the sentence may be told."""


@dataclass(frozen=True, slots=True)
class Assertion:
    """An assertion that holds. `jti` makes it good once, until `expires_at`."""

    client: UUID
    jti: str
    expires_at: datetime


def public_key(told: Mapping[str, object]) -> dict[str, str]:
    """The members of a public key (RFC 7517) that are kept: ES256, RS256 from 2048 bits, EdDSA.

    Raises KeyUnfit.
    """
    if _PRIVATE_MEMBERS & told.keys():
        raise KeyUnfit("this is a private or secret key: send its public half, and make a new one")
    members = _PUBLIC_MEMBERS.get(str(told.get("kty")))
    if members is None:
        raise KeyUnfit("a key must be of type EC (P-256), RSA or OKP (Ed25519)")
    kept = {name: told[name] for name in members if name in told}
    if len(kept) != len(members) or not all(isinstance(v, str) and v for v in kept.values()):
        raise KeyUnfit(f"a key of this type has the members {', '.join(members)}")
    texts = {name: str(value) for name, value in kept.items()}
    if texts["kty"] == "RSA" and not _RSA_BITS[0] <= _bits(texts["n"]) <= _RSA_BITS[1]:
        raise KeyUnfit(f"an RSA key has {_RSA_BITS[0]} to {_RSA_BITS[1]} bits")
    if len(texts["kid"]) > 128:
        raise KeyUnfit("a kid has at most 128 characters")
    algorithms_of(_import(texts))
    return texts


def claimed_client(text: str) -> UUID | None:
    """Whose assertion it claims to be: to find the keys, proven by nothing yet."""
    try:
        claims = orjson.loads(jws.extract_compact(text.encode()).payload)
        return UUID(str(claims["sub"]))
    except (JoseError, ValueError, KeyError, TypeError):
        return None


def verified(
    text: str, keys: Sequence[Mapping[str, str]], audiences: frozenset[str], at: datetime
) -> Assertion:
    """What the assertion proves at that moment, under one of these keys.

    Raises AssertionRefused. What is wrong with times or audience is told only to a holder of
    the key.
    """
    try:
        header = jws.extract_compact(text.encode()).headers()
        key = _chosen(header.get("kid"), keys)
        read = jws.deserialize_compact(text, key, algorithms=algorithms_of(key))
        claims = orjson.loads(read.payload)
        client = UUID(str(claims["sub"]))
        if claims["iss"] != claims["sub"]:
            raise KeyError("iss")
        jti = claims["jti"]
        expires = _seconds(claims["exp"])
        issued = _seconds(claims["iat"]) if "iat" in claims else None
        begins = _seconds(claims["nbf"]) if "nbf" in claims else issued
        audience = claims["aud"]
    except (JoseError, ValueError, KeyError, TypeError):
        raise AssertionRefused(
            "The assertion is not signed with a registered key of this client, or lacks one of "
            "iss, sub (both the client id), aud, exp and jti."
        ) from None
    if not isinstance(jti, str) or not 8 <= len(jti) <= 128:
        raise AssertionRefused("jti must be a text of 8 to 128 characters, new each time.")
    # One audience only: an assertion that is also meant for somebody else could be passed on.
    if isinstance(audience, list) and len(audience) == 1:
        audience = audience[0]
    if not isinstance(audience, str) or audience not in audiences:
        raise AssertionRefused("aud must be this platform's issuer or its token endpoint, alone.")
    _check_times(expires, begins, at)
    until = datetime.fromtimestamp(expires + _LEEWAY_SECONDS, UTC)
    return Assertion(client, jti, until)


def _check_times(expires: float, begins: float | None, at: datetime) -> None:
    now = at.timestamp()
    clock = f"The platform's clock says {at.astimezone(UTC).isoformat(timespec='seconds')}."
    if now >= expires + _LEEWAY_SECONDS:
        raise AssertionRefused(f"The assertion expired {int(now - expires)} seconds ago. {clock}")
    if begins is not None and begins > now + _LEEWAY_SECONDS:
        raise AssertionRefused(
            f"The assertion is from the future: the clocks differ by {int(begins - now)} seconds. "
            f"{clock}"
        )
    if expires > now + _MOST_SECONDS + _LEEWAY_SECONDS:
        raise AssertionRefused(
            f"exp is {int(expires - now)} seconds away, {_MOST_SECONDS} is the most. {clock}"
        )


def algorithms_of(key: Key) -> list[str]:
    """The algorithms that this key signs with. Raises KeyUnfit."""
    if isinstance(key, ECKey) and key.curve_name == "P-256":
        return ["ES256"]
    if isinstance(key, RSAKey) and key.raw_value.key_size >= _RSA_BITS[0]:
        return ["RS256"]
    if isinstance(key, OKPKey) and key.curve_name == "Ed25519":
        # The older and the newer name of one algorithm (RFC 8037, RFC 9864).
        return ["EdDSA", "Ed25519"]
    raise KeyUnfit("a key must be EC P-256, RSA of 2048 bits or more, or OKP Ed25519")


def _chosen(kid: object, keys: Sequence[Mapping[str, str]]) -> Key:
    fitting = [key for key in keys if key["kid"] == kid or (kid is None and len(keys) == 1)]
    if len(fitting) != 1:
        raise KeyError("kid")
    return _import(fitting[0])


def _import(members: Mapping[str, str]) -> Key:
    kinds: dict[str, type[ECKey] | type[RSAKey] | type[OKPKey]] = {
        "EC": ECKey,
        "RSA": RSAKey,
        "OKP": OKPKey,
    }
    try:
        key = kinds[members["kty"]].import_key(dict(members))
        # The members are read only when they are needed, so that a damaged key would pass.
        key.public_key  # noqa: B018
    except (JoseError, ValueError, KeyError, TypeError):
        raise KeyUnfit("the key's members do not make a key") from None
    return key


def _bits(number: str) -> int:
    try:
        return int.from_bytes(crypto.from_base64url(number)).bit_length()
    except ValueError:
        return 0


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError("not a time")
    if not 0 <= value < 1 << 40:
        raise ValueError("not a time")
    return float(value)
