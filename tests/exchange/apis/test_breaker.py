"""A system that is away is left alone; one call at a time finds out whether it is back."""

import pytest

from services.exchange.apis.breaker import FAILURES, LONGEST_PAUSE, PAUSE, Breaker, State
from services.exchange.apis.rates import ApiBusy, ApiRateExceeded, Rates
from shared.ids import new_id


def opened() -> Breaker:
    breaker = Breaker()
    for _ in range(FAILURES):
        assert breaker.lets_through(0.0)
        breaker.failed("provider-late", 0.0)
    return breaker


def test_so_many_failures_in_a_row_open_it() -> None:
    breaker = opened()
    assert breaker.state(1.0) is State.OPEN
    assert not breaker.lets_through(PAUSE - 1)
    assert breaker.seconds_left(PAUSE - 1) == 2
    closed = Breaker()
    for _ in range(FAILURES * 3):
        closed.failed("provider-late", 0.0)
        closed.succeeded()
    assert closed.state(0.0) is State.CLOSED


def test_after_a_pause_one_call_tries_and_the_others_wait() -> None:
    breaker = opened()
    assert breaker.state(PAUSE) is State.HALF_OPEN
    assert breaker.lets_through(PAUSE)
    assert not breaker.lets_through(PAUSE)
    breaker.succeeded()
    assert breaker.state(PAUSE) is State.CLOSED
    assert breaker.lets_through(PAUSE)


def test_a_trial_that_fails_makes_the_pause_longer_up_to_a_bound() -> None:
    breaker, now = opened(), 0.0
    for _ in range(8):
        now += breaker.seconds_left(now)
        assert breaker.lets_through(now)
        breaker.failed("provider-unreachable", now)
    assert breaker.seconds_left(now) == LONGEST_PAUSE + 1


def test_a_late_failure_of_before_it_opened_changes_nothing() -> None:
    breaker = opened()
    breaker.failed("provider-late", 1.0)
    assert breaker.lets_through(PAUSE)


def test_a_trial_without_a_word_lets_the_next_one_try() -> None:
    breaker = opened()
    assert breaker.lets_through(PAUSE)
    breaker.gave_up()
    assert breaker.lets_through(PAUSE)


def test_a_minutes_calls_may_come_at_once_and_then_evenly() -> None:
    rates, resource, department = Rates(), new_id(), new_id()
    for _ in range(60):
        rates.take(resource, department, 60, 0.0)
    with pytest.raises(ApiRateExceeded) as refused:
        rates.take(resource, department, 60, 0.5)
    assert refused.value.retry_after == 1
    rates.take(resource, new_id(), 60, 0.5)
    rates.take(resource, department, 60, 1.6)


def test_no_department_holds_all_places() -> None:
    rates, resource, one, other = Rates(), new_id(), new_id(), new_id()
    for _ in range(3):
        rates.enter(resource, one, 4)
    with pytest.raises(ApiBusy):
        rates.enter(resource, one, 4)
    rates.enter(resource, other, 4)
    with pytest.raises(ApiBusy):
        rates.enter(resource, other, 4)
    rates.leave(resource, one)
    rates.enter(resource, other, 4)
