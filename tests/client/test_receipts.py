"""Receipts: a proof holds or it does not, whoever made it; every altered byte is noticed."""

import base64
import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from huitong_client import NotProven, Profile, VerifierKey, cli, merkle, notes, receipts

from tests.client.door import Door

ORIGIN = "data.example.gov.cn/log"
SIGNER = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
OTHER = Ed25519PrivateKey.from_private_bytes(bytes(32))
ENTRIES = [b'{"n":%d,"subject":"exchange.batch-published.v1"}' % n for n in range(21)]


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def vkey(signer: Ed25519PrivateKey = SIGNER, name: str = ORIGIN) -> str:
    typed = b"\x01" + signer.public_key().public_bytes_raw()
    key_id = hashlib.sha256(name.encode() + b"\n" + typed).digest()[:4]
    return f"{name}+{key_id.hex()}+{b64(typed)}"


def signature(text: str, signer: Ed25519PrivateKey = SIGNER, name: str = ORIGIN) -> str:
    key_id = bytes.fromhex(vkey(signer, name).split("+")[1])
    return f"— {name} {b64(key_id + signer.sign(text.encode()))}\n"


# The tree as RFC 6962 §2.1 defines it, recursively: not the way in which it is checked.
def head(entries: list[bytes]) -> bytes:
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    k = split(len(entries))
    return hashlib.sha256(b"\x01" + head(entries[:k]) + head(entries[k:])).digest()


def path(index: int, entries: list[bytes]) -> list[bytes]:
    if len(entries) == 1:
        return []
    k = split(len(entries))
    if index < k:
        return [*path(index, entries[:k]), head(entries[k:])]
    return [*path(index - k, entries[k:]), head(entries[:k])]


def split(size: int) -> int:
    return 1 << (size - 1).bit_length() - 1


def receipt(index: int, size: int, changes: dict[str, object] | None = None) -> bytes:
    text = f"{ORIGIN}\n{size}\n{b64(head(ENTRIES[:size]))}\n"
    document = {
        "format": "huitong-receipt-v1",
        "index": index,
        "entry": b64(ENTRIES[index]),
        "path": [b64(sibling) for sibling in path(index, ENTRIES[:size])],
        "checkpoint": text + "\n" + signature(text),
    }
    return json.dumps(document | (changes or {})).encode()


KEY = VerifierKey.parse(vkey())


def test_every_entry_of_every_tree_is_proven() -> None:
    for size in range(1, len(ENTRIES) + 1):
        for index in range(size):
            proven = receipts.verify(receipt(index, size), KEY)
            assert (proven.index, proven.checkpoint.size) == (index, size)
            assert proven.entry == ENTRIES[index]


def test_no_entry_is_proven_at_another_place_or_with_a_path_of_another_length() -> None:
    for size in range(2, 12):
        for index in range(size):
            leaf = merkle.leaf_hash(ENTRIES[index])
            siblings = path(index, ENTRIES[:size])
            for place in set(range(size + 2)) - {index}:
                assert not holds(leaf, place, size, siblings)
            assert not holds(leaf, index, size, siblings[:-1])
            assert not holds(leaf, index, size, [*siblings, bytes(32)])
            assert not holds(leaf, -1, size, siblings)


def holds(leaf: bytes, index: int, size: int, siblings: list[bytes]) -> bool:
    try:
        return merkle.root(leaf, index, size, siblings) == head(ENTRIES[:size])
    except NotProven:
        return False


def test_an_inner_node_is_no_entry() -> None:
    forged = head(ENTRIES[:2])[:32] + head(ENTRIES[2:4])[:32]
    assert merkle.leaf_hash(forged) != head(ENTRIES[:4])


@pytest.mark.parametrize(
    "changes",
    [
        {"entry": b64(ENTRIES[6])},
        {"index": 6},
        {"index": 21},
        {"index": -1},
        {"index": "5"},
        {"path": []},
        {"path": [b64(bytes(32))] * 65},
        {"path": [b64(bytes(31))] * 5},
        {"path": ["*"] * 5},
        {"path": 5},
        {"entry": "*"},
        {"format": "huitong-receipt-v2"},
        {"checkpoint": 7},
        {"checkpoint": ""},
        {"checkpoint": "\ud800"},
        {"checkpoint": "x" * 100_000},
    ],
)
def test_a_receipt_that_was_altered_proves_nothing(changes: dict[str, object]) -> None:
    with pytest.raises(NotProven):
        receipts.verify(receipt(5, 21, changes), KEY)


@pytest.mark.parametrize("document", [b"", b"[]", b"{", b"\xff", b"null"])
def test_what_is_no_receipt_proves_nothing(document: bytes) -> None:
    with pytest.raises(NotProven):
        receipts.verify(document, KEY)


def test_every_altered_byte_of_a_checkpoint_is_noticed() -> None:
    text = f"{ORIGIN}\n21\n{b64(head(ENTRIES))}\n"
    note = (text + "\n" + signature(text)).encode()
    assert notes.open_checkpoint(note, KEY).size == 21
    for place in range(len(note)):
        for altered in (note[place] ^ 1, note[place] ^ 0x20):
            with pytest.raises(NotProven):
                notes.open_checkpoint(note[:place] + bytes([altered]) + note[place + 1 :], KEY)


def test_signatures_of_witnesses_are_passed_over_but_never_suffice() -> None:
    text = f"{ORIGIN}\n21\n{b64(head(ENTRIES))}\n"
    witness = signature(text, OTHER, "witness.example")
    namesake = signature(text, OTHER)
    own = signature(text)
    for signatures in (own, witness + own, own + namesake, namesake + witness + own):
        assert notes.open_checkpoint((text + "\n" + signatures).encode(), KEY).size == 21
    for signatures in (witness, namesake, witness + namesake):
        with pytest.raises(NotProven, match="not signed"):
            notes.open_checkpoint((text + "\n" + signatures).encode(), KEY)


@pytest.mark.parametrize(
    "text",
    [
        f"other.example/log\n21\n{b64(bytes(32))}\n",
        f"{ORIGIN}\n021\n{b64(bytes(32))}\n",
        f"{ORIGIN}\n-1\n{b64(bytes(32))}\n",
        f"{ORIGIN}\n２１\n{b64(bytes(32))}\n",
        f"{ORIGIN}\n21\n{b64(bytes(31))}\n",
        f"{ORIGIN}\n21\n",
        f"{ORIGIN}\n21\n{b64(bytes(32))}\n\nextension\n",
    ],
)
def test_a_signed_text_that_is_no_checkpoint_of_this_log_is_refused(text: str) -> None:
    with pytest.raises(NotProven):
        notes.open_checkpoint((text + "\n" + signature(text)).encode(), KEY)


def test_the_published_example_of_the_checkpoint_format_is_read() -> None:
    # From c2sp.org/tlog-checkpoint; the key is not published, so the text alone is looked at.
    note = (
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/"
        "Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
    )
    with pytest.raises(NotProven, match="not signed"):
        notes.open_checkpoint(note.encode(), VerifierKey.parse(vkey()))


def test_the_published_example_of_a_signed_note_verifies() -> None:
    # From the documentation of golang.org/x/mod/sumdb/note, where the format comes from.
    key = VerifierKey.parse("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    text = (
        "If you think cryptography is the answer to your problem,\n"
        "then you don't know what your problem is.\n"
    )
    signed = (
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZ"
        "SNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    )
    note = f"{text}\n— PeterNeumann {signed}\n"
    assert notes.open_note(note.encode(), key) == text
    with pytest.raises(NotProven, match="signature is wrong"):
        notes.open_note(note.replace("answer", "problem").encode(), key)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "name",
        "name+00000000+" + b64(b"\x01" + bytes(32)),
        vkey() + "A",
        vkey().replace(ORIGIN, "other.example"),
        vkey().replace("+", "++", 1),
        "a name" + vkey(SIGNER, "a name").removeprefix("a name"),
    ],
)
def test_a_key_that_is_damaged_or_of_another_kind_is_refused(text: str) -> None:
    with pytest.raises(NotProven, match="verifier key"):
        VerifierKey.parse(text)


def test_the_command_verifies_offline_with_the_key_as_text_or_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file, key = tmp_path / "receipt.json", tmp_path / "log.pub"
    file.write_bytes(receipt(5, 21))
    key.write_text(vkey() + "\n")
    for given in (vkey(), str(key)):
        assert cli.main(["receipt", "verify", str(file), "--key", given]) == 0
        told = capsys.readouterr().out
        assert "Verified" in told
        assert ENTRIES[5].decode() in told
    assert cli.main(["receipt", "verify", str(file), "--key", vkey(OTHER)]) == 9
    file.write_bytes(receipt(5, 21, {"index": 4}))
    assert cli.main(["receipt", "verify", str(file), "--key", vkey()]) == 9
    assert "does not lead" in capsys.readouterr().err


def test_a_receipt_is_fetched_and_verified(door: Door, logged_in: Profile, tmp_path: Path) -> None:
    door.receipt = receipt(3, 9)
    file = tmp_path / "receipt.json"
    assert cli.main(["receipt", "fetch", "3", "--to", str(file)]) == 0
    assert cli.main(["receipt", "verify", str(file), "--key", vkey()]) == 0
