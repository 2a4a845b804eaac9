"""The appender's process: take in what happens, for ever, one process at a time."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from services.audit import appender
from services.audit.appender import Log
from services.audit.intake import LockLost, take_in
from services.audit.models import Base
from services.audit.settings import AuditSettings
from shared import db, worker
from shared.bus import Bus

_log = logging.getLogger(__name__)
_BACKOFF_SECONDS = 1.0


async def run(settings: AuditSettings | None = None) -> None:
    """Append every event and every access record until cancelled.

    A second process of this kind waits for the first to end, then goes on where it stood.
    """
    told = settings or AuditSettings()
    dsn = told.database.get_secret_value()
    signer = told.signer()
    engine = db.engine(dsn, size=2)
    log = Log(db.sessions(engine, Base), told.suite, signer, told.log_origin)
    try:
        while True:
            try:
                async with appender.alone(dsn) as right, _connected(told) as bus:
                    await take_in(log, bus, right)
            except* (LockLost, OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as lost:
                _log.warning("the appender begins again: %s", lost.exceptions[0])
            await asyncio.sleep(_BACKOFF_SECONDS)
    finally:
        await engine.dispose()


@asynccontextmanager
async def _connected(told: AuditSettings) -> AsyncIterator[Bus]:
    bus = await worker.connected(told, "audit")
    try:
        yield bus
    finally:
        await bus.close()
