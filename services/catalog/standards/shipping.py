"""The elements that ship come into the registry by themselves, also after an upgrade."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from services.catalog.standards import usecases
from shared.worker import Job, Working


def jobs() -> Sequence[Job]:
    """The job of every installation: at the start of the worker, and then once an hour."""

    async def bring_along(working: Working, at: datetime) -> None:
        async with working.sessions.begin() as session:
            await usecases.bring_along(session, at)

    return [Job("standards", timedelta(hours=1), bring_along)]
