"""After every pull the client says by itself what the folder holds."""

import hashlib
from pathlib import Path

import pytest
from huitong_client import EpochChanged, Platform

from tests.client.door import Door, digest_field
from tests.client.folders import bring


def digest_over(*files: bytes) -> str:
    return digest_field(b"".join(hashlib.sha256(file).digest() for file in files))


def test_what_lies_in_the_folder_is_confirmed_manifest_by_manifest(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    door.snapshot, door.sequence = [b"first", b"second"], 42
    bring(platform, tmp_path)
    door.changes_a_page = 2
    for sequence, files in ((43, [b"a", b"b"]), (44, []), (45, [b"c"])):
        door.publish(sequence, *files)
    state = bring(platform, tmp_path)
    # Nothing is new: nothing is said again.
    bring(platform, tmp_path)
    assert door.confirmed == [
        (1, 42, digest_over(b"first", b"second")),
        (1, 44, digest_over(b"a", b"b")),
        (1, 45, digest_over(b"c")),
    ]
    assert state.unconfirmed == ()


def test_what_could_not_be_said_is_said_with_the_next_pull(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    door.snapshot, door.sequence = [b"first"], 1
    door.receipt_refusal = (403, "permission-missing")
    assert len(bring(platform, tmp_path).unconfirmed) == 1
    door.publish(2, b"a")
    assert len(bring(platform, tmp_path).unconfirmed) == 2
    door.receipt_refusal = None
    assert bring(platform, tmp_path).unconfirmed == ()
    assert [sequence for _, sequence, _ in door.confirmed] == [1, 2]


def test_a_platform_that_takes_no_receipts_is_not_asked_again(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    door.snapshot, door.sequence = [b"first"], 1
    door.receipt_refusal = (404, "not-found")
    assert bring(platform, tmp_path).unconfirmed == ()


def test_where_the_platform_handed_out_something_else_the_remedy_is_a_snapshot(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    door.snapshot, door.sequence = [b"first"], 1
    door.receipt_refusal = (409, "receipt-differs")
    with pytest.raises(EpochChanged, match="--snapshot"):
        bring(platform, tmp_path)
    door.receipt_refusal = None
    door.publish(2, b"a")
    assert bring(platform, tmp_path).sequence == 2
