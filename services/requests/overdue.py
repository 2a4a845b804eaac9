"""Silence made visible: requests past their last day, reported while nobody is looking."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.requests import usecases
from services.requests.jurisdiction import Jurisdiction
from shared import db
from shared.worker import Job, Working

_BATCH = 200


async def report(sessions: db.Sessions, law: Jurisdiction, at: datetime) -> int:
    """Report every request that fell overdue by `at`, once; return how many.

    Provisional last days are counted again first, so that nobody is called late by a date that
    the authority's tables have moved.
    """
    async with sessions.begin() as session:
        await usecases.recount(session, law)
    reported = 0
    while True:
        async with sessions.begin() as session:
            found = await usecases.report_overdue(session, law, at, _BATCH)
        reported += found
        if found < _BATCH:
            return reported


def jobs(law: Jurisdiction) -> Sequence[Job]:
    """The job of this installation: every ten minutes, since a day has no end that rings."""

    async def overdue(working: Working, at: datetime) -> None:
        await report(working.sessions, law, at)

    return [Job("overdue", timedelta(minutes=10), overdue)]
