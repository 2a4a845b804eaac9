"""The lease on grants: whoever acts on grants must have heard requests recently enough.

Requests beats about once a second with the number of its last relayed event and the time of
the oldest one that still waits. Knowledge of grants is as fresh as the last beat all of whose
events were heard here, or as the oldest event that waits at the source, whichever is older.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import orjson

from shared import clock

Bounds = Mapping[str, timedelta]
# How stale knowledge of grants may be, by the resource's grade, where the settings say nothing
# else. A revocation is late by no more.
BOUNDS: Bounds = {"sensitive": timedelta(seconds=30), "ordinary": timedelta(seconds=300)}


@dataclass(frozen=True, slots=True)
class Beat:
    """One heartbeat of requests."""

    at: datetime
    sequence: int
    oldest_unsent: datetime | None

    def message(self) -> bytes:
        """The beat as it travels."""
        return orjson.dumps(
            {"at": self.at, "sequence": self.sequence, "oldest_unsent": self.oldest_unsent}
        )


def read(message: bytes) -> Beat | None:
    """The beat inside a message, None for anything else.

    A beat from the future counts as of now: a clock that is ahead must not lengthen the lease.
    """
    try:
        d = orjson.loads(message)
        oldest = d["oldest_unsent"]
        return Beat(
            at=min(_moment(d["at"]), clock.now()),
            sequence=int(d["sequence"]),
            oldest_unsent=_moment(oldest) if oldest else None,
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("a time without its zone")
    return at


class Lease:
    """What is known of the source's freshness. Beats and progress may come in any order."""

    def __init__(self, bounds: Bounds = BOUNDS) -> None:
        self._bounds = bounds
        self._waiting: Beat | None = None
        self._heard = 0
        self.fresh_at = datetime.min.replace(tzinfo=UTC)

    def beat(self, beat: Beat) -> None:
        """A heartbeat came."""
        self._waiting = beat
        self._settle()

    def heard(self, sequence: int) -> None:
        """All events up to `sequence` have taken effect here."""
        self._heard = max(self._heard, sequence)
        self._settle()

    @property
    def behind(self) -> bool:
        """Whether a beat told of events that were not heard here yet."""
        return self._waiting is not None and self._waiting.sequence > self._heard

    def allows(self, grade: str, at: datetime) -> bool:
        """Whether data of this grade may flow on what is known; an unknown grade is sensitive."""
        return at - self.fresh_at <= self._bounds.get(grade, self._bounds["sensitive"])

    def _settle(self) -> None:
        if self._waiting is None or self._waiting.sequence > self._heard:
            return
        known = self._waiting.at
        if self._waiting.oldest_unsent is not None:
            known = min(known, self._waiting.oldest_unsent)
        self.fresh_at = max(self.fresh_at, known)
