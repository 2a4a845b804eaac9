"""Checks a receipt of the audit log offline: with nothing but the log's public key.

Written from RFC 6962, RFC 9162 and the C2SP texts, apart from the platform's own code: a log is
there to be checked by people who do not trust it.
"""

import base64
import binascii
from dataclasses import dataclass, field

from huitong_client import merkle, notes, wire
from huitong_client.errors import NotProven, NotUnderstood
from huitong_client.notes import Checkpoint, VerifierKey
from huitong_client.wire import Shape

FORMAT = "huitong-receipt-v1"
_LONGEST_PATH = 64


@dataclass(frozen=True, slots=True)
class Proven:
    """What a receipt proves: the log that signed `checkpoint` holds `entry` at `index`."""

    index: int
    checkpoint: Checkpoint
    entry: bytes = field(repr=False)


def verify(document: bytes, key: VerifierKey) -> Proven:
    """What the receipt proves under `key`.

    Raises NotProven where anything in it does not fit: the format, the signature, the log's name,
    or the path from the entry to the signed root.
    """
    try:
        shape = wire.parse(document, "receipt")
        if shape.text("format") != FORMAT:
            raise NotProven("receipt-format", format=FORMAT)
        index = shape.whole("index")
        entry = _bytes(shape, "entry")
        path = [notes.hash_of(text) for text in shape.texts("path")]
        note = shape.text("checkpoint").encode()
    except NotUnderstood as error:
        raise NotProven("receipt-format", format=FORMAT) from error
    except UnicodeEncodeError:
        raise NotProven("note-unfit") from None
    if len(path) > _LONGEST_PATH:
        raise NotProven("path-length")
    checkpoint = notes.open_checkpoint(note, key)
    if merkle.root(merkle.leaf_hash(entry), index, checkpoint.size, path) != checkpoint.root:
        raise NotProven("root-differs", index=index, size=checkpoint.size)
    return Proven(index=index, checkpoint=checkpoint, entry=entry)


def _bytes(shape: Shape, name: str) -> bytes:
    try:
        return base64.b64decode(shape.text(name), validate=True)
    except (ValueError, binascii.Error):
        raise NotProven("receipt-format", format=FORMAT) from None
