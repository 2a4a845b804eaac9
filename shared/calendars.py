"""The tables of working days that the authority fills, as settings of the parts that count them."""

from datetime import date

from shared.settings import Settings
from shared.workdays import Calendar


class CalendarSettings(Settings):
    """The common settings, and the tables of working days that the authority fills.

    `closures` and `openings` are JSON lists of dates, `announced` one of years (see
    shared/workdays.py): HUITONG_CLOSURES='["2027-01-01"]'.
    """

    closures: frozenset[date] = frozenset()
    openings: frozenset[date] = frozenset()
    announced: frozenset[int] = frozenset()

    @property
    def calendar(self) -> Calendar:
        """The tables as the count of working days takes them."""
        return Calendar(self.closures, self.openings, self.announced)
