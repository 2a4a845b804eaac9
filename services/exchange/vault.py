"""Where exchange keeps its bytes, and the keys that they are sealed under.

    incoming/BATCH.sealed              an upload, from its first byte until the batch is finished
    uploads/UPLOAD/SEGMENT.sealed      what came of a resumable one, as long
    batches/BATCH/ATTEMPT/DIGEST.sealed  the parts of a batch
    views/VIEW/DIGEST.sealed           what was cut for grants
    scratch/…                          what one run of the worker spills

Every key is random, and stored wrapped by the master key beside what it opens.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from services.exchange.tables.sealed import SealedFolder
from shared.crypto import Suite

FOLDERS = ("incoming", "uploads", "batches", "views", "scratch")


@dataclass(frozen=True, slots=True)
class Vault:
    """The storage folder and the master key."""

    root: Path
    master: bytes
    suite: Suite

    def prepare(self) -> None:
        """Make the folders, closed to everybody else."""
        for name in FOLDERS:
            (self.root / name).mkdir(mode=0o700, parents=True, exist_ok=True)

    def upload(self, batch: UUID) -> Path:
        """Where an upload lies."""
        return self.root / "incoming" / f"{batch}.sealed"

    def resumable(self, upload: UUID) -> Path:
        """Where the segments of a resumable upload lie."""
        return self.root / "uploads" / str(upload)

    def batch(self, batch: UUID) -> Path:
        """Where the attempts at a batch lie."""
        return self.root / "batches" / str(batch)

    def attempt(self, batch: UUID, attempt: int) -> Path:
        """Where one attempt at a batch lies."""
        return self.batch(batch) / str(attempt)

    def view(self, view: UUID) -> Path:
        """Where what was cut for a view lies."""
        return self.root / "views" / str(view)

    def files(self, folder: Path, wrapped: bytes) -> SealedFolder:
        """The sealed files of an attempt or a view, to be read."""
        return SealedFolder(folder, self.unwrap(wrapped), self.suite)

    def scratch(self, name: str) -> Path:
        """A scratch folder of this process."""
        return self.root / "scratch" / f"{name}-{os.getpid()}"

    def fresh_key(self) -> tuple[bytes, bytes]:
        """A new key, and the same wrapped for storing."""
        key = self.suite.new_key()
        return key, self.suite.wrap(self.master, key)

    def unwrap(self, wrapped: bytes) -> bytes:
        """The key inside. Raises shared.crypto.Tampered."""
        return self.suite.unwrap(self.master, wrapped)

    def derived(self, purpose: str) -> bytes:
        """A key of the installation's own for one purpose."""
        return self.suite.mac(self.master, b"exchange " + purpose.encode())
