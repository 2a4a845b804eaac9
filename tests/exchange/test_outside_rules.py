"""Periods of statistics, and the steps of a migration."""

from datetime import date

import pytest

from services.exchange.off_platform.periods import Period, months_of, next_open
from services.exchange.older.migration import (
    MOVES,
    MigrationState,
    OlderExchangeStateUnfit,
    check_move,
)
from shared.rulebooks.vocabulary import Cycle


def test_periods_divide_the_year_and_follow_each_other() -> None:
    quarter = Period.containing(date(2026, 11, 22), 3)
    assert (quarter.name, quarter.last) == ("2026-10", date(2026, 12, 31))
    assert (quarter.following.name, quarter.following.last) == ("2027-01", date(2027, 3, 31))
    assert Period.named("2026-11", 3) is None
    assert Period.named("2026-11", 1) == Period(date(2026, 11, 1), 1)
    assert [months_of(cycle, 6) for cycle in Cycle] == [6, 3, 12]


def test_the_earliest_period_without_statistics_is_due_until_the_end_of_the_exchange() -> None:
    first = Period.containing(date(2026, 1, 5), 3)
    assert next_open(first, None, set()) == first
    assert next_open(first, None, {"2026-01", "2026-07"}) == first.following
    assert next_open(first, date(2026, 6, 30), {"2026-01", "2026-04"}) is None


@pytest.mark.parametrize("state", list(MigrationState))
@pytest.mark.parametrize("to", list(MigrationState))
def test_a_migration_takes_only_steps_that_lead_on(
    state: MigrationState, to: MigrationState
) -> None:
    today, by = date(2026, 3, 2), date(2026, 12, 31)
    if to in MOVES[state]:
        check_move(state, to, by, today)
    else:
        with pytest.raises(OlderExchangeStateUnfit):
            check_move(state, to, by, today)


def test_nobody_plans_for_the_past_or_for_no_day() -> None:
    for planned_on in (None, date(2026, 3, 1)):
        with pytest.raises(OlderExchangeStateUnfit):
            check_move(
                MigrationState.REGISTERED, MigrationState.PLANNED, planned_on, date(2026, 3, 2)
            )
