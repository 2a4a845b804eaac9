"""When newer data is expected, and from which day on it is late."""

from datetime import date

import pytest

from services.exchange.freshness.rules import (
    Expected,
    Timeliness,
    article_of,
    expected,
    grace_of,
    is_owed,
    working_days_over,
)
from shared import rulebooks
from shared.events.catalog import ShareMethod, ShareType, UpdateCycle
from shared.workdays import SHIPPED

FRIDAY = date(2026, 3, 6)


@pytest.mark.duty("D18", "baoji-2017 §11", "jiangsu-2017 §17")
@pytest.mark.parametrize(
    ("cycle", "on"),
    [
        (UpdateCycle.REAL_TIME, date(2026, 3, 9)),
        (UpdateCycle.DAILY, date(2026, 3, 9)),
        (UpdateCycle.WEEKLY, date(2026, 3, 13)),
        # 6 April is Qingming's holiday.
        (UpdateCycle.MONTHLY, date(2026, 4, 7)),
        # 6 June is a Saturday, 6 September a Sunday.
        (UpdateCycle.QUARTERLY, date(2026, 6, 8)),
        (UpdateCycle.HALF_YEARLY, date(2026, 9, 7)),
    ],
)
def test_data_is_expected_when_its_cycle_has_run_and_offices_work(
    cycle: UpdateCycle, on: date
) -> None:
    assert expected(FRIDAY, cycle, None, SHIPPED) == Expected(on, on, provisional=False)


def test_a_year_that_is_not_announced_is_provisional_and_irregular_data_has_no_day() -> None:
    found = expected(FRIDAY, UpdateCycle.YEARLY, None, SHIPPED)
    assert found is not None
    assert (found.on, found.provisional) == (date(2027, 3, 8), True)
    assert expected(FRIDAY, UpdateCycle.IRREGULAR, 20, SHIPPED) is None
    month_end = expected(date(2026, 1, 31), UpdateCycle.MONTHLY, None, SHIPPED)
    # 28 February 2026 is a working Saturday.
    assert month_end is not None
    assert month_end.on == date(2026, 2, 28)


@pytest.mark.duty("D18", "jiangsu-2012 §15", "yixing-2016 §17")
@pytest.mark.parametrize("rulebook", ["jiangsu-2012", "yixing-2016"])
def test_where_the_rulebook_gives_working_days_it_is_late_only_after_those(rulebook: str) -> None:
    law = rulebooks.load(rulebook, FRIDAY)
    assert (grace_of(law), article_of(law)) == (20, "jiangsu-2012 §15")
    found = expected(FRIDAY, UpdateCycle.WEEKLY, grace_of(law), SHIPPED)
    assert found is not None
    assert (found.on, found.last) == (date(2026, 3, 13), date(2026, 4, 13))
    assert [
        found.timeliness(day)
        for day in (date(2026, 3, 12), date(2026, 3, 13), date(2026, 4, 13), date(2026, 4, 14))
    ] == [Timeliness.ON_TIME, Timeliness.DUE, Timeliness.DUE, Timeliness.LATE]


@pytest.mark.parametrize(
    ("share_type", "methods", "owed"),
    [
        (ShareType.CONDITIONAL, [], True),
        (ShareType.UNCONDITIONAL, [ShareMethod.INTERFACE, ShareMethod.FILE], True),
        (ShareType.CONDITIONAL, [ShareMethod.INTERFACE], False),
        (ShareType.CONDITIONAL, [ShareMethod.MAIL, ShareMethod.DISK], False),
        (ShareType.NOT_SHARED, [ShareMethod.DATABASE], False),
    ],
)
def test_no_batches_are_owed_of_what_is_not_shared_or_comes_another_way(
    share_type: ShareType, methods: list[ShareMethod], owed: bool
) -> None:
    assert is_owed(share_type, methods) is owed


def test_lateness_is_counted_in_working_days() -> None:
    assert working_days_over(FRIDAY, FRIDAY, SHIPPED) == 0
    assert working_days_over(FRIDAY, date(2026, 3, 8), SHIPPED) == 0
    assert working_days_over(FRIDAY, date(2026, 3, 10), SHIPPED) == 2
