"""Pulling: whole, verified, resumed, in order, and never half."""

import json
import logging
import os
from pathlib import Path
from uuid import UUID

import pytest
from huitong_client import (
    Corrupt,
    EpochChanged,
    Format,
    LocalTrouble,
    Moved,
    NotUnderstood,
    Platform,
    Profile,
    Refused,
    State,
    begin,
    cli,
    follow,
    follow_after,
)
from huitong_client.folder import STATE_FILE, held

from tests.client.door import GRANT, Door, Fault

BIG = os.urandom(1_000_000)


def still(name: str) -> Moved:
    def moved(done: int, total: int) -> None:
        assert 0 <= done <= total, name

    return moved


def bring(platform: Platform, to: Path) -> State:
    return follow(platform, UUID(GRANT), to, form=Format.CSV, meters=still)


def files(to: Path) -> list[str]:
    return sorted(path.name for path in to.iterdir() if not path.name.startswith("."))


def test_first_a_snapshot_then_only_what_changed_after_it(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    to = tmp_path / "in"
    door.snapshot, door.sequence = [b"a,b\n1,2\n", b"a,b\n3,4\n"], 42
    assert bring(platform, to).sequence == 42
    door.publish(43, b"upserts\n")
    door.publish(44)
    door.publish(45, b"more upserts\n", b"deletes\n")
    state = bring(platform, to)
    assert (state.sequence, state.epoch) == (45, 1)
    loaded = [
        "000000000042-snapshot-001.csv",
        "000000000042-snapshot-002.csv",
        "000000000043-changes-001.csv",
        "000000000045-changes-001.csv",
        "000000000045-changes-002.csv",
    ]
    assert files(to) == [*loaded, STATE_FILE], "the alphabet is the order to load them in"
    assert [file.name for file in state.files] == loaded
    assert (to / loaded[-1]).read_bytes() == b"deletes\n"
    assert len(door.to(f"/v1/grants/{GRANT}/snapshot")) == 1


def test_a_second_pull_without_news_downloads_nothing(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    door.snapshot, door.sequence = [b"x"], 7
    bring(platform, tmp_path)
    bring(platform, tmp_path)
    assert len(door.to("/files/")) == 1


def test_changes_come_page_by_page(door: Door, platform: Platform, tmp_path: Path) -> None:
    bring(platform, tmp_path)
    door.changes_a_page = 2
    for sequence in range(1, 6):
        door.publish(sequence, b"%d" % sequence)
    assert bring(platform, tmp_path).sequence == 5
    assert len(door.to(f"/v1/grants/{GRANT}/changes")) == 3
    assert len(door.to("/files/")) == 5


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


def test_a_grant_that_ended_meanwhile_ends_the_pull(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    door.snapshot = [b"x"]
    revoked = Fault(status=404)
    door.fail(f"/v1/grants/{GRANT}/snapshot", Fault(), revoked)
    door.fail("/files/", Fault(status=404))
    with pytest.raises(Refused):
        bring(platform, tmp_path)
    assert files(tmp_path) == []


def test_addresses_that_never_work_are_given_up(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    door.snapshot = [b"x"]
    door.fail("/files/", *[Fault(status=404)] * 20)
    with pytest.raises(Refused):
        bring(platform, tmp_path)
    assert len(door.to("/files/")) == 4


def test_a_snapshot_overtaken_by_a_newer_one_is_begun_anew(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    door.snapshot, door.sequence = [b"old one", b"old two"], 1

    def overtake() -> None:
        door.snapshot, door.sequence = [b"new one", b"new two"], 2

    door.fail("/files/", Fault(), Fault(status=404, before=overtake))
    state = bring(platform, tmp_path)
    assert state.sequence == 2
    assert [(tmp_path / file.name).read_bytes() for file in state.files] == [b"new one", b"new two"]


def test_a_changed_epoch_stops_and_names_the_remedy_and_the_remedy_works(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    door.snapshot, door.sequence = [b"old"], 5
    bring(platform, tmp_path)
    before = (tmp_path / STATE_FILE).read_bytes()
    door.epoch = 2
    door.publish(6, b"change on another base")
    with pytest.raises(EpochChanged, match="--snapshot"):
        bring(platform, tmp_path)
    assert (tmp_path / STATE_FILE).read_bytes() == before
    door.snapshot, door.sequence = [b"new"], 6
    state = begin(platform, UUID(GRANT), tmp_path, form=Format.CSV, meters=still)
    assert (state.epoch, state.sequence) == (2, 6)
    assert [file.name for file in state.files] == ["000000000006-snapshot-001.csv"]


def test_a_platform_restored_to_before_what_is_held_stops_and_names_the_remedy(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    door.snapshot, door.sequence = [b"x"], 50
    bring(platform, tmp_path)
    door.sequence = 3
    with pytest.raises(EpochChanged, match="--snapshot"):
        bring(platform, tmp_path)


def test_who_holds_nothing_yet_does_not_mind_a_new_epoch(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    door.epoch = 0
    assert bring(platform, tmp_path).sequence == 0
    door.epoch = 1
    door.publish(1, b"the first rows")
    state = bring(platform, tmp_path)
    assert (state.epoch, state.sequence) == (1, 1)
    assert state.source.department == "示例市市场监督管理局"


def test_a_view_in_the_making_is_waited_for(door: Door, platform: Platform, tmp_path: Path) -> None:
    making = Fault(status=503, code="view-in-the-making", retry_after="0")
    door.fail(f"/v1/grants/{GRANT}/snapshot", *[making] * 11)
    door.snapshot = [b"x"]
    bring(platform, tmp_path)
    assert (tmp_path / "000000000000-snapshot-001.csv").read_bytes() == b"x"


def test_files_taken_away_by_a_loader_do_not_come_again(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    door.snapshot, door.sequence = [b"x"], 1
    bring(platform, tmp_path)
    (tmp_path / "000000000001-snapshot-001.csv").unlink()
    door.publish(2, b"y")
    state = bring(platform, tmp_path)
    assert files(tmp_path) == ["000000000002-changes-001.csv", STATE_FILE]
    assert [file.name for file in state.files] == ["000000000002-changes-001.csv"]


def test_an_epoch_that_changes_in_the_middle_of_a_pull_mixes_nothing(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    bring(platform, tmp_path)
    door.publish(1, b"one", b"and another")

    def begin_anew() -> None:
        door.epoch = 2

    door.fail("/files/", Fault(), Fault(status=404, before=begin_anew))
    with pytest.raises(EpochChanged):
        bring(platform, tmp_path)


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


def test_a_folder_in_use_is_refused(platform: Platform, tmp_path: Path) -> None:
    with held(tmp_path), pytest.raises(LocalTrouble, match="Another pull"):
        bring(platform, tmp_path)
    bring(platform, tmp_path)


def test_a_folder_of_another_grant_is_refused(platform: Platform, tmp_path: Path) -> None:
    bring(platform, tmp_path)
    other = UUID(int=7)
    with pytest.raises(LocalTrouble, match=GRANT):
        follow(platform, other, tmp_path, form=None, meters=still)


def test_a_folder_that_the_pull_makes_is_its_owners_alone(
    platform: Platform, tmp_path: Path
) -> None:
    bring(platform, tmp_path / "new" / "in")
    assert (tmp_path / "new" / "in").stat().st_mode & 0o777 == 0o700


def test_a_damaged_state_file_is_not_guessed_at(platform: Platform, tmp_path: Path) -> None:
    (tmp_path / STATE_FILE).write_text('{"version": 1, "epoch": "')
    with pytest.raises(LocalTrouble, match="--snapshot"):
        bring(platform, tmp_path)


def test_starting_after_a_number_brings_what_followed_and_leaves_no_gap(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    for sequence in (1, 2, 3):
        door.publish(sequence, b"%d" % sequence)
    grant = UUID(GRANT)
    state = follow_after(platform, grant, tmp_path, 1, form=Format.CSV, meters=still)
    assert [file.sequence for file in state.files] == [2, 3]
    again = follow_after(platform, grant, tmp_path, 2, form=Format.CSV, meters=still)
    assert [file.sequence for file in again.files] == [2, 3]
    with pytest.raises(LocalTrouble, match="leave out"):
        follow_after(platform, grant, tmp_path, 9, form=Format.CSV, meters=still)


def test_a_list_of_changes_that_goes_in_circles_ends(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    bring(platform, tmp_path)
    door.changes_a_page = 0
    door.publish(1, b"never shown")
    with pytest.raises(NotUnderstood):
        bring(platform, tmp_path)


def test_a_file_larger_than_the_disk_is_not_begun(
    door: Door, platform: Platform, tmp_path: Path
) -> None:
    door.snapshot = [b"x"]
    door.oversize = 1 << 60
    with pytest.raises(LocalTrouble, match="are free"):
        bring(platform, tmp_path)
    assert not door.to("/files/")


def test_the_command_tells_how_far_it_came(
    door: Door, logged_in: Profile, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    door.snapshot, door.sequence = [b"a\n1\n", b"a\n2\n"], 9
    to = tmp_path / "in"
    assert cli.main(["pull", GRANT, "--to", str(to), "--format", "csv"]) == 0
    told = capsys.readouterr()
    assert "sequence 9 of epoch 1: 2 new files, 4 rows" in told.out
    assert "000000000009-snapshot-001.csv  4 B of 4 B  100%" in told.err
    door.publish(10, b"b\n")
    assert cli.main(["--json", "pull", GRANT, "--to", str(to)]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["new"] == [str(to / "000000000010-changes-001.csv")]
    door.epoch = 2
    assert cli.main(["pull", GRANT, "--to", str(to)]) == 6
    assert "--snapshot" in capsys.readouterr().err
