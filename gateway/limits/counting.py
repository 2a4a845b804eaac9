"""Keeps what was used under grants: from memory into PostgreSQL, and what others used back.

Every few seconds each process writes its own numbers of the day, whole and not as differences, so
that writing twice counts once, and reads the numbers of all others. So a kill loses at most the
counts of those seconds, and gateways together pass a quota by at most what they admit in them.
While PostgreSQL is away counting goes on in memory.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.limits.quotas import Day, Quotas
from gateway.models import GrantUsage
from shared import clock, db
from shared.background import beside
from shared.worker import Job, Working

_ROWS = 1000
# Longer than any look back that the API offers.
_KEPT = timedelta(days=400)
_log = logging.getLogger(__name__)


class Counting:
    """Writes and reads the numbers of `quotas`, every `seconds`."""

    def __init__(self, quotas: Quotas, sessions: db.Sessions, seconds: float) -> None:
        self._quotas = quotas
        self._sessions = sessions
        self._seconds = seconds

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Keep the numbers for as long as the block runs, and what is left at its end."""
        await self._round()
        try:
            async with beside(self._for_ever()):
                yield
        finally:
            await self._round()

    async def _for_ever(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            await self._round()

    async def _round(self) -> None:
        # Turned here too, so that a day is known before its first call where nobody calls.
        self._quotas.today(clock.now())
        try:
            for day in self._quotas.days():
                await self._keep(day)
                await self._hear(day)
        except Exception as error:  # Whatever it is, counting goes on; a fault of ours is shown.
            away = db.is_away(error)
            _log.warning("what was used under grants is not kept yet", exc_info=not away)

    async def _keep(self, day: Day) -> None:
        changed = [
            (grant, use, use.calls, use.keys)
            for grant, use in day.used.items()
            if (use.calls, use.keys) != (use.kept_calls, use.kept_keys)
        ]
        for start in range(0, len(changed), _ROWS):
            part = changed[start : start + _ROWS]
            rows = [
                {"grant": g, "day": day.day, "source": day.source, "calls": calls, "keys": keys}
                for g, _, calls, keys in part
            ]
            statement = insert(GrantUsage).values(rows)
            said = statement.excluded
            async with self._sessions.begin() as session:
                await session.execute(
                    statement.on_conflict_do_update(
                        index_elements=["grant", "day", "source"],
                        set_={"calls": said["calls"], "keys": said["keys"]},
                    )
                )
            # Committed: what failed before this line is written again, whole.
            for _, use, calls, keys in part:
                use.kept_calls, use.kept_keys = calls, keys

    async def _hear(self, day: Day) -> None:
        async with self._sessions() as session:
            found = await used_elsewhere(session, day.day, day.source)
        for grant, (calls, keys) in found.items():
            use = day.use(grant)
            use.calls_elsewhere, use.keys_elsewhere = calls, keys
        day.known = True


async def used_elsewhere(
    session: AsyncSession, day: date, source: UUID
) -> dict[UUID, tuple[int, int]]:
    """Calls and keys of that day by grant, as all others than `source` have counted them."""
    statement = (
        select(GrantUsage.grant, func.sum(GrantUsage.calls), func.sum(GrantUsage.keys))
        .where(GrantUsage.day == day, GrantUsage.source != source)
        .group_by(GrantUsage.grant)
    )
    rows = await session.execute(statement)
    return {grant: (int(calls), int(keys)) for grant, calls, keys in rows}


async def forget(session: AsyncSession, at: datetime) -> None:
    """Delete the numbers of days long past."""
    await session.execute(delete(GrantUsage).where(GrantUsage.day < (at - _KEPT).date()))


async def _forget_old(working: Working, at: datetime) -> None:
    async with working.sessions.begin() as session:
        await forget(session, at)


FORGETTING_USAGE = Job("forget what was used long ago", timedelta(hours=6), _forget_old)
