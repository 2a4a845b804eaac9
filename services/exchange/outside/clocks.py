"""The clock of exchange outside the platform: what is near its day, and what is past it."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange.jurisdiction import Jurisdiction
from services.exchange.off_platform import usecases as off_platform
from services.exchange.older import usecases as older
from shared import db
from shared.worker import Job, Working

_BATCH: Final = 200
_Step = Callable[[AsyncSession, Jurisdiction, datetime, int], Awaitable[int]]
# What is late is said before reminders: of what is late nobody need be reminded.
_STEPS: Final[tuple[_Step, ...]] = (
    off_platform.report_late,
    off_platform.remind,
    older.report_late,
)


async def strike(sessions: db.Sessions, here: Jurisdiction, at: datetime) -> int:
    """Say what is late and remind of what is near; return how many were told."""
    async with sessions.begin() as session:
        await off_platform.count_again(session, here)
    told = 0
    for step in _STEPS:
        found = _BATCH
        while found == _BATCH:
            async with sessions.begin() as session:
                found = await step(session, here, at, _BATCH)
            told += found
    return told


def job(here: Jurisdiction) -> Job:
    """The job of this installation: every ten minutes, since a day has no end that rings."""

    async def clock(working: Working, at: datetime) -> None:
        await strike(working.sessions, here, at)

    return Job("outside-clock", timedelta(minutes=10), clock)
