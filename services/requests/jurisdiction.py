"""The law, the local date and the working days of the place that this installation serves."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache

from services.requests.settings import RequestsSettings
from shared import clock, rulebooks
from shared.rulebooks import Rulebook
from shared.workdays import Calendar


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment, in UTC, and the day that it falls on where the installation stands."""

    at: datetime
    today: date


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """One installation's rulebook, region (a GB/T 2260 code), time zone and calendar."""

    rulebook_id: str
    region: str
    timezone: str
    calendar: Calendar

    @classmethod
    def of(cls, settings: RequestsSettings) -> "Jurisdiction":
        """The jurisdiction that the settings name."""
        return cls(settings.rulebook, settings.region, settings.timezone, settings.calendar)

    def now(self) -> Moment:
        """The present moment and its local day."""
        return self.moment(clock.now())

    def moment(self, at: datetime) -> Moment:
        """`at` and its local day."""
        return Moment(at, self.date_of(at))

    def date_of(self, at: datetime) -> date:
        """The local day of `at`; limits are counted from it."""
        return clock.local_date(at, self.timezone)

    def in_force(self, today: date) -> Rulebook:
        """The rulebook as it holds today: the law of a case that begins now."""
        return _in_force(self.rulebook_id, today)

    @staticmethod
    def kept(version: str) -> Rulebook:
        """The rulebook under which a case began: the law that it is decided by."""
        return _kept(version)


@lru_cache(maxsize=4)
def _in_force(rulebook_id: str, on: date) -> Rulebook:
    return rulebooks.load(rulebook_id, on)


@lru_cache(maxsize=16)
def _kept(version: str) -> Rulebook:
    return rulebooks.load_version(version)
