"""The heartbeat on which every grant stands: that this service lives, and how far it has spoken."""

from datetime import datetime, timedelta

import orjson

from shared import outbox
from shared.bus import LEASE_SUBJECT
from shared.worker import Job, Working


async def beat(working: Working, at: datetime) -> None:
    """Say how far the relay has come, as of `at` (UTC): to whoever listens, kept by nobody.

    `sequence` is the last event sent; `oldest_unsent` the time of the oldest that waits, null
    when none does. A listener that has not heard up to `sequence`, or finds `oldest_unsent` or
    `at` older than its bound, must not let data flow: a revocation may be on its way. When the
    database or NATS is away nothing is said, which says the same.
    """
    sequence, oldest = await outbox.watermark(working.sessions, working.base)
    said = {
        "at": at.isoformat(),
        "sequence": sequence,
        "oldest_unsent": oldest.isoformat() if oldest else None,
    }
    await working.bus.shout(LEASE_SUBJECT, orjson.dumps(said))


LEASE = Job("lease", timedelta(seconds=1), beat)
