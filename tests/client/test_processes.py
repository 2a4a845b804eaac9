"""The command as a process: killed, stopped, beside another, and on a disk that is full."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import huitong_client
import pytest
from huitong_client import Profile
from huitong_client.folder import STATE_FILE

from tests.client.door import GRANT, Door, Fault

BIG = os.urandom(4_000_000)
HALF = len(BIG) // 2


_LIMITED = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv.pop(1))))
from huitong_client.cli import run
run()
"""


def start(*arguments: str, largest_file: int | None = None) -> subprocess.Popen[str]:
    """`huitong` with these arguments; `largest_file` is what the kernel lets it write."""
    program = ["-m", "huitong_client"]
    if largest_file is not None:
        program = ["-c", _LIMITED, str(largest_file)]
    package = str(Path(huitong_client.__file__).parents[1])
    return subprocess.Popen(  # noqa: S603 - runs this very interpreter on our own module
        [sys.executable, *program, *arguments],
        env=os.environ | {"PYTHONPATH": package},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def pull(to: Path, largest_file: int | None = None) -> subprocess.Popen[str]:
    arguments = ("pull", GRANT, "--to", str(to), "--format", "csv")
    return start(*arguments, largest_file=largest_file)


def ends(process: subprocess.Popen[str]) -> tuple[int, str]:
    """Its exit code and what it said on standard error."""
    _, told = process.communicate(timeout=60)
    return process.returncode, told


def wait_for_part(to: Path) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if any(part.stat().st_size >= HALF for part in to.glob("*.part")):
            return
        time.sleep(0.02)
    pytest.fail("the download did not begin")


@pytest.fixture
def stalled(door: Door, logged_in: Profile) -> Door:
    """A door that sends half of the file and then keeps the line open, in silence."""
    door.snapshot, door.sequence = [BIG], 1
    door.fail("/files/", Fault(stall_after=HALF))
    return door


def test_a_pull_that_is_killed_goes_on_where_it_was(stalled: Door, tmp_path: Path) -> None:
    to = tmp_path / "in"
    first = pull(to)
    wait_for_part(to)
    first.kill()
    ends(first)
    assert not (to / STATE_FILE).exists()
    code, told = ends(pull(to))
    assert code == 0, told
    assert (to / "000000000001-snapshot-001.csv").read_bytes() == BIG
    resumed = int(stalled.to("/files/")[-1].headers["Range"].removeprefix("bytes=")[:-1])
    assert resumed >= HALF


def test_a_pull_that_is_stopped_says_how_to_go_on(stalled: Door, tmp_path: Path) -> None:
    to = tmp_path / "in"
    first = pull(to)
    wait_for_part(to)
    first.send_signal(signal.SIGTERM)
    code, told = ends(first)
    assert code == 130
    assert "goes on where it was" in told
    assert "Traceback" not in told


def test_a_second_pull_into_the_folder_does_nothing(stalled: Door, tmp_path: Path) -> None:
    to = tmp_path / "in"
    first = pull(to)
    wait_for_part(to)
    code, told = ends(pull(to))
    assert code == 7
    assert "Another pull" in told
    assert len(stalled.to("/files/")) == 1
    first.kill()
    ends(first)


def test_a_full_disk_leaves_no_half_file(door: Door, logged_in: Profile, tmp_path: Path) -> None:
    door.snapshot, door.sequence = [BIG], 1
    to = tmp_path / "in"
    code, told = ends(pull(to, largest_file=HALF))
    assert code == 7
    assert "disk is full" in told
    assert [path.name for path in to.iterdir()] == [".huitong.lock"]
    code, told = ends(pull(to))
    assert code == 0, told


def test_without_a_terminal_progress_is_plain_lines(
    door: Door, logged_in: Profile, tmp_path: Path
) -> None:
    door.snapshot = [BIG]
    code, told = ends(pull(tmp_path / "in"))
    assert code == 0
    assert "\r" not in told
    assert "\x1b" not in told
    assert told.count("100%") == 1


def test_a_reader_that_has_seen_enough_is_no_error(door: Door, logged_in: Profile) -> None:
    process = start("grants")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    told = process.stderr.read()
    process.stderr.close()
    assert process.wait(60) in {0, 141}
    assert "Traceback" not in told
