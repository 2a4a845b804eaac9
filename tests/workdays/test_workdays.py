"""Working days, counted by hand from the State Council's announcements of 2017 to 2026."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.workdays import Calendar, Due, add_working_days, is_working_day

HOLIDAYS = [
    ("2017: eight days of National Day and Mid-Autumn", "2017-09-22", 10, "2017-10-12"),
    ("2018: a Sunday and a Saturday worked for Spring Festival", "2018-02-07", 10, "2018-02-26"),
    ("2019: two Sundays worked for Labour Day", "2019-04-25", 10, "2019-05-10"),
    ("2020: Spring Festival prolonged to 2 February", "2020-01-17", 10, "2020-02-07"),
    ("2021: Spring Festival", "2021-02-05", 10, "2021-02-24"),
    ("2022: a worked weekend before Spring Festival", "2022-01-26", 10, "2022-02-14"),
    ("2023: a worked weekend after National Day", "2023-09-27", 10, "2023-10-17"),
    ("2024: New Year's Eve was a working day", "2024-02-02", 10, "2024-02-21"),
    ("2025: a Sunday and a Saturday worked for National Day", "2025-09-26", 10, "2025-10-16"),
    ("2026: nine days of Spring Festival", "2026-02-12", 10, "2026-03-04"),
]


@pytest.mark.parametrize(("start", "days", "due"), [h[1:] for h in HOLIDAYS], ids=lambda v: str(v))
def test_a_limit_steps_over_holidays_and_counts_moved_working_days(
    start: str, days: int, due: str
) -> None:
    found = add_working_days(date.fromisoformat(start), days)
    assert found == Due(date.fromisoformat(due), provisional=False)


MOVED = [  # weekend days that were worked (调休), one or more of each year
    "2017-01-22 2017-02-04 2017-04-01 2017-05-27 2017-09-30",
    "2018-02-11 2018-02-24 2018-04-08 2018-04-28 2018-09-29 2018-09-30 2018-12-29",
    "2019-02-02 2019-02-03 2019-04-28 2019-05-05 2019-09-29 2019-10-12",
    "2020-01-19 2020-04-26 2020-05-09 2020-06-28 2020-09-27 2020-10-10",
    "2021-02-07 2021-02-20 2021-04-25 2021-05-08 2021-09-18 2021-09-26 2021-10-09",
    "2022-01-29 2022-01-30 2022-04-02 2022-04-24 2022-05-07 2022-10-08 2022-10-09",
    "2023-01-28 2023-01-29 2023-04-23 2023-05-06 2023-06-25 2023-10-07 2023-10-08",
    "2024-02-04 2024-02-18 2024-04-07 2024-04-28 2024-05-11 2024-09-14 2024-09-29 2024-10-12",
    "2025-01-26 2025-02-08 2025-04-27 2025-09-28 2025-10-11",
    "2026-01-04 2026-02-14 2026-02-28 2026-05-09 2026-09-20 2026-10-10",
]


@pytest.mark.parametrize("year", MOVED, ids=lambda days: days[:4])
def test_a_weekend_day_that_is_moved_counts_as_a_working_day(year: str) -> None:
    days = [date.fromisoformat(day) for day in year.split()]
    assert all(day.weekday() >= 5 and is_working_day(day) for day in days)


def test_every_other_weekend_day_of_an_announced_decade_is_free() -> None:
    moved = {date.fromisoformat(day) for year in MOVED for day in year.split()}
    every = (date(2017, 1, 1) + timedelta(days=n) for n in range(3652))
    assert {day for day in every if day.weekday() >= 5 and is_working_day(day)} == moved


def test_the_day_on_which_a_limit_begins_is_not_counted() -> None:
    assert add_working_days(date(2025, 3, 3), 1) == Due(date(2025, 3, 4), provisional=False)


def test_a_limit_that_begins_on_a_free_day_counts_from_the_next_working_day() -> None:
    assert add_working_days(date(2025, 10, 1), 1).date == date(2025, 10, 9)


def test_a_limit_that_reaches_an_unannounced_year_counts_weekdays_and_is_provisional() -> None:
    # 22–25, 28–31 December, Friday 1 January (which will not stay a working day), 4 January.
    assert add_working_days(date(2026, 12, 21), 10) == Due(date(2027, 1, 4), provisional=True)


def test_a_year_wholly_beyond_the_announcements_is_provisional() -> None:
    assert add_working_days(date(2031, 6, 2), 5) == Due(date(2031, 6, 9), provisional=True)


def test_the_last_days_of_december_stay_provisional_until_the_next_year_is_announced() -> None:
    assert add_working_days(date(2026, 12, 25), 1) == Due(date(2026, 12, 28), provisional=False)
    assert add_working_days(date(2026, 12, 28), 1) == Due(date(2026, 12, 29), provisional=True)


def test_a_year_that_the_authority_has_entered_is_no_longer_provisional() -> None:
    calendar = Calendar(
        closures=frozenset({date(2027, 1, 1)}),
        openings=frozenset({date(2027, 1, 3)}),
        announced=frozenset({2027}),
    )
    found = add_working_days(date(2026, 12, 21), 10, calendar)
    assert found == Due(date(2027, 1, 4), provisional=False)
    assert is_working_day(date(2027, 1, 3), calendar)


def test_a_local_closure_lengthens_a_limit_and_a_local_opening_shortens_it() -> None:
    start = date(2025, 3, 3)
    closed = Calendar(closures=frozenset({date(2025, 3, 5)}))
    opened = Calendar(openings=frozenset({date(2025, 3, 8)}))
    assert add_working_days(start, 5, closed).date == date(2025, 3, 11)
    assert add_working_days(start, 5).date == date(2025, 3, 10)
    assert add_working_days(start, 5, opened).date == date(2025, 3, 8)


def test_a_day_cannot_be_both_closed_and_open() -> None:
    with pytest.raises(ValueError, match="2025-03-05"):
        Calendar(
            closures=frozenset({date(2025, 3, 5)}),
            openings=frozenset({date(2025, 3, 5)}),
        )


@pytest.mark.parametrize("days", [0, -1])
def test_a_limit_has_at_least_one_day(days: int) -> None:
    with pytest.raises(ValueError, match="at least one"):
        add_working_days(date(2025, 3, 3), days)


@given(
    start=st.dates(date(2017, 1, 1), date(2030, 12, 31)),
    first=st.integers(1, 20),
    second=st.integers(1, 20),
)
def test_counting_in_two_steps_or_in_one_ends_on_the_same_working_day(
    start: date, first: int, second: int
) -> None:
    whole = add_working_days(start, first + second)
    half = add_working_days(start, first)
    rest = add_working_days(half.date, second)
    assert (rest.date, half.provisional or rest.provisional) == (whole.date, whole.provisional)
    assert is_working_day(whole.date)
