"""What a filing of exchange outside the platform keeps to. Pure. jiangsu-2012 §14."""

from datetime import date
from enum import StrEnum
from typing import Final

from services.exchange.off_platform.periods import Period
from shared.errors import Conflict, Forbidden
from shared.rulebooks import Rulebook
from shared.rulebooks.values import OffPlatform as Ruling

# A reminder is given when no more working days than these are left.
REMINDER_DAYS: Final = 5


class FilingState(StrEnum):
    """Where a filing stands."""

    FILED = "filed"
    RECORDED = "recorded"
    RETURNED = "returned"
    ENDED = "ended"


class OffPlatformNotInRulebook(Conflict):
    """The rulebook knows no exchange outside the platform."""

    code = "off-platform-not-in-rulebook"
    title = "Not in this rulebook"


class OffPlatformNotYours(Forbidden):
    """The department that filed an exchange carries it on."""

    code = "off-platform-not-yours"
    title = "Not your department's"


class OffPlatformNotTheAuthority(Forbidden):
    """The competent authority of the region takes a filing on record."""

    code = "off-platform-not-the-authority"
    title = "Not the authority"


class OffPlatformStateUnfit(Conflict):
    """The filing does not stand where this can be done."""

    code = "off-platform-state-unfit"
    title = "State unfit"


class StatisticsPeriodUnfit(Conflict):
    """Statistics are of a period that is over, and that the exchange lies in."""

    code = "off-platform-period-unfit"
    title = "Period unfit"


def ruling_of(rulebook: Rulebook) -> Ruling:
    """What the rulebook says of it. Raises OffPlatformNotInRulebook where that is nothing."""
    if rulebook.off_platform.silent:
        raise OffPlatformNotInRulebook(
            "By this rulebook departments exchange over the platform, and what was there before "
            "moves to it: register it as an older exchange (/v1/older-exchanges).",
            article=rulebook.platform_only.article,
        )
    return rulebook.off_platform.value


def check_period(
    name: str, months: int, *, first: Period, ended_on: date | None, today: date
) -> Period:
    """The period of that name, if statistics of it are due. Raises StatisticsPeriodUnfit."""
    found = Period.named(name, months)
    if found is None:
        raise StatisticsPeriodUnfit(f"Periods have {months} months; none begins in that month.")
    if found < first or (ended_on is not None and found.first > ended_on):
        raise StatisticsPeriodUnfit("The exchange was not on file in that period.")
    over = found.last if ended_on is None else min(found.last, ended_on)
    if today <= over:
        raise StatisticsPeriodUnfit("The period is not over yet.")
    return found
