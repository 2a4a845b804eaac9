"""Silence becomes visible: once to the platform, for as long as it lasts to people."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from services.requests import overdue
from services.requests.jurisdiction import Jurisdiction
from shared import clock
from shared.workdays import Calendar
from tests.requests.world import Json, World, told

# The last day is Monday 16 March 2026; it ends at 16:00 UTC.
LAST_MINUTE = datetime(2026, 3, 16, 15, 59, tzinfo=UTC)
JUST_PAST = datetime(2026, 3, 16, 16, 0, tzinfo=UTC)


def law_of(world: World) -> Jurisdiction:
    found: Jurisdiction = world.app.state.jurisdiction
    return found


async def reported(world: World) -> list[Json]:
    return [e for e in await world.said() if e["type"] == "requests.overdue.v1"]


@pytest.mark.duty("D12", "jiangsu-2017 §16", "baoji-2017 §16")
async def test_a_request_past_its_last_day_is_reported_once(world: World) -> None:
    request = await world.open_request()
    law = law_of(world)
    assert await overdue.report(world.sessions, law, LAST_MINUTE) == 0
    assert await overdue.report(world.sessions, law, JUST_PAST) == 1
    assert await overdue.report(world.sessions, law, JUST_PAST + timedelta(days=9)) == 0
    [event] = await reported(world)
    assert (event["subject"], event["data"]["due_on"]) == (request, "2026-03-16")
    assert (event["actor"], event["aggregateversion"]) == ("service:requests", 2)


async def test_two_lookouts_report_it_once(world: World) -> None:
    for _ in range(5):
        await world.open_request()
    law = law_of(world)
    found = await asyncio.gather(
        *(overdue.report(world.sessions, law, JUST_PAST) for _ in range(3))
    )
    assert sum(found) == 5
    assert len({event["subject"] for event in await reported(world)}) == 5
    assert len(await reported(world)) == 5


async def test_what_is_decided_withdrawn_or_without_limit_is_not_reported(world: World) -> None:
    told(await world.approve(await world.open_request()), 200)
    told(await world.refuse(await world.open_request(), reasons="无关"), 200)
    taken = await world.open_request()
    told(await world.as_(world.tax).post(f"/v1/requests/{taken}/withdraw"), 200)
    assert await overdue.report(world.sessions, law_of(world), JUST_PAST) == 0


async def test_everybody_who_may_know_sees_how_late_an_answer_is(world: World) -> None:
    request = await world.open_request()
    in_time = await world.read(request)
    assert (in_time["overdue"], in_time["days_late"]) == (False, 0)
    with clock.turn(JUST_PAST + timedelta(days=2)):
        late = await world.read(request, by=world.market)
        assert (late["overdue"], late["days_late"]) == (True, 3)
        told(await world.approve(request), 200)
    with clock.turn(JUST_PAST + timedelta(days=30)):
        answered = await world.read(request)
        assert (answered["overdue"], answered["days_late"]) == (False, 3)


async def test_the_overdue_can_be_listed_and_so_can_the_others(world: World) -> None:
    late = await world.open_request()
    with clock.turn(JUST_PAST):
        fresh = await world.open_request()
        client = world.as_(world.market)

        async def ids(wanted: str) -> list[str]:
            answer = await client.get("/v1/requests", params={"overdue": wanted})
            return [request["id"] for request in told(answer, 200)["items"]]

        assert await ids("true") == [late]
        assert await ids("false") == [fresh]


async def test_a_provisional_day_is_counted_again_when_the_authority_fills_its_table(
    world: World,
) -> None:
    with clock.turn(datetime(2026, 12, 21, 1, 0, tzinfo=UTC)):
        request = await world.open_request()
        before = await world.read(request)
        assert (before["due_on"], before["due_provisional"]) == ("2027-01-04", True)
        filled = replace(
            law_of(world),
            calendar=Calendar(closures=frozenset({date(2027, 1, 1)}), announced=frozenset({2027})),
        )
        at = datetime(2027, 1, 5, 1, 0, tzinfo=UTC)
        assert await overdue.report(world.sessions, filled, at) == 0
        after = await world.read(request)
        assert (after["due_on"], after["due_provisional"]) == ("2027-01-05", False)
        assert await overdue.report(world.sessions, filled, at + timedelta(days=1)) == 1
