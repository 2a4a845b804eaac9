"""History that is older than its provider keeps it, removed.

First the commit that says from where on history is kept: nobody is served anything before it from
then on. Then the files go, and their rows behind them; what a crash leaves undone the next round
does, for the rows are still there.
"""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from services.exchange import queries as exchange
from services.exchange import recalls
from services.exchange.base import PLATFORM
from services.exchange.bell import Bell, held
from services.exchange.retention import queries
from services.exchange.sweeping import Sweeper
from services.exchange.vault import Vault
from shared.db import Sessions
from shared.events.exchange import HistoryTrimmed
from shared.outbox import emit

_log = logging.getLogger(__name__)


class Trimmer:
    """Enforces how long history is kept."""

    def __init__(self, sessions: Sessions, vault: Vault, dsn: str) -> None:
        self._sessions = sessions
        self._vault = vault
        self._dsn = dsn

    async def trim(self, at: datetime) -> None:
        """One round, as of `at`; a resource that a batch is being made of waits for the next."""
        async with self._sessions() as session:
            resources = await queries.limited(session)
        if not resources:
            return
        async with Bell(self._dsn, "batches") as bell:
            if bell.connection is None:
                raise RuntimeError("the bell must be listening")
            for resource in resources:
                # Whoever compares a batch with what stands reads files that may be older.
                async with held(bell.connection, f"resource {resource}") as ours:
                    if not ours:
                        continue
                    kept_from = await self._decide(resource, at)
                    if kept_from is not None:
                        await self._remove(resource, kept_from, at)

    async def _decide(self, identity: UUID, at: datetime) -> int | None:
        """From which sequence number on history is kept, as committed; None where all is."""
        async with self._sessions.begin() as session:
            resource = await exchange.lock_resource(session, identity)
            if resource is None or resource.kept_days is None:
                return None
            if await recalls.recall_waits(session, identity):
                # It needs what stood before.
                return resource.kept_from
            moment = at - timedelta(days=resource.kept_days)
            whole = await queries.whole_until(session, resource, moment)
            if (
                whole is not None
                and whole.sequence is not None
                and whole.sequence > (resource.kept_from or 0)
                and await queries.published_before(session, resource, whole.sequence)
            ):
                resource.kept_from = whole.sequence
                emit(
                    session,
                    HistoryTrimmed(
                        at=at,
                        actor=PLATFORM,
                        department=resource.provider,
                        aggregate=resource.id,
                        resource=resource.id,
                        epoch=resource.epoch,
                        kept_from=whole.sequence,
                        kept_days=resource.kept_days,
                    ),
                )
            return resource.kept_from

    async def _remove(self, resource: UUID, kept_from: int, at: datetime) -> None:
        sweeper = Sweeper(self._sessions, self._vault)
        while True:
            async with self._sessions.begin() as session:
                cuts = await queries.cuts_before(session, resource, kept_from, at)
                for cut in cuts:
                    await sweeper.remove(session, cut)
            if not cuts:
                break
        removed = 0
        while True:
            async with self._sessions.begin() as session:
                files = await queries.files_before(session, resource, kept_from)
                for file, attempt in files:
                    if not await queries.needed_elsewhere(session, file):
                        folder = self._vault.attempt(file.batch_id, attempt)
                        await sweeper.destroy(folder / f"{file.digest}.sealed")
                    await session.delete(file)
                    await session.flush()
            removed += len(files)
            if not files:
                break
        async with self._sessions.begin() as session:
            for key in await queries.bare_keys(session, resource, kept_from):
                # Without its key whatever a backup has of it is noise.
                await session.delete(key)
        if removed:
            _log.info("history of %s before %d is gone, %d files", resource, kept_from, removed)
