"""Small parts of running processes: log files, process numbers, readiness, the environment."""

import ast
import os
import runpy
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from deploy import setup_environment
from deploy.local import pids, readiness
from deploy.local.child import Child, Program
from deploy.local.installation import names
from deploy.local.logfile import LogFile
from deploy.local.showing import Follower
from deploy.local.state import CHECKOUT


def test_a_full_log_is_turned_over_and_the_oldest_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    log = LogFile(path, full=10, kept=2)
    for text in (b"first 1234\n", b"second 1234\n", b"third 1234\n", b"last\n"):
        log.write(text)
    log.close()
    assert path.read_text() == "last\n"
    assert (tmp_path / "a.log.1").read_text() == "third 1234\n"
    assert (tmp_path / "a.log.2").read_text() == "second 1234\n"
    assert not (tmp_path / "a.log.3").exists()


def test_a_follower_reads_whole_lines_also_after_a_turn(tmp_path: Path) -> None:
    path = tmp_path / "a.log"
    follower = Follower(path, "a", 3)
    assert list(follower.lines()) == []
    path.write_text("one\ntw")
    assert list(follower.lines()) == ["a   | one"]
    with path.open("a") as file:
        file.write("o\n")
    assert list(follower.lines()) == ["a   | two"]
    path.rename(tmp_path / "a.log.1")
    path.write_text("three\n")
    assert list(follower.lines()) == ["a   | three"]


def test_a_process_is_told_from_another_of_the_same_number() -> None:
    began = pids.born(os.getpid())
    assert began is not None
    assert pids.lives(os.getpid(), began)
    assert not pids.lives(os.getpid(), f"{began}0")


def test_a_process_that_has_ended_lives_no_more_even_before_it_is_collected() -> None:
    process = subprocess.Popen([sys.executable, "-c", "pass"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert pids.born(process.pid) is None
    process.wait()


def test_what_does_not_listen_does_not_answer(tmp_path: Path) -> None:
    assert readiness.answer(f"unix:{tmp_path}/nobody.sock") == "does not answer"
    assert readiness.answer("127.0.0.1:1") == "does not answer"


def test_every_process_has_a_name_of_its_own() -> None:
    assert len(set(names())) == len(names())


def test_the_environment_is_made_anew_when_the_lock_or_the_place_changes(tmp_path: Path) -> None:
    stamps = []
    for place, lock in (("a", "one==1"), ("a", "one==2"), ("b", "one==1")):
        script = tmp_path / place / "deploy" / "setup_environment.py"
        script.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(str(setup_environment.__file__), script)
        (tmp_path / place / "requirements.lock").write_text(lock)
        stamps.append(runpy.run_path(str(script))["wanted"]()[0])
    assert len(set(stamps)) == 3


def test_the_setup_runs_on_an_old_python_at_least_as_far_as_its_sentence() -> None:
    # Python 3.6 knows neither `:=` nor positional-only parameters nor `match`, and evaluates
    # annotations: the file is compiled as that version would read it.
    source = Path(setup_environment.__file__).read_text()
    tree = ast.parse(source, feature_version=(3, 6))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert functions
    assert all(f.returns is None for f in functions)
    assert all(a.annotation is None for f in functions for a in f.args.args)


def child(folder: Path, become: Callable[[], None], prepare: Callable[[], None]) -> Child:
    """A child in a folder of its own."""
    program = Program(dict(os.environ), folder, become, prepare=prepare)
    return Child("tried", program, LogFile(folder / "tried.log"))


def test_what_cannot_start_yet_waits_longer_each_time_and_says_why(tmp_path: Path) -> None:
    def refuse() -> None:
        raise OSError("the port is in use")

    tried = child(tmp_path, lambda: None, refuse)
    waits = []
    for _ in range(9):
        before = time.monotonic()
        tried.start(lambda: None)
        assert tried.due is not None
        waits.append(round(tried.due - before, 1))
    assert tried.pid is None
    assert waits == sorted(waits)
    assert 0.1 < waits[0] < 0.5
    assert waits[-1] < 16
    assert "the port is in use" in (tmp_path / "tried.log").read_text()


# Run in a process of its own: to fork this one, which has threads, would be wrong.
LIFE = """
import os, sys
from pathlib import Path
from deploy.local.child import Child, Program
from deploy.local.logfile import LogFile

def fail():
    print("a line")
    raise ValueError("broken")

folder = Path(sys.argv[1])
child = Child("tried", Program(dict(os.environ), folder, fail), LogFile(folder / "tried.log"))
for again in (True, False):
    child.start(lambda: None)
    status = os.waitpid(child.pid, 0)[1]
    child.read()
    child.close_output()
    child.ended(status, again=again)
    print(child.due is not None, child.restarts)
"""


def test_what_ends_is_due_again_unless_it_was_told_to_and_its_last_words_are_kept(
    tmp_path: Path,
) -> None:
    done = subprocess.run(  # noqa: S603 - the script above
        [sys.executable, "-c", LIFE, str(tmp_path)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["True 1", "False 1"]
    text = (tmp_path / "tried.log").read_text()
    assert text.count("a line\n") == 2
    assert text.count("ValueError: broken") == 2
    assert "ended by exit status 1; starts again in 0.2 s" in text
