"""Whether a file may leave under an address, asked at every request and while bytes go."""

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from services.exchange import queries
from services.exchange.addresses import AddressUnknown, FileAddress, open_address
from services.exchange.live import Live, LiveGrant, shows
from services.exchange.vault import Vault
from shared.crypto import SealedReader
from shared.db import Sessions
from shared.errors import NotFound, Unavailable
from shared.lease import Lease

_VIEWS_KEPT = 1000


class GrantsNotFresh(Unavailable):
    """This process has not heard of revocations recently enough to let data flow."""

    code = "grants-not-fresh"
    title = "Grants not fresh"


@dataclass(frozen=True, slots=True)
class Admitted:
    """An address that opens a file now, and the grant that it stands on."""

    address: FileAddress
    grant: LiveGrant

    @property
    def etag(self) -> str:
        """The file's entity tag: strong, since it comes from the content."""
        return f'"{self.address.digest.hex()[:32]}"'


class Readable(Protocol):
    """A file whose plaintext is read at any place."""

    async def read_at(self, offset: int, length: int) -> bytes:
        """Plaintext bytes. Raises Tampered, OSError."""


class _Here:
    """A file of the folder: it is in the machine's memory, or soon will be."""

    def __init__(self, reader: SealedReader) -> None:
        self._reader = reader

    async def read_at(self, offset: int, length: int) -> bytes:
        return self._reader.read_at(offset, length)


class _Beyond:
    """A file that may lie in the object store: to wait for it is a thread's work."""

    def __init__(self, reader: SealedReader) -> None:
        self._reader = reader

    async def read_at(self, offset: int, length: int) -> bytes:
        return await asyncio.to_thread(self._reader.read_at, offset, length)


class Watchman:
    """Decides on addresses by live knowledge, and opens the files behind them."""

    def __init__(
        self, sessions: Sessions, live: Live, lease: Lease, vault: Vault, key: bytes
    ) -> None:
        self._sessions = sessions
        self._live = live
        self._lease = lease
        self._vault = vault
        self._key = key
        self._wrapped: OrderedDict[UUID, bytes] = OrderedDict()

    def admit(self, token: str, at: datetime) -> Admitted:
        """What the token opens at `at`.

        Raises NotFound, one and the same for an unknown, altered and expired address and for
        one whose holder may not have the file now, and GrantsNotFresh.
        """
        try:
            address = open_address(token, self._key, self._vault.suite)
        except AddressUnknown:
            raise _nothing() from None
        grant = self._live.grants.get(address.grant)
        if grant is None and not self._live.ready.is_set():
            raise _stale()
        if grant is None or address.expires_at <= at:
            raise _nothing()
        found = Admitted(address, grant)
        self.still(found, at)
        return found

    def still(self, admitted: Admitted, at: datetime) -> None:
        """Raise NotFound or GrantsNotFresh where the file may not leave any more.

        The grant has ended (baoji-2017 §18), whoever holds the address is outside its circle of
        knowledge (§15(4)), was revoked or its account closed, the department's right to others'
        data is suspended (§29), or the provider recalled what the file shows.
        """
        grant = self._live.grants.get(admitted.address.grant)
        if grant is None or not grant.in_force(at) or not grant.knows(admitted.address.holder):
            raise _nothing()
        resource, address = self._live.resources.get(grant.resource), admitted.address
        if grant.grantee in self._live.suspended or address.holder in self._live.ended:
            raise _nothing()
        if resource is not None and any(
            shows(span, address.kind, address.epoch, address.sequence) for span in resource.recalled
        ):
            raise _nothing()
        if not self._lease.allows(grant.grade, at):
            raise _stale()

    async def wrapped_key(self, address: FileAddress) -> bytes:
        """The wrapped key of the view that the file is of. Raises NotFound."""
        found = self._wrapped.get(address.view)
        if found is None:
            async with self._sessions() as session:
                view = await queries.view(session, address.view)
            if view is None:
                raise _nothing()
            found = self._wrapped[address.view] = view.wrapped
            if len(self._wrapped) > _VIEWS_KEPT:
                self._wrapped.popitem(last=False)
        return found

    @asynccontextmanager
    async def opened(self, address: FileAddress, wrapped: bytes) -> AsyncIterator[Readable]:
        """The file's plaintext. Raises NotFound where it was cleared away, OSError where an
        object store is away."""
        files = self._vault.files(self._vault.view(address.view), wrapped)
        digest = address.digest.hex()
        try:
            if self._vault.bucket is None:
                with files.open(digest) as reader:
                    yield _Here(reader)
                return
            opening = files.open(digest)
            reader = await asyncio.to_thread(opening.__enter__)
            try:
                yield _Beyond(reader)
            finally:
                opening.__exit__(None, None, None)
        except FileNotFoundError:
            raise _nothing() from None


def _nothing() -> NotFound:
    return NotFound("There is nothing at this address, or not any more.")


def _stale() -> GrantsNotFresh:
    return GrantsNotFresh("Files cannot be served at the moment.", retry_after=5)
