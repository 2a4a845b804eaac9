"""The cryptographic seam: hash, MAC, sign, seal and wrap, by suite.

Nothing outside this module names an algorithm. The suite `standard` is SHA-256, HMAC-SHA-256,
Ed25519 and AES-256-GCM; a suite of commercial cryptography (SM2, SM3, SM4) takes its place
behind the same functions.
"""

import base64
import binascii
import hashlib
import hmac
import os
import struct
from typing import BinaryIO, Protocol

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_SIZE = 32
_NONCE_SIZE = 12
_TAG_SIZE = 16
_MAGIC = b"HTSEAL01"
_CHUNK = 128 * 1024
# RFC 2104 §2, for hashes with blocks of 64 bytes (SHA-256, and SM3 too).
_HASH_BLOCK = 64
_INNER = bytes(byte ^ 0x36 for byte in range(256))
_OUTER = bytes(byte ^ 0x5C for byte in range(256))
_URL_SAFE = bytes.maketrans(b"+/", b"-_")


class Tampered(Exception):
    """A MAC, a signature or a sealed text does not fit: wrong key, or altered bytes."""


class Hasher(Protocol):
    """An incremental hash."""

    def update(self, data: bytes | memoryview, /) -> None: ...
    def digest(self) -> bytes: ...
    def hexdigest(self) -> str: ...


class Mac:
    """A message authentication code that has seen the beginning of all its messages.

    HMAC (RFC 2104) of a key by the suite's hash, with both its beginnings kept: a code then
    costs a third of what it costs from the key.
    """

    __slots__ = ("_inner", "_outer")

    def __init__(self, key: bytes, beginning: bytes) -> None:
        if len(key) > _HASH_BLOCK:
            key = hashlib.sha256(key).digest()
        key = key.ljust(_HASH_BLOCK, b"\0")
        self._inner = hashlib.sha256(key.translate(_INNER) + beginning)
        self._outer = hashlib.sha256(key.translate(_OUTER))

    def of(self, rest: bytes) -> bytes:
        """The code of the beginning and `rest` together, as `Suite.mac`."""
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(rest)
        outer.update(inner.digest())
        return outer.digest()


class Signer:
    """A private signing key."""

    def __init__(self, key: ed25519.Ed25519PrivateKey) -> None:
        self._key = key

    def sign(self, data: bytes) -> bytes:
        """The signature over `data` (64 bytes)."""
        return self._key.sign(data)

    @property
    def public_bytes(self) -> bytes:
        """The raw public key (32 bytes)."""
        return self._key.public_key().public_bytes_raw()

    def pem(self) -> bytes:
        """The private key as unencrypted PKCS #8 PEM, for a file that only its owner reads."""
        return self._key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )


class Verifier:
    """A public key."""

    def __init__(self, key: ed25519.Ed25519PublicKey) -> None:
        self._key = key

    def verify(self, signature: bytes, data: bytes) -> bool:
        """Whether `signature` was made over `data` by the private half."""
        try:
            self._key.verify(signature, data)
        except InvalidSignature:
            return False
        return True


class Suite:
    """The suite `standard`."""

    name = "standard"
    digest_name = "sha-256"
    digest_size = 32
    # The C2SP signed-note algorithm byte of this suite's signatures.
    note_algorithm = 0x01

    def digest(self, data: bytes | memoryview) -> bytes:
        """The digest of `data` (32 bytes)."""
        return hashlib.sha256(data).digest()

    def hasher(self, data: bytes = b"") -> Hasher:
        """An incremental hash that has already seen `data`."""
        return hashlib.sha256(data)

    def mac(self, key: bytes, data: bytes) -> bytes:
        """The message authentication code of `data` (32 bytes)."""
        return hmac.digest(key, data, "sha256")

    def mac_after(self, key: bytes, beginning: bytes) -> Mac:
        """`mac` for many messages that begin alike."""
        return Mac(key, beginning)

    def mac_equal(self, left: bytes, right: bytes) -> bool:
        """Compare two codes in constant time."""
        return hmac.compare_digest(left, right)

    def generate_signer(self) -> Signer:
        """A fresh signing key."""
        return Signer(ed25519.Ed25519PrivateKey.generate())

    def load_signer(self, pem: bytes) -> Signer:
        """The signing key in a PKCS #8 PEM file."""
        key = serialization.load_pem_private_key(pem, password=None)
        if not isinstance(key, ed25519.Ed25519PrivateKey):
            raise Tampered("the file does not hold a signing key of this suite")
        return Signer(key)

    def load_verifier(self, public: bytes) -> Verifier:
        """The verifier for a raw public key (32 bytes)."""
        return Verifier(ed25519.Ed25519PublicKey.from_public_bytes(public))

    def new_key(self) -> bytes:
        """A random symmetric key (32 bytes)."""
        return os.urandom(KEY_SIZE)

    def seal(self, key: bytes, plaintext: bytes, aad: bytes = b"") -> bytes:
        """`plaintext` encrypted and authenticated with `aad`; a random nonce stands in front."""
        nonce = os.urandom(_NONCE_SIZE)
        return nonce + AESGCM(key).encrypt(nonce, plaintext, aad)

    def unseal(self, key: bytes, sealed: bytes, aad: bytes = b"") -> bytes:
        """The plaintext of `seal`. Raises Tampered."""
        try:
            return AESGCM(key).decrypt(sealed[:_NONCE_SIZE], sealed[_NONCE_SIZE:], aad)
        except (InvalidTag, ValueError):
            raise Tampered("the sealed text does not fit this key") from None

    def wrap(self, master: bytes, key: bytes) -> bytes:
        """`key` encrypted under `master`, to be stored beside what it encrypts."""
        return self.seal(master, key, b"huitong key wrap")

    def unwrap(self, master: bytes, wrapped: bytes) -> bytes:
        """The key inside `wrapped`. Raises Tampered."""
        return self.unseal(master, wrapped, b"huitong key wrap")


STANDARD = Suite()


def suite(name: str) -> Suite:
    """The suite of that name, from the setting `crypto_suite`."""
    if name != STANDARD.name:
        raise ValueError(f"unknown cryptographic suite {name!r}; known: {STANDARD.name}")
    return STANDARD


# Checksums of resumable uploads by the names of the protocol (tus 1.0, which asks for the first
# of all servers). They find what a line garbled, and protect nothing from anybody.
TRANSFER_CHECKSUMS = ("sha1", "sha256")


def transfer_hasher(name: str) -> Hasher | None:
    """An incremental checksum of that name, None where it is not offered."""
    if name not in TRANSFER_CHECKSUMS:
        return None
    return hashlib.new(name, usedforsecurity=False)


# A sealed file: magic, then chunks of 128 KiB of plaintext, each with its tag. The nonce of
# chunk i is the counter i and a final byte that is 1 for the last chunk only, so that neither
# reordering nor cutting goes unseen (the STREAM construction). One key seals exactly one file,
# which is what makes counters safe as nonces. 128 KiB stays under glibc's mmap threshold.


def _nonce(index: int, *, last: bool) -> bytes:
    return struct.pack(">IQ", 0, index << 1 | int(last))


class SealedWriter:
    """Write one file encrypted under a key of its own, in order; call `finish` at the end."""

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        self._file = file
        self._cipher = AESGCM(key)
        self._pending = bytearray()
        self._index = 0
        file.write(_MAGIC)

    def write(self, data: bytes | memoryview) -> None:
        """Append plaintext."""
        self._pending += data
        # One chunk is always kept back: only `finish` knows which is the last.
        while len(self._pending) > _CHUNK:
            self._emit(bytes(self._pending[:_CHUNK]), last=False)
            del self._pending[:_CHUNK]

    def finish(self) -> None:
        """Write the last chunk. The caller flushes, fsyncs and closes the file."""
        self._emit(bytes(self._pending), last=True)
        self._pending.clear()

    def _emit(self, chunk: bytes, *, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._index, last=last), chunk, None))
        self._index += 1


class SealedReader:
    """Read any part of a file that SealedWriter wrote. `size` is the plaintext's, in bytes.

    Opening reads the last chunk, so that `size` can be believed. Raises Tampered.
    """

    def __init__(self, file: BinaryIO, key: bytes) -> None:
        self._file = file
        self._cipher = AESGCM(key)
        file.seek(0, os.SEEK_END)
        body = file.tell() - len(_MAGIC)
        file.seek(0)
        if body < _TAG_SIZE or file.read(len(_MAGIC)) != _MAGIC:
            raise Tampered("not a sealed file")
        whole, rest = divmod(body, _CHUNK + _TAG_SIZE)
        self._chunks = whole + (1 if rest else 0)
        self.size = body - self._chunks * _TAG_SIZE
        # Without this a file cut just behind a tag's length would pass for a shorter one.
        self._chunk(self._chunks - 1)

    def read_at(self, offset: int, length: int) -> bytes:
        """Plaintext bytes `offset` (not negative) to `offset + length`, fewer at the end.

        Raises Tampered.
        """
        end = min(offset + length, self.size)
        if offset >= end:
            return b""
        first, last = offset // _CHUNK, (end - 1) // _CHUNK
        if first == last:
            chunk = self._chunk(first)
            return chunk[offset - first * _CHUNK : end - first * _CHUNK]
        text = b"".join([self._chunk(index) for index in range(first, last + 1)])
        return text[offset - first * _CHUNK : end - first * _CHUNK]

    def _chunk(self, index: int) -> bytes:
        self._file.seek(len(_MAGIC) + index * (_CHUNK + _TAG_SIZE))
        sealed = self._file.read(_CHUNK + _TAG_SIZE)
        try:
            nonce = _nonce(index, last=index == self._chunks - 1)
            return self._cipher.decrypt(nonce, sealed, None)
        except InvalidTag:
            raise Tampered(f"chunk {index} of the sealed file does not fit its key") from None


def token(size: int = 32) -> str:
    """A random secret of `size` bytes, for URLs and passwords (base64url, no padding)."""
    return base64url(os.urandom(size))


def base64url_bytes(data: bytes) -> bytes:
    """`base64url`, as bytes."""
    return binascii.b2a_base64(data, newline=False).translate(_URL_SAFE).rstrip(b"=")


def base64url(data: bytes) -> str:
    """`data` in base64url without padding (RFC 4648 §5, RFC 7515)."""
    return base64url_bytes(data).decode()


def from_base64url(text: str) -> bytes:
    """The bytes of `base64url`. Raises ValueError."""
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
