"""A circuit breaker: a system that is away is left alone, and asked again by one call at a time.

Pure: whoever asks brings the time, in seconds of a clock that only goes forward.

    closed ──FAILURES in a row──▶ open ──PAUSE over──▶ half-open: one trial
       ▲                           ▲ │                    │      │
       └──────── it succeeds ──────│─┴── health is fine ──┘      │
                                   └──────── it fails, pause twice as long
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

FAILURES: Final = 5
PAUSE: Final = 15.0
LONGEST_PAUSE: Final = 240.0


class State(StrEnum):
    """Where a breaker stands."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half-open"


@dataclass(slots=True)
class Breaker:
    """One system's. `failures` counts those in a row; `why` is the code of the last one.

    Whoever was let through says exactly one of `succeeded`, `failed` and `gave_up`.
    """

    failures: int = 0
    why: str = ""
    _until: float | None = None
    _pause: float = PAUSE
    _trying: bool = False

    @property
    def open(self) -> bool:
        """Whether the system is held to be away."""
        return self._until is not None

    def state(self, now: float) -> State:
        """Where it stands."""
        if self._until is None:
            return State.CLOSED
        return State.HALF_OPEN if self._trying or now >= self._until else State.OPEN

    def lets_through(self, now: float) -> bool:
        """Whether a call may go; while half-open, one at a time."""
        if self._until is None:
            return True
        if self._trying or now < self._until:
            return False
        self._trying = True
        return True

    def seconds_left(self, now: float) -> int:
        """After how many seconds it is worth asking again."""
        return max(1, int(self._until - now) + 1) if self._until is not None else 0

    def succeeded(self) -> None:
        """The system answered."""
        self.failures, self.why = 0, ""
        self._until, self._pause, self._trying = None, PAUSE, False

    def failed(self, why: str, now: float) -> None:
        """The system did not answer, or failed."""
        self.failures += 1
        self.why = why
        if self._until is not None:
            # Only what came while it was half-open says something new.
            if self._trying or now >= self._until:
                self._pause = min(self._pause * 2, LONGEST_PAUSE)
                self._until = now + self._pause
            self._trying = False
        elif self.failures >= FAILURES:
            self._until = now + self._pause

    def gave_up(self) -> None:
        """The call that was let through ended without a word of the system's."""
        self._trying = False

    def was_away(self, why: str, now: float) -> None:
        """It is known to have been away, from before this process began: the next call tries."""
        self.failures, self.why = FAILURES, why
        self._until = now
