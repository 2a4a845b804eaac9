"""The supervisor over the real servers: what is killed comes back, what is stopped stays down."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from deploy.local import control, pids
from deploy.local.control import NotRunning, Status
from deploy.local.installation import Installation
from deploy.local.state import CHECKOUT
from deploy.local.stopping import stop

pytestmark = pytest.mark.servers


def eventually(holds: Callable[[], bool], within: float = 20.0) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def answers(installation: Installation) -> bool:
    """Whether PostgreSQL answers a question."""

    async def ask() -> bool:
        connection = await installation.cluster().connect()
        try:
            return bool(await connection.fetchval("SELECT true"))
        finally:
            await connection.close()

    try:
        return asyncio.run(ask())
    except OSError:
        return False


class Platform:
    """An installation in a folder of its own, with its supervisor."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.run = installation.state.run
        self.log = installation.state.logs / "supervisor.log"
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self) -> "subprocess.Popen[bytes]":
        """Start a supervisor as `up` does."""
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                [sys.executable, "-m", "deploy.local.supervisor"],
                cwd=CHECKOUT,
                env={**os.environ, "HUITONG_STATE": str(self.installation.state.root)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        self._started.append(process)
        return process

    def end(self) -> None:
        """Stop whatever runs."""
        stop(self.installation)
        for process in self._started:
            process.wait(10)

    def status(self) -> Status:
        """What the supervisor says now."""
        return control.ask(self.run, "status")

    def is_ready(self) -> bool:
        """Whether both servers are ready."""
        try:
            return self.status().servers_ready
        except NotRunning:
            return False

    def pid(self, name: str) -> int:
        """The number of a server's process."""
        found = next(child.pid for child in self.status().children if child.name == name)
        assert found is not None
        return found


@pytest.fixture
def platform(state_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    root = state_folder / f"installation-{time.monotonic_ns()}"
    monkeypatch.setenv("HUITONG_STATE", str(root))
    installation = Installation.here().with_nats_port()
    installation.state.prepare()
    installation.keep()
    installation.cluster().initialise()
    made = Platform(installation)
    yield made
    made.end()


def test_a_killed_server_is_started_again(platform: Platform) -> None:
    supervisor = platform.start()
    eventually(platform.is_ready)
    before = {name: platform.pid(name) for name in ("postgres", "nats")}
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)
    eventually(lambda: all(child.restarts for child in platform.status().children))
    eventually(platform.is_ready)
    assert answers(platform.installation)
    assert {child.restarts for child in platform.status().children} == {1}
    stop(platform.installation)
    assert supervisor.wait(10) == 0


def test_the_supervisor_has_one_thread_since_it_forks(platform: Platform) -> None:
    supervisor = platform.start()
    eventually(platform.is_ready)
    assert psutil.Process(supervisor.pid).num_threads() == 1


def test_nothing_outlives_a_killed_supervisor_and_the_next_one_works(platform: Platform) -> None:
    supervisor = platform.start()
    eventually(platform.is_ready)
    left = [(child.pid, child.began) for child in platform.status().children]
    supervisor.kill()
    supervisor.wait()
    assert not control.is_running(platform.run)
    second = platform.start()
    eventually(platform.is_ready)
    assert not any(pids.lives(pid, began) for pid, began in left if pid is not None)
    assert answers(platform.installation)
    stop(platform.installation)
    assert second.wait(10) == 0


def test_a_second_supervisor_on_the_same_state_leaves_at_once(platform: Platform) -> None:
    platform.start()
    eventually(platform.is_ready)
    second = platform.start()
    assert second.wait(20) == 1
    assert "another supervisor" in platform.log.read_text()
    assert platform.is_ready()


def test_what_is_told_to_stop_stops_whole_and_leaves_no_process(platform: Platform) -> None:
    supervisor = platform.start()
    eventually(platform.is_ready)
    family = pids.family(supervisor.pid)
    assert len(family) > 2
    assert stop(platform.installation)
    assert supervisor.wait(10) == 0
    assert not any(pids.born(pid) for pid in family)
    assert not stop(platform.installation)
    with pytest.raises(NotRunning):
        platform.status()


def test_the_secrets_are_the_owners_alone(platform: Platform) -> None:
    state = platform.installation.state
    platform.installation.surroundings(
        platform.installation.cluster(), platform.installation.nats()
    )
    files = [path for path in state.secrets.rglob("*") if path.is_file()]
    assert len(files) > 15
    assert {path.stat().st_mode & 0o777 for path in files} == {0o600}
    assert {state.root.stat().st_mode & 0o777, state.secrets.stat().st_mode & 0o777} == {0o700}
