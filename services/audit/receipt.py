"""The receipt for one entry: all that is needed to check, offline, that the log holds it.

It stands on nothing but itself and the log's public key: entry bytes, their index, the path to
the tree head (RFC 6962 §2.1.1) and the signed checkpoint with that head.
"""

import base64
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    ValidationError,
    WithJsonSchema,
)

from services.audit import tree
from services.audit.checkpoint import Checkpoint, CheckpointRefused, LogKey, open_checkpoint
from services.audit.entry import Entry, EntryRefused
from shared.crypto import Suite


def _bytes(value: object) -> object:
    return base64.b64decode(value, validate=True) if isinstance(value, str) else value


# pydantic's own base64 writes the alphabet of URLs, which common tools do not read.
Binary = Annotated[
    bytes,
    BeforeValidator(_bytes),
    PlainSerializer(lambda data: base64.b64encode(data).decode(), str, when_used="json"),
    WithJsonSchema({"type": "string", "contentEncoding": "base64"}),
]


class ReceiptRefused(Exception):
    """The receipt proves nothing; the message says where it breaks."""


class Receipt(BaseModel):
    """A receipt as it is handed out (JSON); binary members are in base64."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal["huitong-receipt-v1"] = "huitong-receipt-v1"
    index: int = Field(ge=0, description="The entry's place in the log, from 0.")
    entry: Binary = Field(description="The entry's canonical bytes, in base64.")
    path: list[Binary] = Field(
        max_length=64, description="The sibling hashes from the leaf upwards (RFC 6962 §2.1.1)."
    )
    checkpoint: str = Field(
        max_length=4096, description="The signed checkpoint (C2SP tlog-checkpoint)."
    )


@dataclass(frozen=True, slots=True)
class Proven:
    """What a receipt proves: that this entry stands at this place under this checkpoint."""

    entry: Entry
    index: int
    checkpoint: Checkpoint


def read(document: bytes) -> Receipt:
    """The receipt in a JSON document. Raises ReceiptRefused."""
    try:
        return Receipt.model_validate_json(document)
    except ValidationError:
        raise ReceiptRefused("This is not a receipt of this format.") from None


def verify(receipt: Receipt, key: LogKey, suite: Suite) -> Proven:
    """What the receipt proves under the log's public key. Raises ReceiptRefused."""
    try:
        checkpoint = open_checkpoint(receipt.checkpoint, key, suite)
    except CheckpointRefused as refusal:
        raise ReceiptRefused(f"The checkpoint does not hold: {refusal}") from None
    proven = tree.verify_inclusion(
        suite.digest,
        leaf=tree.leaf_hash(suite.digest, receipt.entry),
        index=receipt.index,
        size=checkpoint.size,
        path=receipt.path,
        head=checkpoint.root,
    )
    if not proven:
        raise ReceiptRefused(
            f"The path does not lead from this entry at index {receipt.index} "
            f"to the head of the log at size {checkpoint.size}."
        )
    try:
        return Proven(Entry.from_bytes(receipt.entry), receipt.index, checkpoint)
    except EntryRefused:
        raise ReceiptRefused("The proven bytes are not an entry of this format.") from None
