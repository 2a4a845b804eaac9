"""Keeps the platform running: starts the servers and the processes, and starts again what ends.

    python -m deploy.local.supervisor        (started by `up`, in the background)

One thread, no event loop: it imports what all processes need once and then forks each of them, so
that they share that memory and start at once. What it may not do before a fork: start a thread,
import polars or obstore (they start threads), or draw from a generator of random numbers whose
state a fork would copy (uuid_utils), which would give two processes the same ids.

What runs is recorded in `run/processes.json` with the moment each process began, so that a later
supervisor can tell what an earlier one left behind from a stranger with the same number.
"""

import contextlib
import importlib
import json
import os
import selectors
import signal
import socket
import sys
import time
from collections.abc import Callable
from functools import partial

from deploy.local import control, pids, postgres
from deploy.local import nats as nats_server
from deploy.local.child import Child, Program, settle
from deploy.local.control import ChildStatus, Status
from deploy.local.installation import Installation
from deploy.local.logfile import LogFile
from deploy.local.processes import PROCESSES, Process, environment
from shared import process as entry
from shared import sockets

_GRACE_SECONDS = 15.0
_SERVER_GRACE_SECONDS = 40.0


# What at least two processes import: the frameworks, the dictionary for Chinese words (34 MB in
# catalog and its worker), and what is shared of our own. None of them starts a thread.
PRELOADED = (
    "argon2",
    "asyncpg",
    "fastapi",
    "fastapi.openapi.utils",
    "httptools",
    "joserfc.jwt",
    "nats",
    "orjson",
    "pydantic_settings",
    "rjieba",
    "shared.app",
    "shared.events.catalog",
    "shared.events.exchange",
    "shared.events.gateway",
    "shared.events.requests",
    "shared.idempotency",
    "shared.lease",
    "shared.pages",
    "shared.worker",
    "shared.workdays",
    "sqlalchemy.dialects.postgresql.asyncpg",
    "sqlalchemy.ext.asyncio",
    "stdnum.cn.uscc",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.http.httptools_impl",
    "uvloop",
)


def preload() -> None:
    """Import what every process needs, before the first fork."""
    for name in PRELOADED:
        importlib.import_module(name)


def inherited() -> dict[str, str]:
    """What processes keep of the caller's environment: nothing that is a setting of ours."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("HUITONG_", "PYTHON", "VIRTUAL_ENV"))
    }


def write_environment(installation: Installation, name: str, told: dict[str, str]) -> None:
    """Keep what a process was told, for whoever looks for a fault; it holds secrets: 0600."""
    state = installation.state
    text = "".join(f"{key}={value}\n" for key, value in sorted(told.items()))
    state.write(state.environments / f"{name}.env", text)


class Supervisor:
    """The children, and the loop that watches over them."""

    def __init__(self, installation: Installation, listener: socket.socket) -> None:
        self._installation = installation
        self._fingerprint = installation.fingerprint()
        self._cluster = installation.cluster()
        self._nats = installation.nats()
        self._listener = listener
        self._selector = selectors.DefaultSelector()
        self._wakeup, waker = socket.socketpair()
        for end in (self._wakeup, waker):
            end.setblocking(False)
        self._waker = waker
        self._servers = [self._postgres(), self._nats_server()]
        self._processes: list[Child] = []
        self._stopping = False

    def _child(self, name: str, program: Program) -> Child:
        return Child(name, program, LogFile(self._installation.state.logs / f"{name}.log"))

    def _postgres(self) -> Child:
        cluster = self._cluster
        argv = cluster.argv()
        told = cluster.environment()
        return self._child(
            "postgres",
            Program(
                told,
                cluster.data,
                lambda: os.execve(argv[0], argv, told),  # noqa: S606 - no shell is wanted
                postgres.STOP,
                cluster.clear_stale_lock,
            ),
        )

    def _nats_server(self) -> Child:
        server = self._nats
        argv = server.argv()

        def configure() -> None:
            server.configure()

        return self._child(
            "nats",
            Program(
                {},
                server.folder,
                lambda: os.execve(argv[0], argv, {}),  # noqa: S606 - no shell is wanted
                nats_server.STOP,
                configure,
            ),
        )

    def _process(self, process: Process) -> Child:
        around = self._installation.surroundings(self._cluster, self._nats)
        told = environment(process, around)
        write_environment(self._installation, process.name, told)
        run: Callable[[str], None] = entry.serve if process.kind == "serve" else entry.work
        become = partial(run, process.target)
        return self._child(
            process.name, Program({**inherited(), **told}, self._installation.state.run, become)
        )

    @property
    def _children(self) -> list[Child]:
        return [*self._servers, *self._processes]

    def run(self) -> None:
        """Watch until told to stop, then stop everything in order."""
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop())
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        self._selector.register(self._wakeup, selectors.EVENT_READ, self._drain_wakeups)
        self._selector.register(self._listener, selectors.EVENT_READ, self._answer)
        while not self._stopping:
            self._start_what_is_due()
            self._watch(0.5)
        self._shut_down()

    def _watch(self, seconds: float) -> None:
        """Handle what happens within `seconds`, at least until a first thing did."""
        due = [child.due - time.monotonic() for child in self._children if child.due is not None]
        for key, _ in self._selector.select(max(0.0, min([seconds, *due]))):
            key.data()
        self._collect()

    def _drain_wakeups(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while self._wakeup.recv(4096):
                pass

    def _start_what_is_due(self) -> None:
        for child in self._children:
            if child.due is None or child.due > time.monotonic():
                continue
            child.start(self._shut_in_child)
            if child.output is not None:
                self._selector.register(
                    child.output, selectors.EVENT_READ, partial(self._read, child)
                )
            self._record()

    def _shut_in_child(self) -> None:
        self._selector.close()
        for end in (self._wakeup, self._waker, self._listener):
            end.close()
        for child in self._children:
            child.close_output()

    def _read(self, child: Child) -> None:
        if not child.read() and child.output is not None:
            self._selector.unregister(child.output)
            child.close_output()

    def _collect(self) -> None:
        """Note every process that has ended."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for child in self._children:
                if child.pid == pid:
                    # What it wrote last is still in the pipe. A grandchild may keep the pipe
                    # open after it; our end is closed all the same.
                    child.read()
                    if child.output is not None:
                        self._selector.unregister(child.output)
                        child.close_output()
                    child.ended(status, again=not self._stopping)
                    self._record()

    def _answer(self) -> None:
        """Take one command."""
        connection, _ = self._listener.accept()
        with connection:
            connection.settimeout(2)
            try:
                command = connection.recv(64).decode().strip()
                if command == "start" and not self._processes:
                    self._processes = [self._process(process) for process in PROCESSES]
                if command == "stop":
                    self._stop()
                connection.sendall(self._status().line())
            except OSError:
                return  # The asker has gone away.

    def _servers_ready(self) -> bool:
        server = self._servers[0].pid
        return server is not None and self._cluster.is_ready(server) and self._nats.is_ready()

    def _status(self) -> Status:
        now = time.monotonic()
        return Status(
            os.getpid(),
            self._fingerprint,
            self._stopping,
            self._servers_ready(),
            tuple(
                ChildStatus(c.name, c.pid, c.began, c.restarts, now - c.started_at)
                for c in self._children
            ),
        )

    def _record(self) -> None:
        """Write down what runs, for a supervisor that comes after a crash of this one."""
        running = {c.name: {"pid": c.pid, "began": c.began} for c in self._children if c.pid}
        state = self._installation.state
        state.write(state.run / "processes.json", json.dumps(running))

    def _stop(self) -> None:
        self._stopping = True

    def _shut_down(self) -> None:
        """The doors first, then what stands behind them, and the servers last."""
        self._end(self._processes, _GRACE_SECONDS)
        self._end(list(reversed(self._servers)), _SERVER_GRACE_SECONDS)
        self._record()

    def _end(self, children: list[Child], grace: float) -> None:
        for child in children:
            child.due = None
            child.signal(child.program.stop)
        deadline = time.monotonic() + grace
        while any(child.pid for child in children) and time.monotonic() < deadline:
            self._watch(0.2)
        for child in children:
            if child.pid is not None:
                child.say(f"does not end within {grace:.0f} s and is killed")
            child.signal(signal.SIGKILL)
        while any(child.pid for child in children):
            self._watch(0.2)


def end_leftovers(installation: Installation) -> list[str]:
    """End what an earlier supervisor left running when it was killed; return the names.

    Each process is told by its number and the moment that it began: a stranger is never touched.
    """
    try:
        noted = json.loads((installation.state.run / "processes.json").read_text())
    except (OSError, json.JSONDecodeError):
        return []
    left = {
        name: process
        for name, process in noted.items()
        if process["began"] and pids.lives(process["pid"], process["began"])
    }
    for how, seconds in ((signal.SIGTERM, _GRACE_SECONDS), (signal.SIGKILL, _GRACE_SECONDS)):
        for name, process in left.items():
            if pids.lives(process["pid"], process["began"]):
                gentle = postgres.STOP if name == "postgres" else how
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process["pid"], gentle if how is signal.SIGTERM else how)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not any(pids.lives(p["pid"], p["began"]) for p in left.values()):
                return sorted(left)
            time.sleep(0.05)
    return sorted(left)


def main() -> None:
    """Run until told to stop. The state folder has been prepared by `up`."""
    installation = Installation.here()
    run = installation.state.run
    try:
        with control.only_one(run):
            end_leftovers(installation)
            preload()
            settle()
            path = sockets.short(run / "supervisor.sock")
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
                listener.bind(path)
                listener.listen()
                Supervisor(installation, listener).run()
            os.unlink(path)
    except BlockingIOError:
        sys.exit("another supervisor runs on this state")


if __name__ == "__main__":
    main()
