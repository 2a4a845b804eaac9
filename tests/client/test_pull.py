"""Pulling: a folder that follows a grant, in order, without gaps, by one process at a time."""

import json
import os
from pathlib import Path
from uuid import UUID

import pytest
from huitong_client import (
    EpochChanged,
    Format,
    LocalTrouble,
    NotUnderstood,
    Platform,
    Profile,
    Refused,
    begin,
    cli,
    follow,
    follow_after,
)
from huitong_client.folder import STATE_FILE, held

from tests.client.door import GRANT, Door, Fault
from tests.client.folders import bring, files, still

BIG = os.urandom(1_000_000)


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
