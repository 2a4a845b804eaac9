"""When to ask again, and after how long."""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from huitong_client.errors import HuitongError

T = TypeVar("T")
_DICE = secrets.SystemRandom()

PASSING = frozenset({429, 502, 503, 504})
"""Statuses that say: not now. The last three also come from a proxy in front of the platform."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to go on asking. All times in seconds."""

    attempts: int = 6
    first_wait: float = 0.5
    longest_wait: float = 60.0
    """The longest pause between two attempts; a Retry-After beyond it ends the attempts."""

    def pause(self, failures: int, asked_for: float | None) -> float | None:
        """Seconds to wait after so many failures; None when it is time to give up.

        The wait doubles and is drawn at random up to that bound, so that front-end machines that
        failed together do not come back together. A Retry-After is a floor under it.
        """
        if failures >= self.attempts:
            return None
        bound = min(self.first_wait * 2 ** (failures - 1), self.longest_wait)
        if asked_for is None:
            return _DICE.uniform(bound / 2, bound)
        if asked_for > self.longest_wait:
            return None
        return asked_for + _DICE.uniform(0, bound / 2)


class Passing(Exception):
    """One attempt failed in a way that may pass. `outcome` is raised if it does not."""

    def __init__(
        self, outcome: HuitongError, *, asked_for: float | None = None, advanced: bool = False
    ) -> None:
        super().__init__(outcome)
        self.outcome = outcome
        self.asked_for = asked_for
        self.advanced = advanced


def persist(patience: Patience, attempt: Callable[[], T]) -> T:
    """The answer of `attempt`, called again while it raises Passing and patience lasts.

    An attempt that got further than the one before (`advanced`) starts the counting anew: a long
    download over a poor line ends when it stops moving, not after so many interruptions.
    """
    failures = 0
    while True:
        try:
            return attempt()
        except Passing as passing:
            failures = 1 if passing.advanced else failures + 1
            pause = patience.pause(failures, passing.asked_for)
            if pause is None:
                raise passing.outcome from passing
            time.sleep(pause)


def seconds(retry_after: str | None, now: datetime) -> float | None:
    """The value of a Retry-After header in seconds (RFC 9110 §10.2.3); None if it has no sense."""
    if retry_after is None:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    if at.tzinfo is None:
        return None
    return max(0.0, (at - now).total_seconds())
