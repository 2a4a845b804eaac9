"""The day comes: announced changes take effect, while nobody is looking."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from services.catalog.changes import queries, usecases
from services.catalog.installation import Installation
from shared import db
from shared.errors import DomainError
from shared.worker import Job, Working

_log = logging.getLogger(__name__)
_BATCH = 200


async def take(sessions: db.Sessions, here: Installation, at: datetime) -> int:
    """Let every change come about whose moment has come by `at`; return how many did.

    Each is a transaction of its own: one that cannot come about holds no other up.
    """
    taken = 0
    async with sessions() as session:
        due = await queries.due(session, at, _BATCH)
    for resource, change in due:
        try:
            async with sessions.begin() as session:
                taken += await usecases.take_effect(session, here, resource, change, at)
        except DomainError as refusal:
            _log.error("change %s cannot take effect: %s", change, refusal.code)
    return taken


def jobs(here: Installation) -> Sequence[Job]:
    """The job of this installation: every ten seconds, so that a day begins in time."""

    async def effects(working: Working, at: datetime) -> None:
        await take(working.sessions, here, at)

    return [Job("changes", timedelta(seconds=10), effects)]
