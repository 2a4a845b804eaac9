"""What a user sees of `make up` and the other commands, on a state and ports of its own."""

import os
import signal
import urllib.request

import pytest

from deploy.local import control
from deploy.local.processes import PROCESSES
from tests.journeys.platform import Platform, command, eventually

pytestmark = pytest.mark.servers


def test_up_ends_with_everything_ready_and_says_where_to_go(platform: Platform) -> None:
    assert platform.is_ready()
    again = command("up")
    assert again.returncode == 0, again.stderr
    assert f"{platform.url}/docs" in again.stdout
    assert str(platform.installation.credentials) in again.stdout


def test_a_second_up_finds_what_runs_and_starts_nothing(platform: Platform) -> None:
    before = {name: child.pid for name, child in platform.children().items()}
    again = command("up")
    assert again.returncode == 0, again.stderr
    assert {name: child.pid for name, child in platform.children().items()} == before


def test_the_docs_page_comes_without_the_internet(platform: Platform) -> None:
    with urllib.request.urlopen(f"{platform.url}/docs", timeout=10) as answer:  # noqa: S310
        page = answer.read().decode()
    assert answer.status == 200
    assert "https://" not in page.replace("https://www.w3.org", "")


@pytest.mark.parametrize("name", ["postgres", "nats", *(process.name for process in PROCESSES)])
def test_a_kill_of_any_one_process_is_repaired(platform: Platform, name: str) -> None:
    eventually(platform.is_ready)
    victim = platform.children()[name]
    assert victim.pid is not None
    os.kill(victim.pid, signal.SIGKILL)
    eventually(lambda: platform.children()[name].restarts > victim.restarts)
    eventually(platform.is_ready)


def test_after_a_kill_of_the_supervisor_up_works_again(platform: Platform) -> None:
    status = control.ask(platform.installation.state.run, "status")
    os.kill(status.pid, signal.SIGKILL)
    eventually(lambda: not control.is_running(platform.installation.state.run))
    again = command("up")
    assert again.returncode == 0, again.stdout + again.stderr
    assert platform.is_ready()


def test_after_down_up_works_again(platform: Platform) -> None:
    assert command("down").returncode == 0
    assert command("status").returncode == 3
    again = command("up")
    assert again.returncode == 0, again.stdout + again.stderr
    assert platform.is_ready()


def test_status_names_every_process_and_what_they_cost_together(platform: Platform) -> None:
    eventually(platform.is_ready)
    status = command("status")
    assert status.returncode == 0, status.stdout
    shown = {line.split()[0] for line in status.stdout.splitlines()}
    assert {"supervisor", "postgres", "nats", "together"} <= shown
    assert {process.name for process in PROCESSES} <= shown
