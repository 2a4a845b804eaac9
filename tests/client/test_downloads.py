"""Downloading: whole, verified, resumed, and never half."""

import logging
import os
from pathlib import Path

import pytest
from huitong_client import (
    Corrupt,
    LocalTrouble,
    Platform,
    Refused,
)
from huitong_client.folder import STATE_FILE

from tests.client.door import GRANT, Door, Fault
from tests.client.folders import bring, files

BIG = os.urandom(1_000_000)


def test_no_token_is_sent_to_the_file_door_and_no_address_is_logged_or_kept(
    door: Door, platform: Platform, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    door.snapshot = [b"x"]
    bring(platform, tmp_path)
    [seen] = door.to("/files/")
    assert "Authorization" not in seen.headers
    assert "/snapshot" in caplog.text
    assert "/files/" not in caplog.text
    assert "/files/" not in (tmp_path / STATE_FILE).read_text()


def test_a_file_cut_in_the_middle_is_continued_where_it_broke(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    door.snapshot = [BIG]
    # More interruptions than attempts: a download that moves is not given up.
    door.fail("/files/", *[Fault(cut_after=100_000)] * 8)
    state = bring(platform, tmp_path)
    assert (tmp_path / state.files[0].name).read_bytes() == BIG
    asked = door.to("/files/")
    assert len(asked) == 9
    assert "Range" not in asked[0].headers
    assert asked[1].headers["Range"] == "bytes=100000-"
    assert asked[1].headers["If-Range"].startswith('"')


def test_another_process_continues_what_an_earlier_one_left(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    door.snapshot = [BIG]
    door.fail("/files/", Fault(cut_after=600_000), *[Fault(vanish=True)] * 9)
    with pytest.raises(Exception, match="does not answer"):
        bring(platform, tmp_path)
    assert [path.stat().st_size for path in tmp_path.glob("*.part")] == [600_000]
    assert not list(tmp_path.glob("*.csv"))
    door.faults.clear()
    before = len(door.to("/files/"))
    bring(platform, tmp_path)
    [seen] = door.to("/files/")[before:]
    assert seen.headers["Range"] == "bytes=600000-"
    assert (tmp_path / "000000000000-snapshot-001.csv").read_bytes() == BIG
    assert not list(tmp_path.glob("*.part*"))


def test_a_server_that_ignores_the_range_is_read_from_the_beginning(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    door.snapshot = [BIG]
    door.fail("/files/", Fault(cut_after=400_000), Fault(ignore_range=True))
    bring(platform, tmp_path)
    assert (tmp_path / "000000000000-snapshot-001.csv").read_bytes() == BIG


def test_a_damaged_part_is_found_by_the_digest_and_fetched_anew(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    door.snapshot = [BIG]
    door.fail("/files/", Fault(cut_after=600_000), *[Fault(vanish=True)] * 9)
    with pytest.raises(Exception, match="does not answer"):
        bring(platform, tmp_path)
    door.faults.clear()
    [part] = tmp_path.glob("*.part")
    part.write_bytes(bytes(600_000))
    bring(platform, tmp_path)
    assert (tmp_path / "000000000000-snapshot-001.csv").read_bytes() == BIG


def test_wrong_bytes_once_are_fetched_again(door: Door, platform: Platform, tmp_path: Path) -> None:
    door.snapshot = [BIG]
    door.fail("/files/", Fault(wrong_bytes=True))
    bring(platform, tmp_path)
    assert (tmp_path / "000000000000-snapshot-001.csv").read_bytes() == BIG


def test_wrong_bytes_twice_are_an_error_and_nothing_is_kept(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    door.snapshot = [BIG]
    door.fail("/files/", Fault(wrong_bytes=True), Fault(wrong_bytes=True))
    with pytest.raises(Corrupt):
        bring(platform, tmp_path)
    assert files(tmp_path) == []


def test_a_busy_file_door_is_asked_again(door: Door, platform: Platform, tmp_path: Path) -> None:
    door.snapshot = [b"x"]
    door.fail("/files/", Fault(status=503, retry_after="1"), Fault(status=429))
    bring(platform, tmp_path)
    assert (tmp_path / "000000000000-snapshot-001.csv").read_bytes() == b"x"


@pytest.mark.parametrize("status", [401, 403, 404, 410])
def test_an_ended_address_is_replaced_and_the_part_continued(
    door: Door, platform: Platform, tmp_path: Path, status: int
) -> None:
    door.snapshot, door.sequence = [b"first", BIG], 3
    door.fail("/files/", Fault(), Fault(cut_after=300_000), Fault(status=status))
    bring(platform, tmp_path)
    assert (tmp_path / "000000000003-snapshot-002.csv").read_bytes() == BIG
    assert len(door.to(f"/v1/grants/{GRANT}/snapshot")) == 2
    assert door.to("/files/")[-1].headers["Range"] == "bytes=300000-"


def test_an_ended_address_of_a_change_is_replaced_too(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    bring(platform, tmp_path)
    door.publish(1, b"one")
    door.publish(2, b"two")
    door.fail("/files/", Fault(), Fault(status=404))
    assert bring(platform, tmp_path).sequence == 2
    assert (tmp_path / "000000000002-changes-001.csv").read_bytes() == b"two"


def test_addresses_that_never_work_are_given_up(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    door.snapshot = [b"x"]
    door.fail("/files/", *[Fault(status=404)] * 20)
    with pytest.raises(Refused):
        bring(platform, tmp_path)
    assert len(door.to("/files/")) == 4


def test_a_folder_that_cannot_be_written_is_said_so(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    door.snapshot = [b"x"]
    (tmp_path / "000000000000-snapshot-001.csv.part").mkdir()
    with pytest.raises(LocalTrouble, match="cannot be written"):
        bring(platform, tmp_path)


def test_files_that_arrived_before_the_state_could_be_written_are_recognised(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    door.snapshot, door.sequence = [BIG], 1
    bring(platform, tmp_path)
    (tmp_path / STATE_FILE).unlink()
    bring(platform, tmp_path)
    assert len(door.to("/files/")) == 1


def test_a_file_larger_than_the_disk_is_not_begun(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    door.snapshot = [b"x"]
    door.oversize = 1 << 60
    with pytest.raises(LocalTrouble, match="are free"):
        bring(platform, tmp_path)
    assert not door.to("/files/")
