"""The imports that wait, as one worker sees them: one at a time, in order, and never twice.

A worker holds the import's lock on a connection of its own, so that the lock dies with the
worker. Each half ends with a commit that says so, and whoever comes next goes on from there.
"""

import logging
from collections.abc import Mapping
from typing import Final
from uuid import UUID

import asyncpg
from sqlalchemy.exc import SQLAlchemyError

from services.catalog.bulk import marking, queries, records
from services.catalog.bulk.applying import Applying
from services.catalog.bulk.locks import held
from services.catalog.bulk.models import ENDED, Import, Progress, Way
from services.catalog.bulk.staging import Overtaken, Reader, stage
from services.catalog.installation import Installation
from services.catalog.workbook import reading
from shared import clock, db
from shared.errors import Unavailable
from shared.worker import Working

_log = logging.getLogger(__name__)
# So often an import may fail for a reason that nobody foresaw before it ends as our fault.
_ATTEMPTS: Final = 5
READERS: Final[Mapping[Way, Reader]] = {
    Way.WORKBOOK: reading.read,
    Way.SYSTEM: records.read,
    Way.HARVEST: records.read,
}


async def work(working: Working, here: Installation) -> int:
    """Carry out what waits and nobody else holds; return how many imports ended."""
    async with working.sessions() as session:
        waiting = await queries.waiting(session)
    ended = 0
    dsn = working.settings.database.get_secret_value()
    for identity in waiting:
        async with held(dsn, f"import {identity}") as ours:
            if ours:
                ended += await _carry_out(working.sessions, here, identity)
    return ended


async def _carry_out(sessions: db.Sessions, here: Installation, identity: UUID) -> bool:
    attempt = await _begin(sessions, identity)
    if attempt is None:
        return False
    try:
        while (state := await _state(sessions, identity)) not in ENDED:
            match state:
                case Progress.READING:
                    way = await _way(sessions, identity)
                    await stage(sessions, here, identity, attempt, READERS[way])
                case Progress.APPLYING:
                    await Applying(sessions, here, identity, attempt).apply()
                case _:
                    await marking.finish(sessions, identity, attempt, clock.now())
    except Overtaken:
        return False
    except (OSError, SQLAlchemyError, asyncpg.PostgresError, Unavailable) as error:
        if not db.is_away(error) and attempt >= _ATTEMPTS:
            _log.exception("import %s failed", identity)
            await marking.fail(sessions, identity, clock.now())
            return True
        _log.warning("import %s waits: %s", identity, type(error).__name__)
        return False
    except Exception:
        _log.exception("import %s failed, attempt %d", identity, attempt)
        if attempt < _ATTEMPTS:
            return False
        await marking.fail(sessions, identity, clock.now())
    return True


async def _begin(sessions: db.Sessions, identity: UUID) -> int | None:
    """Take the import: the number of this attempt, None where it is over."""
    async with sessions.begin() as session:
        job = await queries.lock(session, identity)
        if job is None or job.state in ENDED:
            return None
        if job.attempt >= _ATTEMPTS * 2:
            # It took its worker with it each time, and said nothing.
            exhausted = True
        else:
            exhausted = False
            job.begin(clock.now())
        attempt = job.attempt
    if exhausted:
        await marking.fail(sessions, identity, clock.now())
        return None
    return attempt


async def _state(sessions: db.Sessions, identity: UUID) -> Progress:
    async with sessions() as session:
        job = await session.get(Import, identity)
        return Progress.FAILED if job is None else job.state


async def _way(sessions: db.Sessions, identity: UUID) -> Way:
    async with sessions() as session:
        job = await session.get(Import, identity)
        if job is None:
            raise LookupError("the import is gone")
        return job.way
