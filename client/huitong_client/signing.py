"""A machine's own key, and the assertions it signs to prove who it is (RFC 7523).

The private key never leaves this machine: the platform knows its public half alone.
"""

import base64
import hashlib
import os
import secrets
import time
from dataclasses import dataclass
from pathlib import Path

import orjson
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from huitong_client import private_files
from huitong_client.errors import LocalTrouble, NotLoggedIn

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_LIFETIME = 60
_COORDINATE = 32

_Private = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key that was read, the algorithm it signs with, and its public half."""

    private: _Private
    algorithm: str
    public: dict[str, str]

    @property
    def kid(self) -> str:
        """The key's name: its thumbprint (RFC 7638)."""
        return self.public["kid"]


def make(path: Path) -> SigningKey:
    """A new key (EC P-256) in a file that this user alone can read. Overwrites nothing.

    Raises LocalTrouble.
    """
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise LocalTrouble("key-exists", path=path) from None
    except OSError as error:
        raise LocalTrouble("unwritable", path=path) from error
    return _known(private)


def load(path: Path) -> SigningKey:
    """The key in a PEM file that this user alone can read: EC P-256, RSA from 2048 bits, Ed25519.

    Raises NotLoggedIn.
    """
    pem = private_files.read(path)
    if pem is None:
        raise NotLoggedIn("key-missing", path=path)
    try:
        private = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise NotLoggedIn("own-key-unfit", path=path) from None
    p256 = isinstance(private, ec.EllipticCurvePrivateKey) and isinstance(
        private.curve, ec.SECP256R1
    )
    strong = isinstance(private, rsa.RSAPrivateKey) and private.key_size >= 2048
    if not (p256 or strong or isinstance(private, ed25519.Ed25519PrivateKey)):
        raise NotLoggedIn("own-key-unfit", path=path)
    assert isinstance(private, _Private)  # noqa: S101 - one of the three above
    return _known(private)


def registration(key: SigningKey) -> str:
    """What the department's administrator sends to register the key: public members alone."""
    return orjson.dumps({"keys": [key.public]}).decode()


def assertion(key: SigningKey, client_id: str, token_endpoint: str) -> str:
    """A fresh proof for exactly one request of that client at that endpoint."""
    now = int(time.time())
    header = {"alg": key.algorithm, "typ": "JWT", "kid": key.kid}
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": token_endpoint,
        "iat": now,
        "exp": now + _LIFETIME,
        "jti": secrets.token_urlsafe(24),
    }
    told = f"{_base64url(orjson.dumps(header))}.{_base64url(orjson.dumps(claims))}"
    return f"{told}.{_base64url(_signed(key.private, told.encode()))}"


def _signed(private: _Private, data: bytes) -> bytes:
    if isinstance(private, ec.EllipticCurvePrivateKey):
        # JOSE wants the two numbers side by side (RFC 7518 §3.4).
        r, s = decode_dss_signature(private.sign(data, ec.ECDSA(hashes.SHA256())))
        return r.to_bytes(_COORDINATE) + s.to_bytes(_COORDINATE)
    if isinstance(private, rsa.RSAPrivateKey):
        return private.sign(data, padding.PKCS1v15(), hashes.SHA256())
    return private.sign(data)


def _known(private: _Private) -> SigningKey:
    if isinstance(private, ec.EllipticCurvePrivateKey):
        point = private.public_key().public_numbers()
        x, y = (_base64url(number.to_bytes(_COORDINATE)) for number in (point.x, point.y))
        return _named(private, "ES256", {"crv": "P-256", "kty": "EC", "x": x, "y": y})
    if isinstance(private, rsa.RSAPrivateKey):
        numbers = private.public_key().public_numbers()
        members = {"e": _number(numbers.e), "kty": "RSA", "n": _number(numbers.n)}
        return _named(private, "RS256", members)
    x = _base64url(private.public_key().public_bytes_raw())
    return _named(private, "Ed25519", {"crv": "Ed25519", "kty": "OKP", "x": x})


def _named(private: _Private, algorithm: str, members: dict[str, str]) -> SigningKey:
    # The members in the order of their names and nothing else: that is what is digested.
    told = orjson.dumps(members, option=orjson.OPT_SORT_KEYS)
    kid = _base64url(hashlib.sha256(told).digest())
    return SigningKey(private, algorithm, members | {"kid": kid})


def _number(number: int) -> str:
    return _base64url(number.to_bytes((number.bit_length() + 7) // 8))


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
