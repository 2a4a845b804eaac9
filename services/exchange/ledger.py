"""What left under which address: opened durably before the first byte, counted as bytes go.

A download in many ranges is one download: bytes are gathered per address, and when nothing more
was asked for while a one event says so. A door that is killed leaves opened addresses; the next
one tells them with what was counted by then.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange import queries
from services.exchange.addresses import FileAddress
from services.exchange.live import LiveGrant
from services.exchange.models import Address
from shared.db import Sessions
from shared.outbox import emit

QUIET = timedelta(seconds=5)


@dataclass(slots=True)
class Flow:
    """An address whose bytes are not all told: `uncounted` of them are not in its row yet."""

    resource: UUID
    grantee: UUID
    last: datetime
    uncounted: int = 0
    downloads: int = 0


class Ledger:
    """The flows of one door."""

    def __init__(self, sessions: Sessions) -> None:
        self._sessions = sessions
        self._flows: dict[UUID, Flow] = {}

    @asynccontextmanager
    async def download(
        self, address: FileAddress, grant: LiveGrant, at: datetime
    ) -> AsyncIterator[Flow]:
        """One answer under an address. Its opening is durable when the block begins.

        Raises what the database raises: no record, no bytes.
        """
        flow = self._flows.get(address.id)
        if flow is None:
            async with self._sessions.begin() as session:
                (await _row(session, address.id)).opened(at)
            made = Flow(grant.resource, grant.grantee, at)
            flow = self._flows.setdefault(address.id, made)
        flow.downloads += 1
        try:
            yield flow
        finally:
            flow.downloads -= 1

    async def settle(self, at: datetime, quiet: timedelta = QUIET) -> int:
        """Count what left, and tell the addresses that have been quiet for so long.

        Returns how many were told.
        """
        told = 0
        for identity, flow in list(self._flows.items()):
            over = flow.downloads == 0 and flow.last <= at - quiet
            if not over and not flow.uncounted:
                continue
            if over:
                # A request that comes from here on opens the address anew.
                del self._flows[identity]
            counted, flow.uncounted = flow.uncounted, 0
            try:
                await self._write(identity, flow, counted, at, over=over)
            except BaseException:
                flow.uncounted += counted
                self._flows.setdefault(identity, flow)
                raise
            told += over
        return told

    async def _write(
        self, identity: UUID, flow: Flow, counted: int, at: datetime, *, over: bool
    ) -> None:
        async with self._sessions.begin() as session:
            row = await _row(session, identity)
            row.count(counted, flow.last)
            if over:
                emit(session, row.tell(flow.resource, flow.grantee, at))

    async def recover(self, at: datetime) -> None:
        """Take over what a door that is no more had opened and not told."""
        async with self._sessions() as session:
            for address, grant in await queries.opened_untold(session):
                flow = Flow(grant.resource_id, grant.grantee, address.last_at or at)
                self._flows.setdefault(address.id, flow)


async def _row(session: AsyncSession, identity: UUID) -> Address:
    row = await queries.lock_address(session, identity)
    if row is None:
        raise LookupError("an address that was never recorded")
    return row
