"""How commands speak to the supervisor: a line of JSON each way over a socket in the state."""

import contextlib
import fcntl
import json
import os
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from shared import sockets

Command = Literal["status", "start", "stop"]


class NotRunning(Exception):
    """There is no supervisor."""


@dataclass(frozen=True)
class ChildStatus:
    """What the supervisor knows of one process; times in seconds."""

    name: str
    pid: int | None
    began: str
    restarts: int
    running_for: float


@dataclass(frozen=True)
class Status:
    """What the supervisor is doing: its own process, what it was started from, its children."""

    pid: int
    fingerprint: str
    stopping: bool
    servers_ready: bool
    children: tuple[ChildStatus, ...]

    def line(self) -> bytes:
        """The status as one line."""
        return json.dumps(asdict(self)).encode() + b"\n"

    @classmethod
    def read(cls, line: bytes) -> "Status":
        """The status that `line` wrote."""
        told = json.loads(line)
        children = tuple(ChildStatus(**child) for child in told.pop("children"))
        return cls(children=children, **told)


def ask(run: Path, command: Command, within: float = 10.0) -> Status:
    """Give the supervisor a command; its status is the answer. Raises NotRunning."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(within)
        try:
            connection.connect(sockets.short(run / "supervisor.sock"))
            connection.sendall(command.encode() + b"\n")
            answer = b""
            while not answer.endswith(b"\n"):
                part = connection.recv(65536)
                if not part:
                    raise NotRunning
                answer += part
        except OSError as error:
            raise NotRunning from error
    return Status.read(answer)


@contextlib.contextmanager
def only_one(run: Path) -> Iterator[None]:
    """Be the only supervisor of this state; the lock goes with the process. Raises BlockingIOError.

    A record lock, because children do not inherit it: they must not keep it when we are gone.
    """
    handle = os.open(run / "supervisor.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(handle)


def is_running(run: Path) -> bool:
    """Whether a supervisor holds the lock."""
    try:
        with only_one(run):
            return False
    except BlockingIOError:
        return True
    except OSError:
        return False
