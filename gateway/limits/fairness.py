"""The places towards one service, shared between departments. Pure.

While places are free whoever comes takes one. When they are not, the next free place goes to
the waiting department that holds the fewest for its weight, and among equals to the one that waits
longest. No department ever holds all of them, so that uploads that last hours cannot shut the
others out.
"""

from collections import deque
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Generic, TypeVar
from uuid import UUID

from shared.errors import TooMany, Unavailable

# So many may wait for each place, of one department and of all; at least as of sixteen places.
_WAITING_EACH: Final = 4
_WAITING_ALL: Final = 16
_LEAST: Final = 16
_EQUAL: Final[Mapping[UUID, int]] = MappingProxyType({})

Waiter = TypeVar("Waiter")


class DepartmentBusy(TooMany):
    """Too many calls of this department wait for this service already."""

    code = "department-busy"
    title = "Too many calls waiting"


class PlatformBusy(Unavailable):
    """Too many calls wait for this service."""

    code = "platform-busy"
    title = "Platform busy"


class Places(Generic[Waiter]):
    """`places` of one service. None stands for the platform's own calls, which may take all.

    `weights` says of which departments the share is so many times another's; 1 of all others.
    Whoever has a place calls `leave` exactly once.
    """

    def __init__(self, places: int, weights: Mapping[UUID, int] = _EQUAL) -> None:
        self._weights = weights
        self._free = places
        # One department's most: three quarters, and one less than all where that is possible.
        self._most = max(1, min(places * 3 // 4, places - 1))
        self._each = max(places, _LEAST) * _WAITING_EACH
        self._all = max(places, _LEAST) * _WAITING_ALL
        self._held: dict[UUID | None, int] = {}
        # In the order in which departments are served among equals.
        self._queues: dict[UUID | None, deque[Waiter]] = {}
        self._waiting = 0

    def enter(self, department: UUID | None, waiter: Waiter) -> bool:
        """Take a place; where there is none the waiter is queued, and False.

        Raises DepartmentBusy, PlatformBusy.
        """
        held = self._held.get(department, 0)
        # Who waits while a place is free holds its most already; nobody is overtaken here.
        if self._free and (held < self._most or department is None):
            self._free -= 1
            self._held[department] = held + 1
            return True
        queue = self._queues.get(department)
        if queue is not None and len(queue) >= self._each:
            raise DepartmentBusy(
                "Too many calls of your department wait for this service; send fewer at a time.",
                retry_after=1,
            )
        if self._waiting >= self._all:
            raise PlatformBusy("Too many calls wait for this service; try again.", retry_after=1)
        if queue is None:
            queue = self._queues[department] = deque()
        queue.append(waiter)
        self._waiting += 1
        return False

    def _weighed(self, department: UUID | None) -> float:
        """How much a department holds of what its weight gives it."""
        weight = 1 if department is None else self._weights.get(department, 1)
        return self._held.get(department, 0) / weight

    def give_up(self, department: UUID | None, waiter: Waiter) -> None:
        """Wait no longer; nothing for one that does not wait."""
        queue = self._queues.get(department)
        if queue is not None and waiter in queue:
            queue.remove(waiter)
            self._waiting -= 1
            if not queue:
                del self._queues[department]

    def leave(self, department: UUID | None) -> Waiter | None:
        """Give a place back; return who waited and has it now, None where nobody may have it."""
        held = self._held[department] - 1
        if held:
            self._held[department] = held
        else:
            del self._held[department]
        self._free += 1
        if not self._queues:
            return None
        next_one = min(self._queues, key=self._weighed)
        held = self._held.get(next_one, 0)
        if held >= self._most and next_one is not None:
            return None
        queue = self._queues.pop(next_one)
        waiter = queue.popleft()
        self._waiting -= 1
        if queue:
            self._queues[next_one] = queue  # Behind the others: it was served now.
        self._free -= 1
        self._held[next_one] = held + 1
        return waiter
