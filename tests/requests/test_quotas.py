"""The quota of a grant: the provider sets it, both sides read it, the gateway is told."""

import pytest

from shared.events.requests import GrantIssued
from tests.requests.world import World, refused, told


@pytest.mark.duty("D16", "baoji-2017 §18")
async def test_the_provider_bounds_what_is_used_of_a_grant_in_a_day(world: World) -> None:
    request = await world.open_request()
    quota = {"calls_per_day": 20, "keys_per_day": None}
    grant = told(await world.approve(request, quota=quota), 200)["grant"]
    shown = told(await world.as_(world.tax).get(f"/v1/grants/{grant}"), 200)
    assert shown["quota"] == quota
    (issued,) = [e for e in await world.said() if e["type"] == GrantIssued.subject]
    assert issued["data"]["quota"] == quota


async def test_a_grant_without_a_quota_is_not_bounded(world: World) -> None:
    request = await world.open_request()
    grant = told(await world.approve(request, quota={}), 200)["grant"]
    assert told(await world.as_(world.tax).get(f"/v1/grants/{grant}"), 200)["quota"] is None
    (issued,) = [e for e in await world.said() if e["type"] == GrantIssued.subject]
    assert issued["data"]["quota"] is None


@pytest.mark.parametrize("times", [0, -1, 1.5, "many", 10**12])
async def test_a_quota_that_is_no_number_of_times_is_malformed(world: World, times: object) -> None:
    request = await world.open_request()
    refused(await world.approve(request, quota={"calls_per_day": times}), 422, "malformed")
