"""`down` and `reset`: stop what runs, and delete the data where that is wished."""

import sys
import time

from deploy.local import control
from deploy.local.control import NotRunning
from deploy.local.installation import Installation
from deploy.local.progress import Progress
from deploy.local.supervisor import end_leftovers

_STOP_SECONDS = 90.0


class StopError(Exception):
    """The platform does not stop; the sentence says what to do."""


def stop(installation: Installation) -> bool:
    """Stop everything, also what a killed supervisor has left; return whether anything ran."""
    run = installation.state.run
    if not control.is_running(run):
        return bool(end_leftovers(installation))
    deadline = time.monotonic() + _STOP_SECONDS
    asked = False
    while control.is_running(run):
        if not asked:
            try:
                asked = control.ask(run, "stop").stopping
            except NotRunning:
                asked = False  # It is just starting, or just ending.
        if time.monotonic() > deadline:
            raise StopError(f"The supervisor does not stop: see {installation.state.logs}.")
        time.sleep(0.05)
    return True


def down() -> None:
    """Stop the platform; its data stays."""
    installation = Installation.here()
    if not installation.state.exists():
        print("Nothing runs, and there is no data.")
        return
    with Progress().step("stop", "a moment, requests are being finished") as said:
        said.append("everything has stopped" if stop(installation) else "nothing was running")


def reset(*, asking: bool) -> None:
    """Delete the state folder after having stopped what uses it; nothing else is touched."""
    installation = Installation.here()
    root = installation.state.root
    if not installation.state.exists():
        print("There is no data.")
        return
    if asking:
        if not sys.stdin.isatty():
            sys.exit("This deletes all data: say `make reset FORCE=1`.")
        print(f"This deletes all data in {root}.")
        if input("Type 'reset' to go on: ").strip() != "reset":
            sys.exit("Nothing was deleted.")
    with Progress().step("reset") as said:
        stop(installation)
        installation.state.remove()
        said.append("stopped and deleted")
