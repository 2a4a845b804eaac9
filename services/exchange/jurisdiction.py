"""The law, the local day and the working days of the place that this installation serves."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Self

from services.exchange.settings import ExchangeSettings
from shared import clock, rulebooks, workdays
from shared.rulebooks import Rulebook
from shared.workdays import Calendar, Due


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment in UTC, the local day that it falls on, and the law of that day."""

    at: datetime
    today: date
    rulebook: Rulebook


@dataclass(frozen=True, slots=True)
class Jurisdiction:
    """One installation's rulebook, time zone and working days.

    `statistics_months` is the period of statistics where the rulebook says "regularly";
    they are due `statistics_days` working days after its end.
    """

    rulebook_id: str
    timezone: str
    calendar: Calendar
    statistics_months: int
    statistics_days: int

    @classmethod
    def of(cls, settings: ExchangeSettings) -> Self:
        """The jurisdiction that the settings describe."""
        return cls(
            settings.rulebook,
            settings.timezone,
            settings.calendar,
            settings.statistics_months,
            settings.statistics_days,
        )

    def now(self) -> Moment:
        """The present moment, its local day, and the law of that day."""
        return self.moment(clock.now())

    def moment(self, at: datetime) -> Moment:
        """`at`, its local day, and the law of that day."""
        today = clock.local_date(at, self.timezone)
        return Moment(at, today, _in_force(self.rulebook_id, today))

    def due(self, start: date, working_days: int) -> Due:
        """The last day of a limit of working days that began on `start`."""
        return workdays.add_working_days(start, working_days, self.calendar)


@lru_cache(maxsize=4)
def _in_force(rulebook_id: str, on: date) -> Rulebook:
    return rulebooks.load(rulebook_id, on)
