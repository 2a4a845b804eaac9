"""The spool: access records on this machine's disk while NATS is away, bounded and fsynced.

One file a message, named so that names sort in the order of writing.
"""

import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from shared.ids import new_id


class SpoolFull(Exception):
    """The spool holds as much, or has waited as long, as it may."""


@dataclass(frozen=True, slots=True)
class Spooled:
    """One message in the spool."""

    name: str
    message: bytes


class Spool:
    """A folder of messages. `limit_bytes` and `limit_seconds` bound what may wait in it."""

    def __init__(self, folder: Path, limit_bytes: int, limit_seconds: int) -> None:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._limit_bytes = limit_bytes
        self._limit_seconds = limit_seconds
        self._lock = threading.Lock()
        for half in folder.glob("*.part"):
            half.unlink()  # Never acknowledged to anybody: a crash came before the rename.
        self._sizes = {path.name: path.stat().st_size for path in sorted(folder.glob("*.json"))}

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not self._sizes

    def add(self, message: bytes) -> None:
        """Keep a message; it survives a power cut when this returns. Raises SpoolFull."""
        with self._lock:
            self._refuse_when_full(len(message))
            name = f"{time.time_ns():020d}-{new_id().hex}.json"
            part = self._folder / f"{name}.part"
            try:
                with part.open("xb") as file:
                    file.write(message)
                    file.flush()
                    os.fsync(file.fileno())
                part.rename(self._folder / name)
                self._sync_folder()
            except OSError as error:
                part.unlink(missing_ok=True)
                raise SpoolFull(f"the spool cannot be written: {error.strerror}") from error
            self._sizes[name] = len(message)

    def oldest(self) -> Spooled | None:
        """The message that waits longest."""
        with self._lock:
            if not self._sizes:
                return None
            name = next(iter(self._sizes))
            return Spooled(name, (self._folder / name).read_bytes())

    def remove(self, spooled: Spooled) -> None:
        """Forget a message that is durable elsewhere now."""
        with self._lock:
            (self._folder / spooled.name).unlink(missing_ok=True)
            self._sizes.pop(spooled.name, None)

    def _refuse_when_full(self, size: int) -> None:
        if sum(self._sizes.values()) + size > self._limit_bytes:
            raise SpoolFull("the spool has reached its size")
        if self._sizes:
            oldest = int(next(iter(self._sizes)).partition("-")[0]) / 1e9
            if time.time() - oldest > self._limit_seconds:
                raise SpoolFull("the spool has waited for too long")

    def _sync_folder(self) -> None:
        handle = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
