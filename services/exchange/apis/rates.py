"""How often a department may call a system, and how many calls are under way. Pure.

A bucket for each department and system: a minute's calls may come at once, and fill up again
evenly. Places are of all departments together, and no department holds more than three quarters
of them while there are several.
"""

from dataclasses import dataclass, field
from uuid import UUID

from shared.errors import TooMany

_MOST_BUCKETS = 10_000


class ApiRateExceeded(TooMany):
    """The department calls the provider's system more often than the provider allows."""

    code = "api-rate-exceeded"
    title = "Rate of the interface exceeded"


class ApiBusy(TooMany):
    """As many calls to the provider's system are under way as the provider allows."""

    code = "api-busy"
    title = "Interface busy"


@dataclass(slots=True)
class _Bucket:
    left: float
    seen: float


@dataclass(slots=True)
class Rates:
    """What was called and what is under way, of every system."""

    _buckets: dict[tuple[UUID, UUID], _Bucket] = field(default_factory=dict)
    _under_way: dict[UUID, dict[UUID, int]] = field(default_factory=dict)

    def take(self, resource: UUID, department: UUID, per_minute: int, now: float) -> None:
        """Count a call at `now` (seconds of a clock that only goes forward).

        Raises ApiRateExceeded.
        """
        bucket = self._buckets.get((resource, department))
        if bucket is None:
            self._forget(now)
            bucket = self._buckets[resource, department] = _Bucket(per_minute, now)
        refilled = bucket.left + (now - bucket.seen) * per_minute / 60
        bucket.left, bucket.seen = min(refilled, per_minute), now
        if bucket.left < 1:
            wait = (1 - bucket.left) * 60 / per_minute
            raise ApiRateExceeded(
                f"The provider allows {per_minute} calls a minute; try again later.",
                retry_after=int(wait) + 1,
            )
        bucket.left -= 1

    def enter(self, resource: UUID, department: UUID, at_once: int) -> None:
        """Take a place; `leave` gives it back. Raises ApiBusy."""
        held = self._under_way.setdefault(resource, {})
        most_each = max(1, at_once * 3 // 4)
        if sum(held.values()) >= at_once or held.get(department, 0) >= most_each:
            raise ApiBusy(
                "As many calls as the provider allows are under way; try again.", retry_after=1
            )
        held[department] = held.get(department, 0) + 1

    def leave(self, resource: UUID, department: UUID) -> None:
        """Give the place back."""
        held = self._under_way[resource]
        held[department] -= 1
        if not held[department]:
            del held[department]

    def _forget(self, now: float) -> None:
        """A bucket that nobody drew from for a minute is full: it need not be remembered."""
        if len(self._buckets) >= _MOST_BUCKETS:
            self._buckets = {k: b for k, b in self._buckets.items() if now - b.seen < 60}
