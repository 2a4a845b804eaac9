"""Compare, at the start and from then on, the rules with what each service says of itself."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator

from gateway.openapi import Descriptions
from gateway.permissions import agreement
from gateway.rules import RULES
from shared.background import beside

_ROUND_SECONDS = 5.0
# Soon, as long as a service was never heard; then at leisure, for one that is replaced.
_SOON_SECONDS = 2.0
_LATER_SECONDS = 30.0
_log = logging.getLogger(__name__)


class Agreement:
    """The last comparison. A service that is away keeps the one it had."""

    def __init__(self, descriptions: Descriptions) -> None:
        self._descriptions = descriptions
        self._found: list[str] = []
        self._compared = False

    def readiness(self) -> str | None:
        """Why this process is not ready, None when nothing contradicts the rules."""
        if not self._compared:
            return "the rules are not compared with the services yet"
        return agreement.sentence(self._found)

    @contextlib.asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Compare again and again, for as long as the block runs."""
        async with beside(self._follow()):
            yield

    async def _follow(self) -> None:
        while True:
            # A service that hangs is away: those that answered have been kept already.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_ROUND_SECONDS):
                    await self._descriptions.refresh()
            self._compare()
            complete = self._descriptions.complete
            await asyncio.sleep(_LATER_SECONDS if complete else _SOON_SECONDS)

    def _compare(self) -> None:
        found = agreement.differences(RULES, self._descriptions.documents)
        if found != self._found:
            for difference in found:
                _log.error("rules and services contradict: %s", difference)
            if not found:
                _log.info("rules and services agree again")
        self._found = found
        self._compared = True
