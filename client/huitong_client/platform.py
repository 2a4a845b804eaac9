"""The platform as a department's system sees it: one method an operation, values for answers."""

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO
from uuid import UUID

import httpx
import orjson

from huitong_client import digests, profiles, wire
from huitong_client.answers import (
    Batch,
    Changes,
    Format,
    Found,
    Grant,
    Identity,
    Snapshot,
)
from huitong_client.certificates import own
from huitong_client.downloads import Downloads
from huitong_client.errors import LocalTrouble, Refused
from huitong_client.profiles import Profile
from huitong_client.retries import Patience
from huitong_client.tokens import Tokens
from huitong_client.transport import Call, Gateway, connect
from huitong_client.uploads import Uploads
from huitong_client.wire import Shape

KEYS_A_CALL = 1000
_PAGE = "200"
_IN_THE_MAKING = "view-in-the-making"
_MADE_WITHIN = 3600.0
"""Seconds for which a view that nobody asked for before may be in the making."""

Key = str | Sequence[str]
"""A key as a row is looked up by it; where several items are the key, their values in order."""


class Platform:
    """A connection to one gateway as one client. Safe to share between threads; close it."""

    def __init__(
        self, profile: Profile, *, patience: Patience | None = None, kept_as: str | None = None
    ) -> None:
        """`kept_as` names the profile beside which tokens are kept for the next process.

        Raises LocalTrouble where the profile's CA file cannot be read, NotLoggedIn where its
        certificate cannot be used.
        """
        patience = patience or Patience()
        try:
            shown = own(profile.certificate_file, profile.certificate_key_file)
            self._http = connect(profile.gateway, profile.ca_file, shown)
        except OSError as error:
            raise LocalTrouble("ca-file", path=profile.ca_file) from error
        tokens = Tokens(self._http, profile, patience, kept_as=kept_as)
        self.gateway = Gateway(self._http, profile.gateway, tokens, patience)
        self.downloads = Downloads(self._http, patience)
        self.uploads = Uploads(self._http, patience)

    @classmethod
    def of(cls, profile: str = "default", *, patience: Patience | None = None) -> "Platform":
        """As the profile that `huitong login` kept. Raises NotLoggedIn."""
        return cls(profiles.load(profile), patience=patience, kept_as=profile)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def __enter__(self) -> "Platform":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def whoami(self) -> Identity:
        """Who the platform takes this client for."""
        return Identity.read(self._json(Call("GET", "/v1/me")))

    def grants(self) -> Iterator[Grant]:
        """The grants of this department, page by page."""
        for item in self._items("/v1/grants"):
            yield Grant.read(item)

    def batches(self, resource: UUID) -> Iterator[Batch]:
        """The batches handed in for a resource of this department, page by page."""
        for item in self._items(f"/v1/resources/{resource}/batches"):
            yield Batch.read(item)

    def batch(self, batch: UUID) -> Batch:
        """One batch and how far it came."""
        return Batch.read(self._json(Call("GET", f"/v1/batches/{batch}")))

    def save_rejects(self, batch: UUID, to: Path) -> None:
        """The reject report of a batch as CSV: line, item, reason, original text."""
        self._save(Call("GET", f"/v1/batches/{batch}/rejects", headers={"Accept": "text/csv"}), to)

    def snapshot(self, grant: UUID, form: Format) -> Snapshot:
        """All rows under the grant as of now, as a list of files."""
        call = Call(
            "GET",
            f"/v1/grants/{grant}/snapshot",
            params={"format": form},
        )
        return Snapshot.read(self._manifest(call), self.gateway.address)

    def changes(self, grant: UUID, after: int, form: Format) -> Changes:
        """What changed under the grant after a sequence number, as lists of files."""
        call = Call(
            "GET",
            f"/v1/grants/{grant}/changes",
            params={"after": str(after), "format": form},
        )
        return Changes.read(self._manifest(call), self.gateway.address)

    def lookup(self, grant: UUID, keys: Sequence[Key]) -> Iterator[Found]:
        """The rows with these keys, up to 1,000 keys a call. Keys never stand in an address."""
        for start in range(0, len(keys), KEYS_A_CALL):
            call = Call(
                "POST",
                f"/v1/grants/{grant}/lookup",
                headers={"Content-Type": "application/json"},
                content=orjson.dumps({"keys": list(keys[start : start + KEYS_A_CALL])}),
            )
            yield Found.read(self._json(call))

    def confirm(self, grant: UUID, epoch: int, sequence: int, digest: bytes) -> None:
        """Say what is held of a grant up to a sequence number; saying it again is harmless.

        `digest` is over the digests of the manifest's files, as bytes one after another.
        """
        body = {"epoch": epoch, "sequence": sequence, "digest": digests.field(digest)}
        call = Call(
            "POST",
            f"/v1/deliveries/{grant}/receipts",
            headers={"Content-Type": "application/json"},
            content=orjson.dumps(body),
        )
        self._json(call)

    def save_receipt(self, index: int, to: Path) -> None:
        """The audit log's receipt for the entry at `index`."""
        self._save(Call("GET", f"/v1/log/entries/{index}/receipt"), to)

    def _json(self, call: Call) -> Shape:
        def take(response: httpx.Response) -> bytes:
            return response.read()

        return wire.parse(self.gateway.perform(call, take), call.path)

    def _manifest(self, call: Call) -> Shape:
        """A manifest, also one whose files are made now that somebody asks for them."""
        until = time.monotonic() + _MADE_WITHIN
        while True:
            try:
                return self._json(call)
            except Refused as refused:
                if refused.code != _IN_THE_MAKING or time.monotonic() >= until:
                    raise

    def _items(self, path: str) -> Iterator[Shape]:
        params = {"limit": _PAGE}
        while True:
            page = self._json(Call("GET", path, params=params))
            yield from page.each("items")
            cursor = page.text_or_none("next")
            if cursor is None:
                return
            params = {"limit": _PAGE, "cursor": cursor}

    def _save(self, call: Call, to: Path) -> None:
        """Stream an answer into a file that appears whole or not at all."""
        draft = to.with_name(f".{to.name}.draft")
        try:
            with draft.open("w+b") as file:
                self.gateway.perform(call, lambda response: _copy(response, file))
            draft.replace(to)
        except OSError as error:
            raise LocalTrouble("unwritable", path=to) from error
        finally:
            draft.unlink(missing_ok=True)


def _copy(response: httpx.Response, file: BinaryIO) -> None:
    # From the beginning: an earlier attempt may have broken off in the middle.
    file.seek(0)
    file.truncate()
    file.writelines(response.iter_bytes(digests.CHUNK))
