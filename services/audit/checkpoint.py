"""The signed checkpoint of the log: C2SP tlog-checkpoint in a C2SP signed note.

    <origin>
    <size, decimal>
    <root hash, base64>

    — <key name> <base64 of 4 bytes key id, then the signature>

Pure: the suite and the keys are handed in. The key's name is the log's origin.
"""

import base64
import binascii
from dataclasses import dataclass

from shared.crypto import Signer, Suite


class CheckpointRefused(Exception):
    """A checkpoint, or the key it should be checked with, is not what it claims to be."""


@dataclass(frozen=True, slots=True)
class LogKey:
    """The public half of the key that signs a log's checkpoints.

    Its text form is the signed-note verifier key, `<name>+<key id, hex>+<base64 of type and key>`.
    """

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if not self.name or "+" in self.name or any(c.isspace() for c in self.name):
            raise CheckpointRefused("A log's name is not empty and has neither spaces nor plus.")

    def typed(self, suite: Suite) -> bytes:
        """The key behind the byte that says what kind of signature it makes."""
        return bytes([suite.note_algorithm]) + self.public

    def id(self, suite: Suite) -> bytes:
        """The first four bytes of the digest over name, newline and typed key (signed note)."""
        return suite.digest(self.name.encode() + b"\n" + self.typed(suite))[:4]

    def text(self, suite: Suite) -> str:
        """The verifier key as one line."""
        return f"{self.name}+{self.id(suite).hex()}+{_base64(self.typed(suite))}"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What the log commits to: its name, how many entries it has, and the head of their tree."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """The text that is signed; it ends with a newline."""
        return f"{self.origin}\n{self.size}\n{_base64(self.root)}\n"


def read_key(text: str, suite: Suite) -> LogKey:
    """The key in a verifier key line. Raises CheckpointRefused."""
    parts = text.strip().split("+", 2)
    if len(parts) != 3:
        raise CheckpointRefused("This is not a verifier key: name, key id and key are expected.")
    name, key_id, body = parts
    typed = _bytes(body)
    if typed[:1] != bytes([suite.note_algorithm]):
        raise CheckpointRefused("The verifier key belongs to another cryptographic suite.")
    key = LogKey(name, typed[1:])
    if key.id(suite).hex() != key_id:
        raise CheckpointRefused("The verifier key is damaged: its key id does not fit.")
    return key


def sign(checkpoint: Checkpoint, signer: Signer, suite: Suite) -> str:
    """The checkpoint as a signed note, by the key that carries the log's own name."""
    key = LogKey(checkpoint.origin, signer.public_bytes)
    text = checkpoint.text()
    signature = _base64(key.id(suite) + signer.sign(text.encode()))
    return f"{text}\n— {key.name} {signature}\n"


def open_note(note: str, key: LogKey, suite: Suite) -> str:
    """The text of a signed note, with its final newline, if `key` signed it.

    Signatures by other keys (countersignatures) are passed over. Raises CheckpointRefused.
    """
    text, separator, signatures = note.rpartition("\n\n")
    if not separator or not note.endswith("\n"):
        raise CheckpointRefused("This is not a signed note.")
    text += "\n"
    verifier = suite.load_verifier(key.public)
    for line in signatures.rstrip("\n").split("\n"):
        dash, _, rest = line.partition(" ")
        name, _, signature = rest.partition(" ")
        if dash != "—":
            raise CheckpointRefused("A signature line of the note is malformed.")
        signed = _bytes(signature)
        if name == key.name and signed[:4] == key.id(suite):
            if verifier.verify(signed[4:], text.encode()):
                return text
            raise CheckpointRefused(f"The signature of {key.name} does not fit the note.")
    raise CheckpointRefused(f"The note is not signed by {key.name}.")


def open_checkpoint(note: str, key: LogKey, suite: Suite) -> Checkpoint:
    """The checkpoint in a signed note, if `key` signed it and it speaks for the key's own log.

    Raises CheckpointRefused.
    """
    lines = open_note(note, key, suite).split("\n")
    if len(lines) < 4 or not lines[1].isascii() or not lines[1].isdigit():
        raise CheckpointRefused("The note is not a checkpoint.")
    origin, size, root = lines[0], lines[1], _bytes(lines[2])
    if origin != key.name:
        raise CheckpointRefused(f"The checkpoint is of another log, {origin}.")
    if str(int(size)) != size or len(root) != suite.digest_size:
        raise CheckpointRefused("The checkpoint's size or root is malformed.")
    return Checkpoint(origin, int(size), root)


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise CheckpointRefused("Not base64 where base64 is due.") from None
