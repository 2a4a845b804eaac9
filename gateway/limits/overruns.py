"""Refusals of callers that are too fast, added up, so that haste cannot fill the log."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Final

from gateway.live import Member
from gateway.records import Record, Recorder
from shared import clock
from shared.background import beside
from shared.ids import new_id

_EVERY_SECONDS: Final = 60


class Overruns:
    """Counts per caller, address and reason, recorded once a minute."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._counts: dict[tuple[Member, str], Record] = {}

    def refused(self, member: Member, address: str, reason: str, status: int, at: datetime) -> None:
        """Count one refusal."""
        kept = self._counts.get((member, reason))
        if kept is not None:
            kept.count += 1
            return
        self._counts[member, reason] = Record(
            kind="decided",
            access_id=new_id(),
            operation="overruns",
            decision="refused",
            reason=reason,
            status=status,
            principal_kind=member.kind,
            principal_id=member.id,
            department=member.department,
            received=at,
            address=address,
        )

    @contextlib.asynccontextmanager
    async def counting(self) -> AsyncIterator[None]:
        """Record the sums for as long as the block runs, and what is left at its end."""
        try:
            async with beside(self._record_for_ever()):
                yield
        finally:
            self._record()

    async def _record_for_ever(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            self._record()

    def _record(self) -> None:
        counts, self._counts = self._counts, {}
        at = clock.now()
        for record in counts.values():
            record.finished = at
            self._recorder.note(record, at)
