"""Brings a large file in parts (tus 1.0), in as many attempts as it takes."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

import httpx

from huitong_client import addresses
from huitong_client.downloads import Moved
from huitong_client.errors import NotUnderstood
from huitong_client.problems import refusal, unreachable
from huitong_client.retries import PASSING, Passing, Patience, persist, seconds
from huitong_client.transport import discreetly
from huitong_client.wire import Shape

VERSION = {"Tus-Resumable": "1.0.0"}
_STREAM = "application/offset+octet-stream"
_GONE = frozenset({401, 403, 404, 410})
# Another request was quicker, or changed bytes on their way: HEAD tells where to go on.
_AGAIN = frozenset({409, 460})
Pieces = Callable[[Moved, int], Iterator[bytes]]
"""The bytes of the file from a place on; the place is told as it moves."""


class AddressEnded(Exception):
    """The upload's address opens nothing any more; `refused` is what was answered."""

    def __init__(self, refused: Exception) -> None:
        super().__init__(refused)
        self.refused = refused


@dataclass(frozen=True, slots=True)
class Opened:
    """An upload as the platform opened it. The address is a secret: it is the permission."""

    id: UUID
    url: str
    batch: UUID | None

    def __repr__(self) -> str:
        return f"Opened(id={self.id}, batch={self.batch})"

    @classmethod
    def read(cls, shape: Shape, gateway: str) -> "Opened":
        """From the answer to an opening. Raises NotUnderstood for an address less guarded."""
        return cls(
            id=shape.identifier("id"),
            url=addresses.beside(gateway, shape.text("url")),
            batch=shape.identifier("batch") if shape.has("batch") else None,
        )


def metadata(**told: str) -> str:
    """The value of Upload-Metadata."""
    pairs = (f"{k} {base64.b64encode(v.encode()).decode('ascii')}" for k, v in told.items())
    return ",".join(pairs)


class Uploads:
    """Sends files to the file door. No token is ever sent there."""

    def __init__(self, http: httpx.Client, patience: Patience) -> None:
        self._http = http
        self._patience = patience

    def bring(self, url: str, size: int, pieces: Pieces, moved: Moved) -> None:
        """Send what the upload at `url` does not have yet, until it has all `size` bytes.

        Raises AddressEnded, Refused, Unreachable, and what `pieces` raises.
        """
        there = 0

        def attempt() -> None:
            nonlocal there
            before = there
            try:
                with discreetly():
                    there = self._offset(url)
                    if there < size:
                        self._send(url, there, size, pieces(moved, there))
            except httpx.TransportError as error:
                outcome = unreachable(error)
                if outcome.sentence == "certificate":
                    raise outcome from error
                raise Passing(outcome, advanced=there > before) from error

        persist(self._patience, attempt)
        moved(size, size)

    def _offset(self, url: str) -> int:
        """How many bytes are durable there."""
        response = self._http.head(url, headers=VERSION)
        _check(response)
        told = response.headers.get("upload-offset", "")
        if not (told.isascii() and told.isdigit()):
            raise NotUnderstood("field-unfit", where="HEAD", field="Upload-Offset")
        return int(told)

    def _send(self, url: str, start: int, size: int, content: Iterator[bytes]) -> None:
        headers = VERSION | {
            "Content-Type": _STREAM,
            "Content-Length": str(size - start),
            "Upload-Offset": str(start),
        }
        _check(self._http.patch(url, headers=headers, content=content))


def _check(response: httpx.Response) -> None:
    status = response.status_code
    if response.is_success:
        return
    refused = refusal(response)
    if status in _GONE:
        raise AddressEnded(refused)
    if status in PASSING or status in _AGAIN:
        after = seconds(response.headers.get("retry-after"), datetime.now(UTC))
        raise Passing(refused, asked_for=after)
    raise refused
