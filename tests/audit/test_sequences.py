"""The bookkeeping of a source that numbers its messages without gaps."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from services.audit.sequences import Gap, Sequences, spoken

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def heard(*numbers: int) -> Sequences:
    found = Sequences()
    for number in numbers:
        found.arrive(number, AT)
    return found


def test_numbers_in_order_leave_no_gap() -> None:
    assert heard(1, 2, 3) == Sequences(highest=3, arrived=3)


def test_a_first_number_above_one_says_what_is_missing_before_it() -> None:
    assert heard(4).gaps == [Gap(1, 3, AT)]


def test_a_late_arrival_narrows_splits_and_heals_a_gap() -> None:
    found = heard(1, 6)
    assert found.gaps == [Gap(2, 5, AT)]
    found.arrive(5, AT)
    assert found.gaps == [Gap(2, 4, AT)]
    found.arrive(3, AT)
    assert found.gaps == [Gap(2, 2, AT), Gap(4, 4, AT)]
    found.arrive(2, AT)
    found.arrive(4, AT)
    assert found == Sequences(highest=6, arrived=6)


def test_a_number_that_comes_again_is_counted_as_repeated() -> None:
    assert heard(1, 2, 1).repeated == 1


@given(st.lists(st.integers(1, 40), max_size=60))
def test_missing_is_exactly_what_never_came(numbers: list[int]) -> None:
    found = heard(*numbers)
    gone = {n for gap in found.gaps for n in range(gap.first, gap.last + 1)}
    highest = max(numbers, default=0)
    assert gone == set(range(1, highest + 1)) - set(numbers)
    assert found.missing == len(gone)
    assert found.repeated == len(numbers) - len(set(numbers))
    assert found.gaps == sorted(found.gaps)


def test_gaps_are_spoken_of_briefly() -> None:
    gaps = [Gap(n, n + n % 2, AT) for n in range(2, 30, 3)]
    assert spoken(gaps[:2]) == "2, 5 to 6"
    assert spoken(gaps) == "2, 5 to 6, 8, 11 to 12, 14 and 5 more"
