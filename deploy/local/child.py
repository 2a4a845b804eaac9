"""One process under the supervisor: how it is started, when again, and where its output goes."""

import ctypes
import gc
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.local import pids
from deploy.local.logfile import LogFile

_PR_SET_PDEATHSIG = 1
_STEADY_SECONDS = 30.0
_LONGEST_WAIT = 15.0
_READS = 16  # of 64 KB: more than a pipe holds.


@dataclass(frozen=True)
class Program:
    """What a child becomes. `prepare` runs in the supervisor, right before each start."""

    environment: Mapping[str, str]
    folder: Path
    # Never returns normally for a server (it becomes another program); returns at the end of work.
    become: Callable[[], None]
    stop: signal.Signals = signal.SIGTERM
    prepare: Callable[[], None] = lambda: None


@dataclass
class Child:
    """A process that is to run until it is told to stop."""

    name: str
    program: Program
    log: LogFile
    pid: int | None = None
    began: str = ""
    started_at: float = 0.0
    restarts: int = 0
    # The monotonic moment at which to start it (again); None while it runs or is to stay down.
    due: float | None = 0.0
    output: int | None = None
    _wait: float = field(default=0.0, repr=False)

    def start(self, shut: Callable[[], None]) -> None:
        """Fork. `shut` closes, in the child, what is the supervisor's alone."""
        self.due = None
        try:
            self.program.prepare()
            reading, writing = os.pipe()
        except Exception as error:  # any reason means the same: not now, and the log says why
            self._not_yet(str(error))
            return
        supervisor = os.getpid()
        try:
            pid = os.fork()
        except OSError as error:
            os.close(reading)
            os.close(writing)
            self._not_yet(f"no process can be made: {error.strerror}")
            return
        if pid == 0:
            os.close(reading)
            shut()
            _be(self.program, writing, supervisor)
        os.close(writing)
        os.set_blocking(reading, False)
        self.pid, self.output = pid, reading
        self.began = pids.born(pid) or ""
        self.started_at = time.monotonic()

    def ended(self, status: int, *, again: bool) -> None:
        """Note that the process has ended; with `again` it gets a next start."""
        how = os.waitstatus_to_exitcode(status)
        text = f"signal {signal.Signals(-how).name}" if how < 0 else f"exit status {how}"
        steady = time.monotonic() - self.started_at > _STEADY_SECONDS
        self.pid = None
        self.began = ""
        if again:
            if steady:
                self._wait = 0.0
            self.restarts += 1
            self._again()
            self.say(f"ended by {text}; starts again in {self._wait:.1f} s")
        else:
            self.say(f"ended by {text}")

    def _not_yet(self, reason: str) -> None:
        self.restarts += 1
        self._again()
        self.say(f"cannot start: {reason}; tries again in {self._wait:.1f} s")

    def _again(self) -> None:
        self._wait = min(self._wait * 2 or 0.2, _LONGEST_WAIT)
        self.due = time.monotonic() + self._wait

    def read(self) -> bool:
        """Move what the process has written to its log; False when nobody can write any more.

        At most a pipe's worth at once, so that one that never stops writing delays nobody.
        """
        if self.output is None:
            return False
        try:
            for _ in range(_READS):
                data = os.read(self.output, 65536)
                if not data:
                    return False
                self.log.write(data)
        except BlockingIOError:
            pass
        return True

    def close_output(self) -> None:
        """Close our end of the pipe."""
        if self.output is not None:
            os.close(self.output)
            self.output = None

    def say(self, sentence: str) -> None:
        """Add a line of the supervisor's own to the log."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.log.write(f"-- {moment} {self.name} {sentence}\n".encode())

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, if the process runs. Its number is ours until we have collected it."""
        if self.pid is not None:
            os.kill(self.pid, number)


def _be(program: Program, output: int, supervisor: int) -> None:
    """In the child: become the program. Does not return."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGHUP):
            signal.signal(number, signal.SIG_DFL)
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.close(nothing)
        os.close(output)
        # By the line, so that the log shows what is said when it is said.
        sys.stdout = open(1, "w", buffering=1, closefd=False)  # noqa: SIM115 - for good
        sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115 - for good
        die_with(supervisor)
        os.environ.clear()
        os.environ.update(program.environment)
        os.chdir(program.folder)
        program.become()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 1
        if isinstance(end.code, str):
            sys.stderr.write(end.code + "\n")
    except BaseException:
        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        # Past every `finally` and `atexit` of the supervisor, whose copy this process is.
        os._exit(status)


def die_with(parent: int) -> None:
    """Ask the kernel (Linux) for a SIGTERM when the parent is gone; leave if it is already."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:
            os._exit(1)


def settle() -> None:
    """Before the first fork: what is in memory now is shared by all children and stays so."""
    gc.collect()
    gc.freeze()
