"""Two programs, written apart from the same texts, agree on what is proven."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from huitong_client import NotProven, VerifierKey, receipts

from services.audit import tree
from services.audit.checkpoint import Checkpoint, LogKey, sign
from services.audit.entry import Entry, Kind
from services.audit.receipt import Receipt
from shared.crypto import STANDARD

ORIGIN = "huitong.example/320200"
AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
ENTRIES = [
    Entry(kind=Kind.EVENT, id=UUID(int=place), time=AT, recorded=AT).to_bytes()
    for place in range(40)
]


@pytest.mark.parametrize("size", [1, 2, 3, 15, 16, 17, 32, 33, 40])
def test_a_receipt_of_the_platform_is_proven_by_the_client(size: int) -> None:
    signer = STANDARD.generate_signer()
    digest = STANDARD.digest
    leaves = [tree.leaf_hash(digest, entry) for entry in ENTRIES[:size]]
    grown = tree.grow(digest, 0, [], leaves)
    kept = {tree.Node(0, place): leaf for place, leaf in enumerate(leaves)} | dict(grown.kept)
    head = tree.root(digest, grown.edge)
    note = sign(Checkpoint(ORIGIN, size, head), signer, STANDARD)
    key = VerifierKey.parse(LogKey(ORIGIN, signer.public_bytes).text(STANDARD))
    stranger = VerifierKey.parse(
        LogKey(ORIGIN, STANDARD.generate_signer().public_bytes).text(STANDARD)
    )
    for index in range(size):
        path = tree.prove(digest, tree.inclusion(index, size), kept)
        receipt = Receipt(index=index, entry=ENTRIES[index], path=path, checkpoint=note)
        document = receipt.model_dump_json().encode()
        proven = receipts.verify(document, key)
        assert (proven.entry, proven.index) == (ENTRIES[index], index)
        assert proven.checkpoint.size == size
        with pytest.raises(NotProven):
            receipts.verify(document, stranger)
