"""Signed notes and log checkpoints (C2SP signed-note and tlog-checkpoint) with Ed25519."""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from huitong_client.errors import NotProven

_ED25519 = 1
_KEY_ID = 4
_LARGEST = 64 * 1024
_DASH = "— "


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """The public key of a log: `name+id+key` as its operator hands it out."""

    name: str
    key_id: bytes
    public: bytes

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Raises NotProven where the text is no Ed25519 verifier key, or its id is not its own."""
        parts = text.strip().split("+", 2)
        if len(parts) != len(("name", "id", "key")):
            raise NotProven("key-unfit")
        name, key_id, encoded = parts
        try:
            told, key = bytes.fromhex(key_id), base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            raise NotProven("key-unfit") from None
        if not _is_name(name) or len(key) != 1 + 32 or key[0] != _ED25519:
            raise NotProven("key-unfit")
        if told != hashlib.sha256(name.encode() + b"\n" + key).digest()[:_KEY_ID]:
            raise NotProven("key-unfit")
        return cls(name, told, key[1:])


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head that a log signed: whose log, how many entries, which root."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...]


def open_checkpoint(note: bytes, key: VerifierKey) -> Checkpoint:
    """The checkpoint in a note that `key` signed.

    Signatures of other keys (witnesses, a key before or after this one) are passed over. Raises
    NotProven where no signature of this key is there, where one does not verify, and where the
    text is no checkpoint or is one of another log.
    """
    text = open_note(note, key)
    origin, *lines = text.removesuffix("\n").split("\n")
    if origin != key.name:
        raise NotProven("origin-differs", origin=origin, name=key.name)
    if len(lines) < len(("size", "root")) or not all(lines):
        raise NotProven("checkpoint-unfit")
    size, encoded, *extensions = lines
    if not (size.isascii() and size.isdecimal()) or (size[0] == "0" and size != "0"):
        raise NotProven("checkpoint-unfit")
    return Checkpoint(origin, int(size), hash_of(encoded), tuple(extensions))


def hash_of(text: str) -> bytes:
    """A SHA-256 in base64 as the C2SP formats write it. Raises NotProven where it is none."""
    try:
        found = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise NotProven("checkpoint-unfit") from None
    if len(found) != hashlib.sha256().digest_size:
        raise NotProven("checkpoint-unfit")
    return found


def open_note(note: bytes, key: VerifierKey) -> str:
    """The text of a note that `key` signed, with its last newline. Raises NotProven."""
    text, signatures = _parts(note)
    seen = False
    for line in signatures:
        name, _, encoded = line.removeprefix(_DASH).partition(" ")
        try:
            blob = base64.b64decode(encoded, validate=True)
        except (ValueError, binascii.Error):
            raise NotProven("note-unfit") from None
        if not line.startswith(_DASH) or not _is_name(name) or len(blob) <= _KEY_ID:
            raise NotProven("note-unfit")
        if (name, blob[:_KEY_ID]) != (key.name, key.key_id):
            continue
        try:
            Ed25519PublicKey.from_public_bytes(key.public).verify(blob[_KEY_ID:], text.encode())
        except InvalidSignature:
            raise NotProven("signature-wrong") from None
        seen = True
    if not seen:
        raise NotProven("signature-missing", name=key.name)
    return text


def _parts(note: bytes) -> tuple[str, list[str]]:
    """The text with its last newline, and the signature lines."""
    try:
        whole = note.decode("utf-8") if len(note) <= _LARGEST else ""
    except UnicodeDecodeError:
        raise NotProven("note-unfit") from None
    text, gap, signatures = whole.rpartition("\n\n")
    if not gap or not signatures.endswith("\n"):
        raise NotProven("note-unfit")
    if any(ord(letter) < ord(" ") and letter != "\n" for letter in whole):
        raise NotProven("note-unfit")
    return text + "\n", signatures.removesuffix("\n").split("\n")


def _is_name(text: str) -> bool:
    return bool(text) and "+" not in text and not any(letter.isspace() for letter in text)
