"""A platform that `up` started, in a state folder and on ports of its own."""

import subprocess
import sys
import time
from collections.abc import Callable

from deploy.local import control
from deploy.local.installation import Installation
from deploy.local.processes import PROCESSES, listens
from deploy.local.starting import readiness_of
from deploy.local.state import CHECKOUT


def command(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """What `make` runs."""
    return subprocess.run(  # noqa: S603 - our own commands
        [sys.executable, "-m", "deploy.local", *arguments],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
        timeout=300,
    )


def eventually(holds: Callable[[], bool], within: float = 40.0) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.1)


class Platform:
    """A platform that was started by `up`."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.url = installation.public_url
        cluster, nats = installation.cluster(), installation.nats()
        around = installation.surroundings(cluster, nats)
        self._addresses = {process.name: listens(process, around) for process in PROCESSES}

    def children(self) -> dict[str, control.ChildStatus]:
        """Every process by its name."""
        status = control.ask(self.installation.state.run, "status")
        return {child.name: child for child in status.children}

    def is_ready(self) -> bool:
        """Whether the servers and every process are ready."""
        status = control.ask(self.installation.state.run, "status")
        children = {child.name: child for child in status.children}
        return status.servers_ready and all(
            readiness_of(children.get(name), address) == "ready"
            for name, address in self._addresses.items()
        )
