"""Periods of statistics: whole months that divide the year. Pure."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Self

from shared.rulebooks.vocabulary import Cycle

NAME: Final = r"^(19|20)\d{2}-(0[1-9]|1[0-2])$"


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """`months` whole months from the first day `first`; 1, 3, 6 or 12, aligned to the year."""

    first: date
    months: int

    @classmethod
    def containing(cls, day: date, months: int) -> Self:
        """The period that a day lies in."""
        return cls(date(day.year, (day.month - 1) // months * months + 1, 1), months)

    @classmethod
    def named(cls, name: str, months: int) -> Self | None:
        """The period whose first month is `name`, None where none begins in it."""
        if not re.fullmatch(NAME, name):
            return None
        first = date(int(name[:4]), int(name[5:]), 1)
        found = cls.containing(first, months)
        return found if found.first == first else None

    @property
    def name(self) -> str:
        """Its first month, "2026-07"."""
        return f"{self.first:%Y-%m}"

    @property
    def following(self) -> "Period":
        """The next one."""
        month = self.first.month - 1 + self.months
        return Period(date(self.first.year + month // 12, month % 12 + 1, 1), self.months)

    @property
    def last(self) -> date:
        """Its last day."""
        return self.following.first - timedelta(days=1)


def months_of(cycle: Cycle, regularly: int) -> int:
    """How many months a period has; `regularly` where the text names none."""
    match cycle:
        case Cycle.QUARTERLY:
            return 3
        case Cycle.ANNUALLY:
            return 12
        case Cycle.REGULARLY:
            return regularly


def next_open(first: Period, ended_on: date | None, reported: Collection[str]) -> Period | None:
    """The earliest period without statistics; None once all up to the end have them."""
    found = first
    while found.name in reported:
        found = found.following
    return None if ended_on is not None and found.first > ended_on else found
