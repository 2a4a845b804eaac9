"""The most memory that processes held while something was done."""

import threading
from collections.abc import Mapping
from types import TracebackType

from deploy.local import control, pids
from deploy.local.installation import Installation

_EVERY = 0.1


def processes(installation: Installation) -> dict[str, int]:
    """The platform's processes by name."""
    told = control.ask(installation.state.run, "status")
    return {child.name: child.pid for child in told.children if child.pid}


class Watch:
    """Looks at each process's proportional memory while the block runs; `peak` by name, bytes."""

    def __init__(self, watched: Mapping[str, int]) -> None:
        self.peak = dict.fromkeys(watched, 0)
        self.together = 0
        self._watched = watched
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Watch":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._over.wait(_EVERY):
            total = 0
            for name, pid in self._watched.items():
                size = sum(pids.weight(member) for member in pids.family(pid))
                self.peak[name] = max(self.peak[name], size)
                total += size
            self.together = max(self.together, total)
