"""The public keys of an outside issuer, read from its JWKS (RFC 7517). Pure.

A set may hold keys for other uses and kinds that we do not take; those are passed over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from joserfc.errors import JoseError
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

_MOST_KEYS = 100
_RSA_BITS = (2048, 8192)
_EC: Final = {"P-256": "ES256", "P-384": "ES384"}
_RSA: Final = frozenset({"RS256", "PS256"})
_OKP: Final = frozenset({"EdDSA", "Ed25519"})
KNOWN_ALGORITHMS: Final = frozenset(_EC.values()) | _RSA | _OKP
DEFAULT_ALGORITHMS: Final = frozenset({"ES256", "RS256"})


class KeysUnfit(ValueError):
    """What came is no set of keys."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key, its name in the set, and the algorithms that it verifies: the key decides, never
    the token that names one."""

    kid: str | None
    key: Key
    algorithms: frozenset[str]


def read(document: Mapping[str, object]) -> tuple[PublicKey, ...]:
    """The keys of a set that verify signatures. Raises KeysUnfit."""
    told = document.get("keys")
    if not isinstance(told, list) or len(told) > _MOST_KEYS:
        raise KeysUnfit(f"a set of at most {_MOST_KEYS} keys was expected")
    found = (_key(members) for members in told if isinstance(members, dict))
    return tuple(key for key in found if key is not None)


def _key(members: dict[str, object]) -> PublicKey | None:
    if members.get("use", "sig") != "sig":
        return None
    kid = members.get("kid")
    if kid is not None and not isinstance(kid, str):
        return None
    kinds: dict[object, type[ECKey] | type[RSAKey] | type[OKPKey]] = {
        "EC": ECKey,
        "RSA": RSAKey,
        "OKP": OKPKey,
    }
    kind = kinds.get(members.get("kty"))
    if kind is None:
        return None
    kept: dict[str, str | list[str]] = {n: v for n, v in members.items() if isinstance(v, str)}
    try:
        key = kind.import_key(kept)
        # The members are read only when they are needed; a damaged key shows here.
        key.public_key  # noqa: B018
        algorithms = _algorithms_of(key)
    except (JoseError, ValueError, KeyError, TypeError):
        return None
    alg = members.get("alg")
    if alg is not None:
        algorithms &= {str(alg)}
    return PublicKey(kid, key, algorithms) if algorithms else None


def _algorithms_of(key: Key) -> frozenset[str]:
    if isinstance(key, ECKey):
        name = _EC.get(str(key.curve_name))
        return frozenset({name}) if name else frozenset()
    if isinstance(key, RSAKey):
        fits = _RSA_BITS[0] <= key.raw_value.key_size <= _RSA_BITS[1]
        return _RSA if fits else frozenset()
    if isinstance(key, OKPKey) and key.curve_name == "Ed25519":
        return _OKP
    return frozenset()
