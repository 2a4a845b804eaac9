"""Who promised data in a cycle is seen to keep it, by whoever depends on it."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from services.exchange import consumers
from services.exchange.freshness import clocks
from services.exchange.jurisdiction import Jurisdiction
from shared import clock
from shared.events.catalog import ResourceWithdrawn
from shared.principal import Principal
from tests.callers import Principals
from tests.exchange.tables import HEADER, line
from tests.exchange.world import Json, World

DATA = "\n".join([HEADER, line(1)]).encode()


@contextlib.contextmanager
def on(day: str) -> Iterator[None]:
    """Ten in the morning of a day, in Shanghai."""
    with clock.turn(datetime.fromisoformat(day).replace(hour=2, tzinfo=UTC)):
        yield


async def strike(world: World) -> int:
    """Let the clock strike, as the worker does."""
    here: Jurisdiction = world.app.state.jurisdiction
    return await clocks.strike(world.sessions, here, clock.now())


async def listed(world: World, by: Principal, query: str = "") -> list[Json]:
    async with world.call(by) as client:
        answer = await client.get(f"/v1/freshness{query}")
        assert answer.status_code == 200, answer.text
        found: list[Json] = answer.json()["items"]
        return found


async def seen(world: World, by: Principal) -> Json:
    async with world.call(by) as client:
        answer = await client.get(f"/v1/resources/{world.resource}/freshness")
        found: Json = answer.json() | {"status_code": answer.status_code}
        return found


async def withdraw(world: World) -> None:
    """The resource leaves the catalogue."""
    event = ResourceWithdrawn(
        at=clock.now(),
        actor="operator:catalogue",
        department=world.provider.department,
        aggregate=world.resource,
        version=world.version + 1,
        resource=world.resource,
        resource_version=world.version,
        provider=world.provider.department,
        region="610000/610300",
        rulebook="baoji-2017",
        rulebook_version="1",
        published=world.version,
    )
    async with world.sessions.begin() as session:
        await consumers.on_resource_withdrawn(session, event)


@pytest.mark.duty("D18", "baoji-2017 §11", "baoji-2017 §17")
async def test_late_data_is_listed_for_its_provider_its_holders_and_the_authority(
    world: World, principal: Principals
) -> None:
    authority = principal(authority="610000")
    with on("2026-03-02"):
        await world.catalogue()
        await world.publish(DATA)
        holder = await world.grant("name", "uscc")
        assert await strike(world) == 0
        assert (await seen(world, holder))["timeliness"] == "on-time"
    with on("2026-03-03"):
        assert (await seen(world, holder))["timeliness"] == "due"
        assert await strike(world) == 0
    with on("2026-03-05"):
        assert (await strike(world), await strike(world)) == (1, 0)
        for viewer in (world.provider, holder, authority):
            (late,) = await listed(world, viewer, "?timeliness=late")
            assert (late["resource"], late["working_days_late"]) == (str(world.resource), 2)
        assert (late["provider_name"], late["article"]) == (
            "示例市市场监督管理局",
            "baoji-2017 §11",
        )
        assert await listed(world, principal()) == []
        assert (await seen(world, principal()))["status_code"] == 404
        (told,) = await world.events("exchange.data-late.v1")
        assert (told["holders"], told["last_on"]) == ([str(holder.department)], "2026-03-03")
        await world.publish(DATA, key="batch-0002")
        assert await strike(world) == 0
        assert await listed(world, holder, "?timeliness=late") == []
        (caught_up,) = await world.events("exchange.data-caught-up.v1")
        assert caught_up["working_days_late"] == 2


async def test_a_providers_word_that_nothing_changed_holds_for_the_batch_that_it_was_given_for(
    world: World,
) -> None:
    path = f"/v1/resources/{world.resource}/freshness/confirm"
    with on("2026-03-02"):
        await world.catalogue()
        async with world.call(world.provider) as client:
            assert (await client.post(path)).json()["code"] == "freshness-nothing-to-confirm"
        await world.publish(DATA)
    with on("2026-03-05"):
        await strike(world)
        async with world.call(await world.grant("uscc")) as client:
            assert (await client.post(path)).status_code == 404
        async with world.call(world.provider) as client:
            confirmed = (await client.post(path)).json()
        assert (confirmed["timeliness"], confirmed["expected_on"]) == ("on-time", "2026-03-06")
        assert len(await world.events("exchange.data-confirmed.v1")) == 1
        assert len(await world.events("exchange.data-caught-up.v1")) == 1
        # What the word was given for is no more what stands.
        batch = await world.publish(DATA, key="batch-0002")
        assert (await seen(world, world.provider))["expected_on"] == "2026-03-06"
        await world.correct(batch["id"], "recall", {"reason": "导出时列错位"})
        await world.work()
        after = await seen(world, world.provider)
        assert (after["timeliness"], after["expected_on"]) == ("late", "2026-03-03")


async def test_the_newest_entrys_promise_counts_and_what_left_the_catalogue_owes_nothing(
    world: World,
) -> None:
    await world.catalogue()
    promised = await seen(world, world.provider)
    assert (promised["update_cycle"], promised["data_at"]) == ("daily", None)
    # No holiday is as long.
    with clock.turn(clock.now() + timedelta(days=20)):
        assert await strike(world) == 1
        await withdraw(world)
        assert await strike(world) == 0
        assert await listed(world, world.provider) == []
