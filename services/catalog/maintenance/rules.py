"""Quarters, and who goes through the catalogue in each. Pure.

baoji-2017 §10: at least one full maintenance each quarter. Where a rulebook knows no quarterly
maintenance by departments, none is asked for.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Self

from shared.errors import Conflict, Forbidden
from shared.principal import Principal, PrincipalKind
from shared.rulebooks import Rulebook
from shared.rulebooks.vocabulary import Cycle, Party

PATTERN: Final = r"^(20\d\d)Q([1-4])$"
# A reminder is given when no more working days than these are left of the quarter.
REMINDER_DAYS: Final = 10


class MaintenanceNotInRulebook(Conflict):
    """The rulebook asks no department to go through its catalogue each quarter."""

    code = "maintenance-not-in-rulebook"
    title = "No quarterly maintenance in this rulebook"


class MaintenanceNotDue(Conflict):
    """The quarter has not come, or the department had nothing in the catalogue in it."""

    code = "maintenance-not-due"
    title = "Maintenance not due"


class MaintenanceConfirmed(Conflict):
    """The department confirmed this quarter already."""

    code = "maintenance-confirmed-already"
    title = "Confirmed already"


class MaintenancePersonRequired(Forbidden):
    """That a catalogue was gone through is confirmed by a person."""

    code = "maintenance-person-required"
    title = "A person confirms"


@dataclass(frozen=True, slots=True, order=True)
class Quarter:
    """A quarter of a year where the installation stands."""

    year: int
    number: int

    @classmethod
    def of(cls, day: date) -> Self:
        """The quarter that a local day lies in."""
        return cls(day.year, (day.month + 2) // 3)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The quarter that `2026Q1` names. Raises ValueError."""
        found = re.fullmatch(PATTERN, text)
        if found is None:
            raise ValueError(f"no quarter: {text}")
        return cls(int(found[1]), int(found[2]))

    @property
    def last_day(self) -> date:
        """The day by which the quarter's maintenance is done."""
        following = date(self.year + self.number // 4, self.number % 4 * 3 + 1, 1)
        return following - timedelta(days=1)

    def __str__(self) -> str:
        return f"{self.year}Q{self.number}"


def article_of(rulebook: Rulebook) -> str:
    """The article that asks departments for it. Raises MaintenanceNotInRulebook."""
    if not is_asked(rulebook):
        raise MaintenanceNotInRulebook(
            "This rulebook asks no department for a full maintenance each quarter.",
            article=rulebook.catalogue_maintenance.article,
        )
    return str(rulebook.catalogue_maintenance.article)


def is_asked(rulebook: Rulebook) -> bool:
    """Whether departments go through their whole catalogue each quarter."""
    upkeep = rulebook.catalogue_maintenance
    return (
        not upkeep.silent
        and upkeep.value.every is Cycle.QUARTERLY
        and upkeep.value.by is Party.DEPARTMENT
    )


def check_person(by: Principal) -> None:
    """Refuse a machine. Raises MaintenancePersonRequired."""
    if by.kind is not PrincipalKind.OPERATOR:
        raise MaintenancePersonRequired("A person confirms that the catalogue was gone through.")
