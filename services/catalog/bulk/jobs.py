"""What the worker does for imports."""

from datetime import datetime, timedelta

from services.catalog.bulk import marking, queue
from services.catalog.installation import Installation
from shared.worker import Job, Working


def jobs(here: Installation) -> list[Job]:
    """Carry imports out, and forget the reports of old ones."""

    async def carry_out(working: Working, at: datetime) -> None:
        while await queue.work(working, here):
            pass

    async def forget(working: Working, at: datetime) -> None:
        await marking.forget(working.sessions, at)

    return [
        Job("imports", timedelta(seconds=1), carry_out),
        Job("old imports", timedelta(hours=1), forget),
    ]
