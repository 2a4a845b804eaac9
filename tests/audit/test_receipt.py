"""A receipt stands on its own, or not at all."""

from datetime import UTC, datetime
from uuid import UUID

import orjson
import pytest

from services.audit import receipt, tree
from services.audit.checkpoint import Checkpoint, LogKey, sign
from services.audit.entry import Entry, Kind
from services.audit.receipt import Receipt, ReceiptRefused
from shared.crypto import STANDARD

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
SIGNER = STANDARD.generate_signer()
KEY = LogKey("log.example", SIGNER.public_bytes)
ENTRIES = [
    Entry(kind=Kind.EVENT, id=UUID(int=n), time=AT, recorded=AT).to_bytes() for n in range(7)
]


def made(index: int) -> Receipt:
    leaves = [tree.leaf_hash(STANDARD.digest, body) for body in ENTRIES]
    grown = tree.grow(STANDARD.digest, 0, [], leaves)
    kept = {tree.Node(0, n): leaf for n, leaf in enumerate(leaves)} | dict(grown.kept)
    head = Checkpoint(KEY.name, grown.size, tree.root(STANDARD.digest, grown.edge))
    return Receipt(
        index=index,
        entry=ENTRIES[index],
        path=tree.prove(STANDARD.digest, tree.inclusion(index, grown.size), kept),
        checkpoint=sign(head, SIGNER, STANDARD),
    )


def test_a_receipt_travels_as_json_and_proves_its_entry() -> None:
    document = made(4).model_dump_json().encode()
    proven = receipt.verify(receipt.read(document), KEY, STANDARD)
    assert (proven.index, proven.checkpoint.size) == (4, 7)
    assert proven.entry.id == UUID(int=4)


def test_a_receipt_for_another_entry_or_place_is_refused() -> None:
    good = made(4)
    other = {"entry": ENTRIES[3], "index": 5, "path": good.path[:-1]}
    for name, value in other.items():
        changed = good.model_copy(update={name: value})
        with pytest.raises(ReceiptRefused, match="does not lead"):
            receipt.verify(changed, KEY, STANDARD)


def test_a_receipt_under_another_key_is_refused() -> None:
    stranger = LogKey(KEY.name, STANDARD.generate_signer().public_bytes)
    with pytest.raises(ReceiptRefused, match="checkpoint does not hold"):
        receipt.verify(made(4), stranger, STANDARD)


@pytest.mark.parametrize("document", [b"", b"{}", b"[]", b"\xff"])
def test_another_document_is_no_receipt(document: bytes) -> None:
    with pytest.raises(ReceiptRefused):
        receipt.read(document)


def test_a_receipt_with_more_in_it_is_no_receipt() -> None:
    document = orjson.loads(made(0).model_dump_json()) | {"note": "trust me"}
    with pytest.raises(ReceiptRefused):
        receipt.read(orjson.dumps(document))
