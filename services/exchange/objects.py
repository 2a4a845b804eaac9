"""Sealed files in an object store: any S3, by setting.

Files are sealed before they leave for it, so a store sees noise. Its addresses stay inside: bytes
reach callers through the file door alone. Everything here waits on a network: call it in threads.
"""

import contextlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast
from urllib.parse import urlsplit

import obstore
from obstore import exceptions
from obstore.store import ObjectStore, S3Store

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from obstore.store import S3Config

    from services.exchange.settings import ExchangeSettings

# A part of an upload, and how many are on their way at once: so much memory a file.
_PART = 8 << 20
_AT_ONCE = 3
# What is asked for at once while a file is read: little for a place in it, more for a stream.
_LEAST_AHEAD = 1 << 20
_MOST_AHEAD = 8 << 20
_LISTED = 1000


class StoreAway(OSError):
    """The object store did not do what it was asked; it may be asked again."""


@dataclass(frozen=True, slots=True)
class Stored:
    """One object: its name, and when it was written."""

    name: str
    written: datetime


class Bucket:
    """The objects of this service in a store."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    @classmethod
    def told(cls, told: "ExchangeSettings") -> "Bucket | None":
        """The bucket that the settings name, None where bytes lie in a folder alone."""
        if told.objects is None:
            return None
        place = urlsplit(told.objects)
        endpoint = told.objects_endpoint
        config: S3Config = {"region": told.objects_region, "virtual_hosted_style_request": False}
        if endpoint is not None:
            config["endpoint"] = endpoint
        key, secret = told.objects_key_id, told.objects_secret
        if key is not None and secret is not None:
            config["access_key_id"] = key.get_secret_value()
            config["secret_access_key"] = secret.get_secret_value()
        return cls(
            S3Store(
                place.netloc,
                prefix=place.path.strip("/") or None,
                config=config,
                client_options={
                    "allow_http": endpoint is not None and endpoint.startswith("http://"),
                    "connect_timeout": "5s",
                    "timeout": "60s",
                },
                retry_config={"max_retries": 3, "retry_timeout": timedelta(seconds=20)},
            )
        )

    def put(self, name: str, path: Path) -> None:
        """Store a file, in parts where it is large; again is the same. Raises StoreAway."""
        with _translated():
            obstore.put(self._store, name, path, chunk_size=_PART, max_concurrency=_AT_ONCE)

    def open(self, name: str) -> BinaryIO:
        """An object as a file that is read from anywhere. Raises FileNotFoundError, StoreAway."""
        return cast("BinaryIO", Fetched(self._store, name))

    def has(self, name: str) -> bool:
        """Whether the object is there. Raises StoreAway."""
        try:
            with _translated():
                obstore.head(self._store, name)
        except FileNotFoundError:
            return False
        return True

    def remove(self, names: Sequence[str]) -> None:
        """Remove objects; one that is not there is removed. Raises StoreAway."""
        if names:
            with _translated(), contextlib.suppress(exceptions.NotFoundError):
                obstore.delete(self._store, list(names))

    def list(self, folder: str) -> Iterator[Sequence[Stored]]:
        """Everything below a folder, piece by piece. Raises StoreAway."""
        with _translated():
            for found in obstore.list(self._store, prefix=folder, chunk_size=_LISTED):
                yield [Stored(one["path"], one["last_modified"]) for one in found]


class Fetched(io.RawIOBase):
    """An object, fetched piece by piece as it is read. Holds at most `_MOST_AHEAD` and a first
    piece. Raises FileNotFoundError when it is made, StoreAway."""

    def __init__(self, store: ObjectStore, name: str) -> None:
        super().__init__()
        self._store = store
        self._name = name
        self._at = 0
        self._ahead = _LEAST_AHEAD
        with _translated():
            # One request tells the size and brings the beginning, for many files all there is.
            answer = obstore.get(store, name, options={"range": (0, _LEAST_AHEAD)})
            self._size: int = answer.meta["size"]
            self._first = bytes(answer.bytes())
        self._start, self._piece = 0, self._first

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place."""
        self._at = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence] + offset
        return self._at

    def tell(self) -> int:
        """The place."""
        return self._at

    def readinto(self, buffer: "WriteableBuffer") -> int:
        """The next bytes, as many as there is room for; fewer at the end. Raises StoreAway."""
        view = memoryview(buffer).cast("B")
        done = 0
        while done < len(view) and self._at < self._size:
            inside = self._at - self._start
            if not 0 <= inside < len(self._piece):
                self._fetch()
                continue
            taken = self._piece[inside : inside + len(view) - done]
            view[done : done + len(taken)] = taken
            done += len(taken)
            self._at += len(taken)
        return done

    def _fetch(self) -> None:
        if self._at < len(self._first):
            self._start, self._piece = 0, self._first
            return
        # What follows on what was read is a stream; anything else is a look at one place.
        streams = self._at == self._start + len(self._piece)
        self._ahead = min(self._ahead * 2, _MOST_AHEAD) if streams else _LEAST_AHEAD
        end = min(self._at + self._ahead, self._size)
        self._piece = b""
        with _translated():
            found = obstore.get_range(self._store, self._name, start=self._at, end=end)
            self._start, self._piece = self._at, bytes(found)
        if len(self._piece) != end - self._at:
            raise StoreAway("the object store sent fewer bytes than it has")


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """The store's errors as those of files: it is not there, or the store is away."""
    try:
        yield
    except exceptions.NotFoundError:
        raise FileNotFoundError from None
    except exceptions.BaseError as error:
        # Their texts hold addresses and what the store said; the kind is enough.
        raise StoreAway(type(error).__name__) from None
