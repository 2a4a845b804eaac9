"""The places towards one service, shared between departments.

While places are free whoever comes takes one. When they are not, the next free place goes to
the waiting department that holds the fewest, and among equals to the one that waits longest. No
department ever holds all of them, so that uploads that last hours cannot shut the others out.
"""

import asyncio
from collections import deque
from typing import Final
from uuid import UUID

from shared.errors import TooMany, Unavailable

# Of one department: as many may wait as there are places, four times.
_WAITING_EACH: Final = 4
_WAITING_ALL: Final = 16


class DepartmentBusy(TooMany):
    """Too many calls of this department wait for this service already."""

    code = "department-busy"
    title = "Too many calls waiting"


class PlatformBusy(Unavailable):
    """Too many calls wait for this service."""

    code = "platform-busy"
    title = "Platform busy"


class Places:
    """`places` of one service. None stands for the platform's own calls, a department like any.

    A taker calls `enter` (or `take`, which waits) and, exactly once for each place, `leave`.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        # One department's most: three quarters, and one less than all where that is possible.
        self._most = max(1, min(places * 3 // 4, places - 1))
        self._each = places * _WAITING_EACH
        self._all = places * _WAITING_ALL
        self._held: dict[UUID | None, int] = {}
        # In the order in which departments are served among equals.
        self._queues: dict[UUID | None, deque[asyncio.Future[None]]] = {}
        self._waiting = 0

    def enter(self, department: UUID | None) -> asyncio.Future[None] | None:
        """Take a place: None where it was taken at once, else what is done once it is.

        Whoever gives up waiting calls `give_up`. Raises DepartmentBusy, PlatformBusy.
        """
        held = self._held.get(department, 0)
        # Who waits while a place is free holds its most already; nobody is overtaken here.
        if self._free and held < self._most:
            self._free -= 1
            self._held[department] = held + 1
            return None
        return self._queue(department)

    async def take(self, department: UUID | None, seconds: float) -> None:
        """Take a place, waiting for it. Raises DepartmentBusy, PlatformBusy, TimeoutError."""
        waiting = self.enter(department)
        if waiting is None:
            return
        try:
            async with asyncio.timeout(seconds):
                await waiting
        except BaseException:
            self.give_up(department, waiting)
            raise

    def give_up(self, department: UUID | None, waiting: asyncio.Future[None]) -> None:
        """Wait no longer; a place that was given in this very moment goes to the next."""
        if waiting.done() and not waiting.cancelled():
            self.leave(department)
            return
        waiting.cancel()
        queue = self._queues.get(department)
        if queue is not None and waiting in queue:
            queue.remove(waiting)
            self._waiting -= 1
            if not queue:
                del self._queues[department]

    def leave(self, department: UUID | None) -> None:
        """Give a place back."""
        held = self._held[department] - 1
        if held:
            self._held[department] = held
        else:
            del self._held[department]
        self._free += 1
        if self._queues:
            self._hand_on()

    def _queue(self, department: UUID | None) -> asyncio.Future[None]:
        queue = self._queues.get(department)
        if queue is not None and len(queue) >= self._each:
            raise DepartmentBusy(
                "Too many calls of your department wait for this service; send fewer at a time.",
                retry_after=1,
            )
        if self._waiting >= self._all:
            raise PlatformBusy("Too many calls wait for this service; try again.", retry_after=1)
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if queue is None:
            queue = self._queues[department] = deque()
        queue.append(waiting)
        self._waiting += 1
        return waiting

    def _hand_on(self) -> None:
        """Give free places to those who wait, as the first lines of this module say."""
        while self._free and self._queues:
            next_one = min(self._queues, key=lambda d: self._held.get(d, 0))
            held = self._held.get(next_one, 0)
            if held >= self._most:
                return
            queue = self._queues.pop(next_one)
            waiting = queue.popleft()
            self._waiting -= 1
            if queue:
                self._queues[next_one] = queue  # Behind the others: it was served now.
            if waiting.cancelled():
                continue
            self._free -= 1
            self._held[next_one] = held + 1
            waiting.set_result(None)
