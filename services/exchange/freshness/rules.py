"""By when data is expected, and when it is late. Pure.

The catalogue entry's update cycle says when the next data is expected; where the rulebook gives
working days for an update after a change (jiangsu-2012 §15), it is late only after those.
jiangsu-2012 §12 §15, jiangsu-2017 §17, yixing-2016 §17, baoji-2017 §11 §17.
"""

import calendar
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from shared.errors import Conflict
from shared.events.catalog import ShareMethod, ShareType, UpdateCycle
from shared.rulebooks import Rulebook
from shared.workdays import Calendar, add_working_days, is_working_day

_WEEK: Final = timedelta(days=7)
_MONTHS: Final = {
    UpdateCycle.MONTHLY: 1,
    UpdateCycle.QUARTERLY: 3,
    UpdateCycle.HALF_YEARLY: 6,
    UpdateCycle.YEARLY: 12,
}
_IN_BATCHES: Final = frozenset({ShareMethod.DATABASE, ShareMethod.FILE})
# Nobody counts further back than this.
_MOST_DAYS: Final = 1000


class Timeliness(StrEnum):
    """Where the data of a resource stands; UNTIMED has no cycle that could run out."""

    ON_TIME = "on-time"
    DUE = "due"
    LATE = "late"
    UNTIMED = "untimed"


class NothingToConfirm(Conflict):
    """That data is unchanged can be said of data that is there, of a resource in the catalogue."""

    code = "freshness-nothing-to-confirm"
    title = "Nothing to confirm"


@dataclass(frozen=True, slots=True)
class Expected:
    """The local day on which data is expected, and the last one on which it is not late."""

    on: date
    last: date
    provisional: bool

    def timeliness(self, today: date) -> Timeliness:
        """Where that stands on a local day."""
        if today < self.on:
            return Timeliness.ON_TIME
        return Timeliness.DUE if today <= self.last else Timeliness.LATE


def expected(
    since: date, cycle: UpdateCycle, working_days: int | None, tables: Calendar
) -> Expected | None:
    """When data that is of `since` is followed by newer; None where the cycle names no day.

    `working_days` are those that the rulebook gives beyond the cycle. A day on which offices are
    closed is moved to the next on which they work.
    """
    match cycle:
        case UpdateCycle.IRREGULAR:
            return None
        case UpdateCycle.REAL_TIME | UpdateCycle.DAILY:
            day = since + timedelta(days=1)
        case UpdateCycle.WEEKLY:
            day = since + _WEEK
        case _:
            day = _months_after(since, _MONTHS[cycle])
    on = add_working_days(day - timedelta(days=1), 1, tables)
    if working_days is None:
        return Expected(on.date, on.date, on.provisional)
    last = add_working_days(on.date, working_days, tables)
    return Expected(on.date, last.date, on.provisional or last.provisional)


def is_owed(share_type: ShareType, methods: Collection[ShareMethod]) -> bool:
    """Whether batches are owed at all: of what is shared, not by an interface or a medium alone.

    Where the entry names no method, they are.
    """
    if share_type is ShareType.NOT_SHARED:
        return False
    return not methods or any(method in _IN_BATCHES for method in methods)


def grace_of(rulebook: Rulebook) -> int | None:
    """The working days after a change within which data is brought up to date, where stated."""
    limit = rulebook.data_refresh_limit
    return None if limit.silent else limit.value


def article_of(rulebook: Rulebook) -> str | None:
    """What the duty to keep data current rests on."""
    limit = rulebook.data_refresh_limit
    return rulebook.data_refresh.article if limit.silent else limit.article


def working_days_over(last: date, today: date, tables: Calendar) -> int:
    """How many working days have passed after the last day; 0 up to it."""
    days = min((today - last).days, _MOST_DAYS)
    return sum(is_working_day(last + timedelta(days=n), tables) for n in range(1, days + 1))


def _months_after(day: date, months: int) -> date:
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
