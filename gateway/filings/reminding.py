"""Departments that have not filed what their rulebook demands are reminded, once a week."""

from datetime import datetime, timedelta

from gateway.filings import queries, rules, usecases
from gateway.filings.law import Law
from gateway.settings import GatewaySettings
from shared import db
from shared.pages import PageParams
from shared.worker import Job, Working

_EVERY = timedelta(hours=1)


async def remind(sessions: db.Sessions, law: Law, at: datetime) -> int:
    """Remind all that are overdue at that moment; return how many were.

    Each in a transaction of its own: whoever files at this moment holds up no other.
    """
    wanted = rules.demanded(law.in_force(at))
    cursor: str | None = None
    done = 0
    while True:
        async with sessions() as session:
            params = PageParams(limit=200, cursor=cursor)
            found, cursor = await queries.overdue(session, None, wanted, law.grace, at, params)
        for lacking in found:
            async with sessions.begin() as session:
                done += await usecases.remind(session, lacking, law, at)
        if cursor is None:
            return done


def reminding(settings: GatewaySettings) -> Job:
    """The worker's job, under the law that the settings name."""
    law = Law.of(settings)

    async def work(working: Working, at: datetime) -> None:
        await remind(working.sessions, law, at)

    return Job("remind of filings", _EVERY, work)
