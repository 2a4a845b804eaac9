"""The rulebook that filings are judged by, the local day, and how long the authority waits."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from gateway.settings import GatewaySettings
from shared import clock, rulebooks
from shared.rulebooks import Rulebook


@dataclass(frozen=True, slots=True)
class Law:
    """One installation's rulebook and time zone; `grace` is design, the texts say "in time"."""

    rulebook_id: str
    timezone: str
    grace: timedelta

    @classmethod
    def of(cls, settings: GatewaySettings) -> "Law":
        """The law that the settings name."""
        grace = timedelta(days=settings.filing_grace_days)
        return cls(settings.rulebook, settings.timezone, grace)

    def day(self, at: datetime) -> date:
        """The local day of a moment."""
        return clock.local_date(at, self.timezone)

    def in_force(self, at: datetime) -> Rulebook:
        """The rulebook as it holds on that day."""
        return _in_force(self.rulebook_id, self.day(at))


@lru_cache(maxsize=4)
def _in_force(rulebook_id: str, on: date) -> Rulebook:
    return rulebooks.load(rulebook_id, on)
