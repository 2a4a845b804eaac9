"""The review clocks: quarters open, limits near their end and past it, while nobody looks."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog.guide import usecases as guide
from services.catalog.installation import Installation
from services.catalog.maintenance import usecases as maintenance
from services.catalog.occasions import usecases as occasions
from shared import db
from shared.worker import Job, Working

_BATCH: Final = 200
_Step = Callable[[AsyncSession, Installation, datetime, int], Awaitable[int]]
# What is late is said before reminders: of what is late nobody need be reminded.
_STEPS: Final[tuple[_Step, ...]] = (
    occasions.report_late,
    occasions.remind,
    maintenance.report_late,
    maintenance.remind,
    guide.report_late,
    guide.remind,
)


async def strike(sessions: db.Sessions, here: Installation, at: datetime) -> int:
    """Open the quarter, say what is late and remind of what is near; return how many were told."""
    async with sessions.begin() as session:
        await maintenance.open_quarter(session, here, at)
    told = 0
    for step in _STEPS:
        while True:
            async with sessions.begin() as session:
                found = await step(session, here, at, _BATCH)
            told += found
            if found < _BATCH:
                break
    return told


def jobs(here: Installation) -> Sequence[Job]:
    """The job of this installation: every ten minutes, since a day has no end that rings."""

    async def clocks(working: Working, at: datetime) -> None:
        await strike(working.sessions, here, at)

    return [Job("clocks", timedelta(minutes=10), clocks)]
