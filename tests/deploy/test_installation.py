"""Settings, ports and the state folder: a clear sentence, and nothing made, when it cannot be."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.local.installation import EXAMPLE, PORTS, Installation, InstallationError
from deploy.local.state import CHECKOUT, State, StateError


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The state folder of this test, which does not exist yet."""
    for name in [name for name in os.environ if name.startswith("HUITONG_")]:
        monkeypatch.delenv(name)
    root = tmp_path / "state"
    monkeypatch.setenv("HUITONG_STATE", str(root))
    return root


def run(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # noqa: S603 - our own commands
        [sys.executable, "-m", "deploy.local", *command],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def test_a_port_in_use_is_named_with_its_setting_and_nothing_is_made(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        monkeypatch.setenv("HUITONG_PORT", str(port))
        done = run("up")
    assert done.returncode == 1
    assert f"Port {port} is in use" in done.stderr
    assert "HUITONG_PORT=" in done.stderr
    assert "Traceback" not in done.stderr
    assert not here.exists()


@pytest.mark.parametrize("port", ["none", "0", "65536", "-1", "8080.0"])
def test_a_port_that_is_none_is_refused(
    here: Path, monkeypatch: pytest.MonkeyPatch, port: str
) -> None:
    monkeypatch.setenv("HUITONG_PORT", port)
    with pytest.raises(InstallationError, match="HUITONG_PORT"):
        Installation.here()


def test_a_setting_given_once_stays_until_it_is_changed_or_taken_back(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUITONG_PORT", "9090")
    monkeypatch.setenv("HUITONG_RULEBOOK", "yixing-2016")
    first = Installation.here()
    first.state.prepare()
    first.keep()
    monkeypatch.delenv("HUITONG_PORT")
    monkeypatch.setenv("HUITONG_RULEBOOK", "")
    second = Installation.here()
    assert second.choices["HUITONG_PORT"] == "9090"
    assert second.choices["HUITONG_RULEBOOK"] == EXAMPLE["HUITONG_RULEBOOK"]


def test_what_the_installation_decides_cannot_be_chosen_from_outside(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HUITONG_DATABASE", "postgresql://elsewhere/db")
    monkeypatch.setenv("HUITONG_MASTER_KEY", "00")
    assert Installation.here().choices == {**PORTS, **EXAMPLE}


def test_a_port_of_nats_that_was_taken_in_between_is_replaced(here: Path) -> None:
    first = Installation.here().with_nats_port()
    first.state.prepare()
    first.keep()
    assert Installation.here().with_nats_port().choices == first.choices
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", int(first.choices["HUITONG_NATS_PORT"])))
        listener.listen()
        changed = Installation.here().with_nats_port()
    assert changed.choices["HUITONG_NATS_PORT"] != first.choices["HUITONG_NATS_PORT"]


def test_a_folder_of_something_else_is_neither_filled_nor_deleted(here: Path) -> None:
    here.mkdir()
    (here / "letter.txt").write_text("dear")
    state = State(here)
    with pytest.raises(StateError, match="holds something else"):
        state.prepare()
    with pytest.raises(StateError):
        state.remove()
    assert [path.name for path in here.iterdir()] == ["letter.txt"]


def test_the_state_of_somebody_else_is_left_alone_with_a_sentence(here: Path) -> None:
    here.mkdir()
    theirs = here
    if os.geteuid() == 0:
        os.chown(here, 65534, 65534)
    else:
        theirs = Path("/")  # Root's on every Unix.
    with pytest.raises(StateError, match="run this as its owner"):
        State(theirs).check_owner()


def test_reset_without_a_terminal_asks_for_force_and_deletes_nothing(here: Path) -> None:
    State(here).prepare()
    done = run("reset")
    assert done.returncode == 1
    assert "FORCE=1" in done.stderr
    assert here.exists()


def test_reset_deletes_the_state_and_nothing_else(here: Path) -> None:
    State(here).prepare()
    beside = here.parent / "beside"
    beside.touch()
    done = run("reset", "--force")
    assert done.returncode == 0, done.stderr
    assert not here.exists()
    assert beside.exists()


@pytest.mark.parametrize("command", ["down", "status", "logs"])
def test_every_command_says_so_when_nothing_was_ever_started(here: Path, command: str) -> None:
    done = run(command)
    assert "Traceback" not in done.stderr
    assert (done.stdout + done.stderr).strip()
    assert not here.exists()


def test_a_secret_is_made_once(here: Path) -> None:
    state = State(here)
    state.prepare()
    assert state.secret("one") == state.secret("one") != state.secret("two")
    assert len(bytes.fromhex(state.secret("one"))) == 32


def test_a_file_of_the_state_is_replaced_whole_and_closed_to_others(here: Path) -> None:
    state = State(here)
    state.prepare()
    path = state.write(here / "note", "first")
    state.write(path, "second")
    assert path.read_text() == "second"
    assert path.stat().st_mode & 0o777 == 0o600
    assert not list(here.glob("*.half"))
