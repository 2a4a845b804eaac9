"""The target folder of pulls: held by one process at a time, with a memory of how far it came."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import orjson

from huitong_client import durable, wire
from huitong_client.answers import Format, Source
from huitong_client.errors import LocalTrouble, NotUnderstood

STATE_FILE = "huitong-state.json"
LOCK_FILE = ".huitong.lock"
_VERSION = 1


@dataclass(frozen=True, slots=True)
class PulledFile:
    """One file as it was pulled. Whoever loads it may take it away: it does not come again."""

    name: str
    sequence: int
    mode: str
    size: int
    rows: int
    digest: str


@dataclass(frozen=True, slots=True)
class Held:
    """What the folder holds up to a sequence number, by the digest over the digests of its files;
    the platform is still to be told."""

    epoch: int
    sequence: int
    digest: str


@dataclass(frozen=True, slots=True)
class State:
    """How far the folder came: every change up to `sequence` of `epoch` was in its files.

    `files` are those that were not taken away by the last pull, in the order to load them.
    """

    grant: UUID
    resource: UUID
    source: Source
    format: Format
    epoch: int
    sequence: int
    files: tuple[PulledFile, ...]
    unconfirmed: tuple[Held, ...] = ()


class Folder:
    """A folder that this process holds."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def state(self) -> State | None:
        """What is remembered; None in a new folder. Raises LocalTrouble where it is unreadable."""
        path = self.path / STATE_FILE
        try:
            shape = wire.parse(path.read_bytes(), path.name)
            if shape.whole("version") != _VERSION:
                raise LocalTrouble("state-unreadable", path=path)
            source = shape.inner("source")
            return State(
                grant=shape.identifier("grant"),
                resource=shape.identifier("resource"),
                source=Source(
                    name=source.text("name"),
                    department=source.text("department"),
                    data_at=source.moment_or_none("data_at"),
                ),
                format=Format(shape.text("format")),
                epoch=shape.whole("epoch"),
                sequence=shape.whole("sequence"),
                files=tuple(
                    PulledFile(
                        name=file.text("name"),
                        sequence=file.whole("sequence"),
                        mode=file.text("mode"),
                        size=file.whole("size"),
                        rows=file.whole("rows"),
                        digest=file.text("digest"),
                    )
                    for file in shape.each("files")
                ),
                unconfirmed=tuple(
                    Held(held.whole("epoch"), held.whole("sequence"), held.text("digest"))
                    for held in shape.each("unconfirmed")
                ),
            )
        except FileNotFoundError:
            return None
        except (NotUnderstood, ValueError) as error:
            raise LocalTrouble("state-unreadable", path=path) from error

    def remember(self, state: State) -> None:
        """Keep `state`, durably. From here on its files count as pulled."""
        body = {"version": _VERSION, **{name: getattr(state, name) for name in _FIELDS}}
        try:
            durable.write(self.path / STATE_FILE, orjson.dumps(body, option=orjson.OPT_INDENT_2))
        except OSError as error:
            raise LocalTrouble("state-unwritable", path=self.path) from error

    def sweep(self) -> None:
        """Remove parts that no pull will continue: what is remembered has no need of them."""
        for part in [*self.path.glob("[0-9]*.part"), *self.path.glob("[0-9]*.part.json")]:
            part.unlink(missing_ok=True)


_FIELDS = ("grant", "resource", "source", "format", "epoch", "sequence", "files", "unconfirmed")


@contextmanager
def held(path: Path) -> Iterator[Folder]:
    """Hold the folder, made if it is not there (for its owner alone).

    Raises LocalTrouble where another pull holds it, or it cannot be written. The lock ends with
    the process, however that ends.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(path / LOCK_FILE, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise LocalTrouble("folder-unfit", path=path) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)
        raise LocalTrouble("folder-busy", path=path) from None
    try:
        yield Folder(path)
    finally:
        os.close(handle)
