"""Where exchange keeps its bytes, and the keys that they are sealed under.

    incoming/BATCH.sealed              an upload, from its first byte until the batch is finished
    uploads/UPLOAD/SEGMENT.sealed      what came of a resumable one, as long
    batches/BATCH/ATTEMPT/DIGEST.sealed  the parts of a batch
    views/VIEW/DIGEST.sealed           what was cut for grants
    scratch/…                          what one run of the worker spills

Where there is an object store, batches and views are brought there before anything refers to
them, and leave the folder a while later. Every key is random, and stored wrapped by the master
key beside what it opens.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from uuid import UUID

from services.exchange.tables.sealed import Beyond, SealedFolder
from shared.crypto import Suite, suite

if TYPE_CHECKING:
    from services.exchange.objects import Bucket
    from services.exchange.settings import ExchangeSettings

FOLDERS = ("incoming", "uploads", "batches", "views", "scratch")


@dataclass(frozen=True, slots=True)
class Vault:
    """The storage folder and the master key."""

    root: Path
    master: bytes
    suite: Suite
    bucket: "Bucket | None" = None

    @classmethod
    def told(cls, told: "ExchangeSettings") -> "Vault":
        """The vault of an installation."""
        # Where there is no object store, its client is not even loaded.
        bucket = None
        if told.objects is not None:
            from services.exchange.objects import Bucket

            bucket = Bucket.told(told)
        return cls(told.storage, told.master, suite(told.crypto_suite), bucket)

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
        return SealedFolder(folder, self.unwrap(wrapped), self.suite, self.beyond(folder))

    def beyond(self, folder: Path) -> "Beyond | None":
        """Where the files of an attempt or a view lie besides, None for nowhere."""
        return None if self.bucket is None else _Beyond(self.bucket, self.name(folder))

    def name(self, path: Path) -> str:
        """What a file or folder is called in the object store."""
        return path.relative_to(self.root).as_posix()

    def remove(self, path: Path) -> None:
        """Remove a sealed file wherever it lies. Raises OSError."""
        path.unlink(missing_ok=True)
        if self.bucket is not None:
            self.bucket.remove([self.name(path)])

    def remove_attempts(self, batch: UUID, keep: int | None) -> None:
        """Remove from the object store every attempt at a batch but one. Raises OSError."""
        if self.bucket is None:
            return
        folder = self.name(self.batch(batch))
        for found in self.bucket.list(f"{folder}/"):
            kept = f"{folder}/{keep}/"
            self.bucket.remove([one.name for one in found if not one.name.startswith(kept)])

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


@dataclass(frozen=True, slots=True)
class _Beyond:
    """The files of one folder in the object store."""

    bucket: "Bucket"
    folder: str

    def put(self, digest: str, path: Path) -> None:
        """Bring a file there."""
        if not path.exists():
            raise FileNotFoundError
        self.bucket.put(self._name(digest), path)

    def open(self, digest: str) -> BinaryIO:
        """A file that is there."""
        return self.bucket.open(self._name(digest))

    def _name(self, digest: str) -> str:
        return f"{self.folder}/{digest}.sealed"
