"""Patience: one timer for everything in this process that waits for its caller or a service.

A timer for each step of each request would cost more than the step.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Protocol

from shared.background import beside

_EVERY_SECONDS = 0.5
_log = logging.getLogger(__name__)


class Waiting(Protocol):
    """Something that waits until `deadline`, in the loop's time, and is told when it is late."""

    deadline: float

    def late(self) -> None:
        """The deadline is past. It may have moved the next time somebody looks."""


class Patience:
    """All that waits."""

    def __init__(self) -> None:
        self.waiting: set[Waiting] = set()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look twice a second for as long as the block runs."""
        async with beside(self._look_for_ever()):
            yield

    async def _look_for_ever(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            now = loop.time()
            for late in [w for w in self.waiting if w.deadline < now]:
                try:
                    late.late()
                except Exception:
                    _log.exception("unhandled error in something that was late")
