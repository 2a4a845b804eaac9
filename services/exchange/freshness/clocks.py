"""The clock of freshness: what came, and what did not."""

from datetime import datetime, timedelta
from typing import Final

from services.exchange.freshness import usecases
from services.exchange.jurisdiction import Jurisdiction
from shared import db
from shared.worker import Job, Working

_BATCH: Final = 200


async def strike(sessions: db.Sessions, here: Jurisdiction, at: datetime) -> int:
    """Count what is new and say what is late; return how many were told to be late."""
    found = _BATCH
    while found == _BATCH:
        async with sessions.begin() as session:
            found = await usecases.count(session, here, at, _BATCH)
    after = None
    while True:
        async with sessions.begin() as session:
            after = await usecases.count_provisional(session, here, at, after, _BATCH)
        if after is None:
            break
    told, found = 0, _BATCH
    while found == _BATCH:
        async with sessions.begin() as session:
            found = await usecases.report_late(session, here, at, _BATCH)
        told += found
    return told


def job(here: Jurisdiction) -> Job:
    """The job of this installation: every minute, for lists show what it has counted."""

    async def clock(working: Working, at: datetime) -> None:
        await strike(working.sessions, here, at)

    return Job("freshness", timedelta(minutes=1), clock)
