"""Working days in China: what is known of them, and counting a statutory limit through them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

import chinese_calendar

_SATURDAY = 5
# The State Council's announcement for a year has moved days of the December before it, never
# earlier than the 29th (29 December 2018 was a working Saturday, the 31st a holiday).
_NEW_YEAR_REACHES_BACK_TO = (12, 29)


@dataclass(frozen=True, slots=True)
class Calendar:
    """What the authority has filled in beside the announcements that the software ships with.

    `closures` are weekdays that do not count, `openings` weekend days that do. `announced` names
    years whose announcement the authority has entered completely in the two tables, so that dates
    in them are no longer provisional. The tables win over the shipped announcements.
    """

    closures: frozenset[date] = frozenset()
    openings: frozenset[date] = frozenset()
    announced: frozenset[int] = frozenset()

    def __post_init__(self) -> None:
        """Refuse a day that is both closed and open, by ValueError."""
        both = self.closures & self.openings
        if both:
            days = ", ".join(str(day) for day in sorted(both))
            raise ValueError(f"a day cannot be both a closure and an opening: {days}")


@dataclass(frozen=True, slots=True)
class Due:
    """The last day of a limit; `provisional` while a day on the way is not announced."""

    date: date
    provisional: bool


@dataclass(frozen=True, slots=True)
class _Day:
    date: date
    working: bool
    known: bool


SHIPPED = Calendar()


def add_working_days(start: date, days: int, calendar: Calendar = SHIPPED) -> Due:
    """Return the last day of a limit of `days` ≥ 1 working days that began on `start`.

    The day on which it begins is not counted (Civil Code art. 201), so it need not be a working
    day. Where a day on the way lies in a year that neither the State Council's announcements nor
    the authority's tables cover, Monday to Friday count and the result is provisional.
    """
    if days < 1:
        raise ValueError(f"a limit has at least one working day, not {days}")
    provisional = False
    remaining = days
    for day in _following(start, calendar):
        provisional = provisional or not day.known
        remaining -= day.working
        if remaining == 0:
            return Due(day.date, provisional)
    raise AssertionError("the days never end")


def is_working_day(day: date, calendar: Calendar = SHIPPED) -> bool:
    """Return whether offices work on `day`; Monday to Friday where nothing is announced."""
    return _look_up(day, calendar).working


def _following(start: date, calendar: Calendar) -> Iterator[_Day]:
    day = start
    while True:
        day += timedelta(days=1)
        yield _look_up(day, calendar)


def _look_up(day: date, calendar: Calendar) -> _Day:
    if day in calendar.closures:
        return _Day(day, working=False, known=True)
    if day in calendar.openings:
        return _Day(day, working=True, known=True)
    weekday = day.weekday() < _SATURDAY
    known = _is_announced(day.year, calendar)
    if known and (day.month, day.day) >= _NEW_YEAR_REACHES_BACK_TO:
        known = _is_announced(day.year + 1, calendar)
    shipped = _announced_working(day)
    # A year that only the authority has entered has all its exceptions in the tables above.
    return _Day(day, working=weekday if shipped is None else shipped, known=known)


def _is_announced(year: int, calendar: Calendar) -> bool:
    return year in calendar.announced or _announced_working(date(year, 1, 1)) is not None


@cache
def _announced_working(day: date) -> bool | None:
    """Ask the shipped announcements; None where they do not reach, for there the library raises."""
    try:
        return bool(chinese_calendar.is_workday(day))
    except NotImplementedError:
        return None
