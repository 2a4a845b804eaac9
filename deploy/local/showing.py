"""`status`, `logs`, `shell` and `verify`: what runs, says, was told and has stored."""

import os
import sys
import time
from collections.abc import Iterable
from pathlib import Path

from deploy.local import control, pids
from deploy.local.control import NotRunning
from deploy.local.installation import Installation, names
from deploy.local.processes import PROCESSES, probed
from deploy.local.progress import duration, megabytes
from deploy.local.starting import readiness_of


def status() -> int:
    """Print each process with what it costs; the exit status is 0 when all are ready."""
    installation = Installation.here()
    try:
        told = control.ask(installation.state.run, "status")
    except NotRunning:
        print("The platform does not run. Start it with: make up")
        return 3
    around = installation.surroundings(installation.cluster(), installation.nats())
    addresses = {process.name: probed(process, around) for process in PROCESSES}
    print(f"{'process':<17}{'state':<26}{'pid':>8}{'memory':>9}{'restarts':>10}  running for")
    total = pids.weight(told.pid)
    print(f"{'supervisor':<17}{'ready':<26}{told.pid:>8}{megabytes(total):>9}{'-':>10}")
    unready = 0
    for child in told.children:
        if child.name in addresses:
            state = readiness_of(child, addresses[child.name])
        else:
            state = "ready" if told.servers_ready else "not ready"
        unready += state != "ready"
        size = sum(pids.weight(pid) for pid in pids.family(child.pid)) if child.pid else 0
        total += size
        age = duration(child.running_for) if child.pid else ""
        print(
            f"{child.name:<17}{state:<26}{child.pid or '-':>8}{megabytes(size):>9}"
            f"{child.restarts:>10}  {age}"
        )
    print(f"{'together':<17}{'':<34}{megabytes(total):>9}")
    return 1 if unready else 0


def chosen(part: str | None) -> list[str]:
    """The processes whose name is `part` or begins with it; all when nothing is named."""
    known = names()
    found = [n for n in known if part is None or n == part or n.startswith(f"{part}-")]
    if not found:
        sys.exit(f"There is no process {part!r}. There are: {', '.join(known)}.")
    return found


class Follower:
    """Reads what is added to a log file, also after it was turned over."""

    def __init__(self, path: Path, name: str, width: int) -> None:
        self._path = path
        self._prefix = f"{name:<{width}} | " if width else ""
        self._inode = 0
        self._position = 0
        self._rest = ""

    def lines(self) -> Iterable[str]:
        """The whole lines that are new."""
        try:
            with self._path.open(errors="replace") as file:
                inode = os.fstat(file.fileno()).st_ino
                if inode != self._inode:
                    self._inode, self._position = inode, 0
                file.seek(self._position)
                text = self._rest + file.read()
                self._position = file.tell()
        except OSError:
            return
        *whole, self._rest = text.split("\n")
        for line in whole:
            yield f"{self._prefix}{line}"


def logs(part: str | None, *, follow: bool = True) -> None:
    """Print the last lines of the logs, then what is added, until Ctrl-C."""
    installation = Installation.here()
    if not installation.state.exists():
        sys.exit("There are no logs: nothing has been started yet.")
    found = chosen(part)
    width = max(map(len, found)) if len(found) > 1 else 0
    folder = installation.state.logs
    followers = [Follower(folder / f"{name}.log", name, width) for name in found]
    for follower in followers:
        for line in list(follower.lines())[-(10 if width else 50) :]:
            print(line)
    while follow:
        for follower in followers:
            for line in follower.lines():
                print(line, flush=True)
        time.sleep(0.3)


def shell(part: str | None) -> None:
    """Become a shell that has the settings of one process, to look for a fault with its rights."""
    name = chosen(part)[0] if part else "gateway"
    told = _told(name)
    program = os.environ.get("SHELL", "/bin/sh")
    print(f"settings of {name}; `exit` leaves them")
    os.execvpe(program, [program], {**os.environ, **told})  # noqa: S606 - a shell is asked for


def verify() -> None:
    """Become the check of what exchange has stored; its exit status is the answer."""
    told = _told("exchange-worker")
    command = [sys.executable, "-m", "services.exchange.checking", "check"]
    os.execvpe(command[0], command, {**os.environ, **told})  # noqa: S606 - our own module


def _told(name: str) -> dict[str, str]:
    path = Installation.here().state.environments / f"{name}.env"
    try:
        return dict(line.partition("=")[::2] for line in path.read_text().splitlines())
    except OSError:
        sys.exit(f"{name} has no settings of its own, or was never started.")
