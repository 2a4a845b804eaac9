"""The places towards a service: shared between departments, never all held by one."""

import asyncio
from uuid import UUID

import pytest

from gateway.limits.fairness import DepartmentBusy, Places, PlatformBusy

BUSY, QUIET, OTHER = (UUID(int=n) for n in (1, 2, 3))


async def test_a_busy_department_leaves_a_place_for_the_others() -> None:
    places = Places(4)
    assert [places.enter(BUSY) for _ in range(3)] == [None, None, None]
    waiting = places.enter(BUSY)
    assert waiting is not None
    assert places.enter(QUIET) is None
    # The place that QUIET leaves is not BUSY's either: it holds three quarters already.
    places.leave(QUIET)
    assert not waiting.done()
    places.leave(BUSY)
    assert waiting.done()


async def test_the_next_place_goes_to_who_holds_fewest_however_long_the_queue_of_others() -> None:
    places = Places(4)
    for department in (BUSY, BUSY, BUSY, OTHER):
        assert places.enter(department) is None
    queue = [places.enter(BUSY) for _ in range(10)]
    late = places.enter(QUIET)
    later = places.enter(OTHER)
    assert late is not None
    assert later is not None
    places.leave(BUSY)
    assert late.done()
    assert not any(w.done() for w in queue if w)
    places.leave(BUSY)
    assert later.done() or queue[0] is None or queue[0].done()


async def test_departments_that_all_want_more_get_the_same() -> None:
    places, served = Places(6), {BUSY: 0, QUIET: 0, OTHER: 0}
    # One asks a hundred at a time, the others one after the other.
    crowds = {BUSY: 20, QUIET: 2, OTHER: 2}

    async def work(department: UUID) -> None:
        while sum(served.values()) < 600:
            await places.take(department, 5)
            await asyncio.sleep(0)
            served[department] += 1
            places.leave(department)

    async with asyncio.TaskGroup() as tasks:
        for department, crowd in crowds.items():
            for _ in range(crowd):
                tasks.create_task(work(department))
    assert served[QUIET] > 150
    assert served[OTHER] > 150
    assert [places.enter(d) for d in (BUSY, BUSY, QUIET)] == [None] * 3


async def test_who_stops_waiting_leaves_no_trace() -> None:
    places = Places(2)
    assert places.enter(BUSY) is None
    with pytest.raises(TimeoutError):
        await places.take(BUSY, 0.01)
    task = asyncio.create_task(places.take(BUSY, 5))
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    # Cancelled in the very moment in which the place was given: it goes to the next.
    given = places.enter(BUSY)
    second = places.enter(BUSY)
    assert given is not None
    assert second is not None
    places.leave(BUSY)
    assert given.done()
    places.give_up(BUSY, given)
    assert second.done()
    places.leave(BUSY)
    assert [places.enter(BUSY), places.enter(QUIET)] == [None, None]


async def test_queues_are_bounded_for_a_department_and_for_all() -> None:
    places = Places(2)
    places.enter(BUSY)
    for _ in range(8):
        places.enter(BUSY)
    with pytest.raises(DepartmentBusy) as busy:
        places.enter(BUSY)
    assert (busy.value.status, busy.value.headers) == (429, {"Retry-After": "1"})
    places.enter(QUIET)
    for n in range(10, 34):
        places.enter(UUID(int=n))
    with pytest.raises(PlatformBusy) as full:
        places.enter(OTHER)
    assert full.value.status == 503


async def test_a_single_place_still_serves_everybody() -> None:
    places = Places(1)
    assert places.enter(BUSY) is None
    waiting = places.enter(QUIET)
    places.leave(BUSY)
    assert waiting is not None
    assert waiting.done()
