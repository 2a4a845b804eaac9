"""Two at once: whatever the order, one wins and nothing is said twice."""

import asyncio
from collections import Counter

from shared.events.catalog import ShareType
from tests.requests.world import World, refused, told

ROUNDS = 3


async def test_of_two_deciders_one_wins(world: World) -> None:
    for _ in range(ROUNDS):
        request = await world.open_request()
        answers = await asyncio.gather(
            world.approve(request),
            world.refuse(request, reasons="无关"),
            world.approve(request),
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
        for answer in answers:
            if answer.status_code == 409:
                refused(answer, 409, "request-illegal-move")
        subjects = [
            event["type"] for event in await world.said() if event["data"].get("request") == request
        ]
        assert len(subjects) in (2, 3)
        assert max(Counter(subjects).values()) == 1


async def test_an_approval_and_a_withdrawal_do_not_both_happen(world: World) -> None:
    for _ in range(ROUNDS):
        request = await world.open_request()
        answers = await asyncio.gather(
            world.approve(request), world.as_(world.tax).post(f"/v1/requests/{request}/withdraw")
        )
        assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_of_two_requests_for_one_purpose_one_is_opened(world: World) -> None:
    for _ in range(ROUNDS):
        resource = await world.resource()
        answers = await asyncio.gather(*(world.ask(resource) for _ in range(4)))
        opened = [answer for answer in answers if answer.status_code == 201]
        assert len(opened) == 1
        first = opened[0].json()["id"]
        for answer in answers:
            if answer is not opened[0]:
                assert first in refused(answer, 409, "request-already-open")["detail"]


async def test_of_two_calls_with_one_key_one_does_the_work(world: World) -> None:
    resource = await world.resource(ShareType.UNCONDITIONAL)
    answers = await asyncio.gather(*(world.ask(resource, key="once-only") for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 201]
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await world.said()) == 3


async def test_a_grant_is_revoked_by_one_of_two(world: World) -> None:
    grant = told(await world.approve(await world.open_request()), 200)["grant"]
    client = world.as_(world.market)
    path = f"/v1/grants/{grant}/revoke"
    answers = await asyncio.gather(
        *(client.post(path, json={"reason": "职能调整"}) for _ in range(3))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    revoked = [s for s in await world.subjects() if s == "requests.grant-revoked.v1"]
    assert len(revoked) == 1
