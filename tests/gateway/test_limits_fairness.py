"""The places towards a service: shared between departments, never all held by one."""

from uuid import UUID

import pytest

from gateway.limits.fairness import DepartmentBusy, Places, PlatformBusy

BUSY, QUIET, OTHER = (UUID(int=n) for n in (1, 2, 3))


def test_a_busy_department_leaves_a_place_for_the_others() -> None:
    places = Places[str](4)
    assert [places.enter(BUSY, "b") for _ in range(3)] == [True] * 3
    assert not places.enter(BUSY, "waits")
    assert places.enter(QUIET, "q")
    # The place that QUIET leaves is not BUSY's either: it holds three quarters already.
    assert places.leave(QUIET) is None
    assert places.leave(BUSY) == "waits"


def test_the_next_place_goes_to_who_holds_fewest_however_long_the_queue_of_others() -> None:
    places = Places[str](4)
    for department in (BUSY, BUSY, BUSY, OTHER):
        assert places.enter(department, "first")
    for n in range(10):
        assert not places.enter(BUSY, f"busy {n}")
    assert not places.enter(QUIET, "quiet")
    assert not places.enter(OTHER, "other")
    assert places.leave(BUSY) == "quiet"
    # Now BUSY and OTHER hold as many, and BUSY waits longer.
    assert places.leave(BUSY) == "busy 0"
    assert places.leave(QUIET) == "other"


def test_departments_that_all_want_more_get_the_same() -> None:
    places = Places[UUID](6)
    # One has twenty calls open at any moment, the others two.
    under_way = [d for d, n in ((BUSY, 20), (QUIET, 2), (OTHER, 2)) for _ in range(n)]
    served = {BUSY: 0, QUIET: 0, OTHER: 0}
    holding = [department for department in under_way if places.enter(department, department)]
    for turn in range(600):
        done = holding.pop(turn % len(holding))
        served[done] += 1
        following = places.leave(done)
        if following is not None:
            holding.append(following)
        if places.enter(done, done):
            holding.append(done)
    assert served[QUIET] > 150
    assert served[OTHER] > 150
    assert served[BUSY] < 300


def test_a_department_of_three_times_the_weight_gets_three_times_the_places() -> None:
    places = Places[UUID](8, {BUSY: 3})
    under_way = [d for d in (BUSY, QUIET) for _ in range(20)]
    served = {BUSY: 0, QUIET: 0}
    holding = [department for department in under_way if places.enter(department, department)]
    for turn in range(800):
        done = holding.pop(turn % len(holding))
        served[done] += 1
        following = places.leave(done)
        if following is not None:
            holding.append(following)
        if places.enter(done, done):
            holding.append(done)
    assert 2.5 < served[BUSY] / served[QUIET] < 3.5


def test_no_weight_gives_one_department_all_places() -> None:
    places = Places[str](4, {BUSY: 100})
    assert [places.enter(BUSY, "b") for _ in range(4)] == [True, True, True, False]
    assert places.enter(QUIET, "q")


def test_among_equals_departments_take_turns() -> None:
    places = Places[str](2)
    assert places.enter(QUIET, "q")
    assert not places.enter(QUIET, "q2")
    assert places.enter(OTHER, "o")
    for n in range(3):
        places.enter(BUSY, f"b{n}")
        places.enter(OTHER, f"o{n}")
    assert places.leave(QUIET) == "q2"
    assert places.leave(QUIET) == "b0"
    assert places.leave(OTHER) == "o0"
    assert places.leave(BUSY) == "b1"


def test_who_stops_waiting_leaves_no_trace() -> None:
    places = Places[str](2)
    assert places.enter(BUSY, "b")
    assert not places.enter(BUSY, "one")
    assert not places.enter(BUSY, "two")
    places.give_up(BUSY, "one")
    places.give_up(BUSY, "one")
    places.give_up(QUIET, "nobody")
    assert places.leave(BUSY) == "two"
    assert places.leave(BUSY) is None
    assert [places.enter(BUSY, "b"), places.enter(QUIET, "q")] == [True, True]


def test_queues_are_bounded_for_a_department_and_for_all() -> None:
    places = Places[int](2)
    places.enter(BUSY, 0)
    for n in range(64):
        places.enter(BUSY, n)
    with pytest.raises(DepartmentBusy) as busy:
        places.enter(BUSY, 9)
    assert (busy.value.status, busy.value.headers) == (429, {"Retry-After": "1"})
    places.enter(QUIET, 0)
    for n in range(10, 10 + 192):
        places.enter(UUID(int=n), n)
    with pytest.raises(PlatformBusy) as full:
        places.enter(OTHER, 0)
    assert full.value.status == 503


def test_a_single_place_still_serves_everybody() -> None:
    places = Places[str](1)
    assert places.enter(BUSY, "b")
    assert not places.enter(QUIET, "q")
    assert places.leave(BUSY) == "q"
