"""The law and the customs of the place that this installation serves."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import Self
from zoneinfo import ZoneInfo

from services.catalog.classification import CodePattern
from services.catalog.settings import CatalogSettings
from services.catalog.workflow import Act
from shared import clock, rulebooks, workdays
from shared.principal import Principal
from shared.rulebooks import Rulebook
from shared.rulebooks.vocabulary import Network
from shared.workdays import Calendar, Due


@dataclass(frozen=True, slots=True)
class Installation:
    """One installation's rulebook, time zone, pattern of codes, working days and notice.

    `network` is the one that it stands on. `notice_days` are the working days between the
    announcement of a change of what is in the catalogue and its effect; 0 lets changes take effect
    at once. `guide_months` is how long a description in the service guide is good.
    """

    rulebook_id: str
    timezone: str
    code_pattern: CodePattern
    calendar: Calendar
    notice_days: int
    network: Network
    guide_months: int

    @classmethod
    def of(cls, settings: CatalogSettings) -> Self:
        """The installation that the settings describe."""
        return cls(
            settings.rulebook,
            settings.timezone,
            settings.code_pattern,
            settings.calendar,
            settings.change_notice_days,
            settings.network,
            settings.service_guide_months,
        )

    def act(self, by: Principal) -> Act:
        """What `by` does now, under the rulebook as it is in force today."""
        at = clock.now()
        return Act(by, at, self.in_force(self.day_of(at)))

    def local_day(self) -> date:
        """The day that it is here now."""
        return self.day_of(clock.now())

    def today(self) -> Rulebook:
        """The rulebook as it is in force now."""
        return self.in_force(self.day_of(clock.now()))

    def in_force(self, on: date) -> Rulebook:
        """The rulebook as it is in force on a local day."""
        return _in_force(self.rulebook_id, on)

    def day_of(self, at: datetime) -> date:
        """The local day of a moment."""
        return clock.local_date(at, self.timezone)

    def beginning_of(self, day: date) -> datetime:
        """The first moment of a local day, in UTC."""
        return datetime.combine(day, time.min, ZoneInfo(self.timezone)).astimezone(UTC)

    def due(self, start: date, working_days: int) -> Due:
        """The last day of a limit of working days that began on `start`."""
        return workdays.add_working_days(start, working_days, self.calendar)


@lru_cache(maxsize=16)
def _in_force(rulebook_id: str, on: date) -> Rulebook:
    return rulebooks.load(rulebook_id, on)
