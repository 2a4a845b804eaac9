"""Pushing: announced, repeatable, and followed to the verdict."""

import base64
import os
from pathlib import Path
from uuid import UUID

import pytest
from huitong_client import LocalTrouble, Mode, Platform, Profile, Refused, StillWorking, cli
from huitong_client.pushes import Kind, Source, batch_key, push, wait

from tests.client.door import BATCH, RESOURCE, Door, Fault, Json, digest_field

PUBLISHED: Json = {
    "state": "published",
    "phase": None,
    "rows_read": 5012,
    "rows_in": 5012,
    "accepted": 4722,
    "flagged": 0,
    "rejected": 290,
    "reasons": {"check-character": 219, "damaged-text": 58, "wrong-number-of-fields": 13},
    "flags": {"unknown-region": 7},
    "sequence": 12,
}
WORKING: list[Json] = [
    {"state": "received"},
    {"state": "processing", "phase": "checking", "rows_read": 2000},
]


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A file of 3 MB."""
    path = tmp_path / "table.csv"
    path.write_bytes(os.urandom(3_000_000))
    return path


def moved(done: int, total: int) -> None:
    assert 0 <= done <= total


def hand_in(platform: Platform, table: Path, batch_id: str | None = None) -> None:
    push(platform, UUID(RESOURCE), table, mode=Mode.DELTA, batch_id=batch_id, moved=moved)


def test_a_file_arrives_whole_with_its_digest_mode_and_the_providers_id(
    door: Door, platform: Platform, table: Path
) -> None:
    door.batch_states = [PUBLISHED]
    hand_in(platform, table, "2026-11-21/night")
    [seen] = door.to(f"/v1/resources/{RESOURCE}/batches")
    assert seen.path.endswith("?mode=delta")
    assert seen.body == table.read_bytes()
    assert seen.headers["Content-Digest"] == digest_field(seen.body)
    assert seen.headers["Idempotency-Key"] == "2026-11-21/night"
    assert seen.headers["Content-Type"] == "text/csv"


def test_without_an_id_the_same_content_is_the_same_batch(
    door: Door, platform: Platform, table: Path
) -> None:
    door.batch_states = [PUBLISHED]
    hand_in(platform, table)
    hand_in(platform, table)
    assert len(door.taken) == 1
    table.write_bytes(b"other")
    hand_in(platform, table)
    assert len(door.taken) == 2
    digest = bytes(32)
    keys = {batch_key(UUID(int=resource), mode, digest) for resource in (1, 2) for mode in Mode}
    assert len(keys) == 4


def test_a_push_that_broke_or_came_at_a_bad_time_is_sent_again_whole(
    door: Door, platform: Platform, table: Path
) -> None:
    door.batch_states = [PUBLISHED]
    door.fail("/v1/resources", Fault(vanish=True), Fault(status=503, retry_after="0"))
    hand_in(platform, table)
    assert list(door.taken.values()) == [table.read_bytes()]
    keys = {seen.headers["Idempotency-Key"] for seen in door.to("/v1/resources")}
    assert len(keys) == 1


def test_a_refused_push_is_not_sent_again(door: Door, platform: Platform, table: Path) -> None:
    door.fail("/v1/resources", Fault(status=409))
    with pytest.raises(Refused):
        hand_in(platform, table)
    assert len(door.to("/v1/resources")) == 1


def test_a_file_that_changes_while_it_is_sent_is_not_handed_in(table: Path) -> None:
    source = Source.read(table)
    pieces = source.pieces(moved)
    next(pieces)
    with table.open("ab") as more:
        more.write(b"late")
    with pytest.raises(LocalTrouble, match="changed"):
        list(pieces)


def test_a_file_that_is_not_there_is_said_so(platform: Platform, tmp_path: Path) -> None:
    with pytest.raises(LocalTrouble, match="nothing"):
        hand_in(platform, tmp_path / "nothing")


def test_waiting_ends_with_the_verdict(door: Door, platform: Platform) -> None:
    door.batch_states = [*WORKING, PUBLISHED]
    seen: list[str] = []
    first = platform.batch(UUID(BATCH))
    batch = wait(platform, first, within=30, seen=lambda now: seen.append(now.state))
    assert seen == ["received", "processing", "published"]
    assert (batch.rows_in, batch.accepted, batch.rejected) == (5012, 4722, 290)


def test_waiting_ends_with_the_patience(door: Door, platform: Platform) -> None:
    door.batch_states = [{"state": "processing"}]
    batch = platform.batch(UUID(BATCH))
    with pytest.raises(StillWorking, match="huitong batches"):
        wait(platform, batch, within=0.3, seen=lambda now: None)


def test_the_command_prints_the_counts_and_saves_the_rejects(
    door: Door,
    logged_in: Profile,
    table: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    door.batch_states = [*WORKING, PUBLISHED]
    rejects = tmp_path / "rejects.csv"
    told = ["--mode", "snapshot", "--id", "night-2026-11-21", "--rejects", str(rejects)]
    told += ["--charset", "GB18030"]
    assert cli.main(["push", RESOURCE, str(table), *told]) == 0
    printed = capsys.readouterr()
    assert "rows in 5,012, accepted 4,722, flagged 0, rejected 290" in printed.out
    assert printed.out.index("check-character") < printed.out.index("damaged-text")
    assert "7  flagged   unknown-region" in printed.out
    assert "processing (checking)" in printed.err
    [seen] = door.to("/v1/resources")
    assert seen.headers["Content-Type"] == "text/csv; charset=GB18030"
    assert "3.0 MB of 3.0 MB  100%" in printed.err
    assert rejects.read_bytes() == door.rejects


def test_without_waiting_the_command_prints_the_batch_alone(
    door: Door, logged_in: Profile, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    door.batch_states = [WORKING[0]]
    assert cli.main(["push", RESOURCE, str(table), "--mode", "snapshot"]) == 0
    assert capsys.readouterr().out == f"{BATCH}\n"


def test_a_refused_batch_has_an_exit_code_of_its_own(
    door: Door, logged_in: Profile, table: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    refusal = {"code": "header-mismatch", "detail": "缺少的列: 注册日期"}
    door.batch_states = [{"state": "refused", "refusal": refusal}]
    assert cli.main(["push", RESOURCE, str(table), "--mode", "snapshot", "--wait"]) == 8
    assert "缺少的列: 注册日期 (header-mismatch)" in capsys.readouterr().out


@pytest.mark.parametrize(
    "unfit", ["short", "with a space in it", "批次二〇二六一一二一", "x" * 129]
)
def test_a_name_that_no_batch_can_have_is_told_before_anything_is_sent(
    door: Door, platform: Platform, table: Path, unfit: str
) -> None:
    with pytest.raises(LocalTrouble, match="cannot name a batch"):
        hand_in(platform, table, unfit)
    assert not door.seen


def test_batches_are_listed(
    door: Door, logged_in: Profile, capsys: pytest.CaptureFixture[str]
) -> None:
    door.batch_states = [PUBLISHED]
    assert cli.main(["batches", RESOURCE]) == 0
    assert "4,722" in capsys.readouterr().out


def test_a_large_file_comes_in_parts_and_goes_on_where_the_line_broke(
    door: Door, platform: Platform, table: Path
) -> None:
    door.batch_states = [PUBLISHED]
    door.fail("/uploads", Fault(), Fault(cut_after=1_000_000))
    path = table.rename(table.with_name("table.jsonl.gz"))
    for _ in range(2):
        batch = push(
            platform,
            UUID(RESOURCE),
            path,
            mode=Mode.SNAPSHOT,
            batch_id="night-0001",
            moved=moved,
            in_parts_from=1_000_000,
        )
        assert batch.state == "published"
    assert bytes(door.uploads["night-0001"][1]) == path.read_bytes()
    starts = [s.headers["Upload-Offset"] for s in door.to("/uploads") if s.method == "PATCH"]
    assert starts == ["0", "1000000"]
    [first, *_] = door.to(f"/v1/resources/{RESOURCE}/uploads")
    pairs = (pair.partition(" ") for pair in first.headers["Upload-Metadata"].split(","))
    told = {key: base64.b64decode(value).decode() for key, _, value in pairs}
    assert told["digest"] == digest_field(path.read_bytes())
    assert (told["filetype"], told["filename"]) == ("application/x-ndjson", "batch.gz")


def test_where_nothing_resumes_a_large_file_comes_in_one_piece(
    door: Door, platform: Platform, table: Path
) -> None:
    door.batch_states = [PUBLISHED]
    door.fail(f"/v1/resources/{RESOURCE}/uploads", Fault(status=404))
    push(
        platform,
        UUID(RESOURCE),
        table,
        mode=Mode.DELTA,
        batch_id=None,
        moved=moved,
        in_parts_from=1,
    )
    assert list(door.taken.values()) == [table.read_bytes()]


@pytest.mark.parametrize(
    ("name", "media", "encoding"),
    [
        ("a.csv", "text/csv; charset=GBK", None),
        ("a.unknown", "text/csv; charset=GBK", None),
        ("a", "text/csv; charset=GBK", None),
        ("a.CSV.GZ", "text/csv; charset=GBK", "gzip"),
        ("2026.11.21.jsonl", "application/x-ndjson", None),
        ("a.ndjson.gz", "application/x-ndjson", "gzip"),
        ("a.parquet", "application/vnd.apache.parquet", None),
        (
            "a.XLSX",
            "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            None,
        ),
        ("a.zip", "application/zip", None),
    ],
)
def test_what_a_file_is_follows_from_its_name(name: str, media: str, encoding: str | None) -> None:
    assert Kind.of(Path(name), "GBK") == Kind(media, encoding)
