"""Changes of the catalogue: announced before their day, then in effect, or called off."""

import asyncio
from contextlib import ExitStack
from datetime import UTC, datetime

import pytest

from shared import clock
from shared.ids import new_id
from tests.callers import Principals
from tests.catalog.world import CITY, Json, MakeWorld, World, divisions, entry, refused, told

FRIDAY = "2026-03-06"
EVE = datetime(2026, 3, 5, 15, 59, 50, tzinfo=UTC)  # ten seconds before Friday in Shanghai
MORNING = datetime(2026, 3, 5, 16, 0, 1, tzinfo=UTC)


async def revised(world: World, **changes: object) -> str:
    """A published resource whose next version waits for the authority."""
    resource = await world.published()
    await world.change(resource, entry(**(changes or {"update_cycle": "weekly"})))
    told(await world.submit(resource), 200)
    told(await world.review(resource), 200)
    told(await world.review_secrecy(resource), 200)
    return resource


@pytest.mark.duty("D04", "baoji-2017 §10", "jiangsu-2012 §10")
async def test_a_later_version_is_announced_and_enters_on_its_day(world: World) -> None:
    resource = await revised(world)
    scheduled = told(await world.publish(resource, on=FRIDAY), 200)
    assert (scheduled["state"], scheduled["published_version"]) == ("scheduled", 1)
    announced = (await world.said())[-1]
    assert announced["type"] == "catalog.change-announced.v1"
    assert announced["data"]["effective_at"] == "2026-03-05T16:00:00Z"
    (ahead,) = await world.changes(world.stranger, state="waiting")
    assert (ahead["resource"], ahead["kind"], ahead["version"]) == (resource, "revision", 2)
    # Everybody reads what will hold, and until then what holds.
    assert told(await world.read(resource, world.stranger), 200)["update_cycle"] == "daily"
    path = f"/v1/resources/{resource}/versions/1/compare/2"
    seen = told(await world.as_(world.stranger).get(path), 200)
    assert seen["fields"] == [{"field": "update_cycle", "before": "daily", "after": "weekly"}]
    with clock.turn(EVE):
        assert await world.come_about() == 0
    with clock.turn(MORNING):
        assert await world.come_about() == 1
        assert await world.come_about() == 0
    now = told(await world.read(resource, world.stranger), 200)
    assert (now["update_cycle"], now["version"], now["state"]) == ("weekly", 2, "published")
    published = (await world.said())[-1]
    assert published["type"] == "catalog.resource-published.v1"
    assert (published["actor"], published["data"]["resource_version"]) == (
        world.publisher.actor,
        2,
    )
    assert [c["state"] for c in await world.changes(resource=resource)] == ["done", "done"]
    assert await world.names(world.stranger, q="法人单位") == ["法人单位基本信息"]


async def test_a_first_publication_is_nobody_s_to_know_before_its_day(world: World) -> None:
    resource = await world.cleared()
    scheduled = told(await world.publish(resource, on=FRIDAY), 200)
    assert (scheduled["state"], scheduled["code"]) == ("scheduled", "102/000001")
    assert await world.changes(world.stranger) == []
    (change,) = await world.changes(world.publisher)
    stranger = world.as_(world.stranger)
    hidden = await stranger.get(f"/v1/catalogue-changes/{change['id']}")
    refused(hidden, 404, "change-unknown")
    refused(await world.read(resource, world.stranger), 404, "resource-unknown")
    with clock.turn(MORNING):
        await world.come_about()
    assert told(await world.read(resource, world.stranger), 200)["state"] == "published"


async def test_a_scheduled_name_is_taken(world: World, principal: Principals) -> None:
    theirs = told(await world.compile(by=world.stranger), 201)["id"]
    told(await world.submit(theirs, by=world.stranger), 200)
    people = [principal(department=world.stranger.department, region=CITY) for _ in range(2)]
    told(await world.review(theirs, by=people[0]), 200)
    told(await world.review_secrecy(theirs, by=people[1], found=[]), 200)
    told(await world.publish(await world.cleared(), on=FRIDAY), 200)
    problem = refused(await world.publish(theirs), 409, "entry-refused")
    assert [e["code"] for e in problem["errors"]] == ["name-taken"]


async def test_a_scheduled_publication_that_is_called_off_goes_back_to_the_authority(
    world: World,
) -> None:
    resource = await revised(world)
    told(await world.publish(resource, on=FRIDAY), 200)
    (change,) = await world.changes(state="waiting")
    path = f"/v1/catalogue-changes/{change['id']}/cancel"
    reason = {"reason": "待使用部门完成切换"}
    refused(await world.as_(world.stranger).post(path, json=reason), 403, "change-not-yours")
    refused(await world.as_(world.compiler).post(path, json=reason), 403, "change-not-yours")
    cancelled = told(await world.as_(world.publisher).post(path, json=reason), 200)
    assert (cancelled["state"], cancelled["cancellation_reason"]) == ("cancelled", reason["reason"])
    assert (await world.said())[-1]["type"] == "catalog.change-cancelled.v1"
    refused(await world.as_(world.publisher).post(path, json=reason), 409, "change-settled")
    with clock.turn(MORNING):
        assert await world.come_about() == 0
    assert told(await world.read(resource, world.publisher), 200)["state"] == "cleared"
    assert told(await world.publish(resource), 200)["published_version"] == 2


@pytest.mark.duty("D04", "jiangsu-2012 §10", "yixing-2016 §13")
async def test_a_withdrawal_is_announced_and_nothing_changes_before_its_day(world: World) -> None:
    resource = await world.published()
    told(await world.withdraw(resource, effective_on=FRIDAY), 200)
    assert told(await world.read(resource, world.stranger), 200)["state"] == "published"
    (ahead,) = await world.changes(world.stranger, state="waiting")
    assert (ahead["kind"], ahead["reason"]) == ("withdrawal", "职能调整")
    again = await world.withdraw(resource, effective_on="2026-03-09")
    refused(again, 409, "withdrawal-announced-already")
    # The department may go on with its next version; the day comes all the same.
    await world.change(resource, entry(update_cycle="weekly"))
    with clock.turn(MORNING):
        assert await world.come_about() == 1
    refused(await world.read(resource, world.stranger), 404, "resource-unknown")
    assert told(await world.read(resource), 200)["state"] == "withdrawn"
    last = (await world.said())[-1]
    assert (last["type"], last["data"]["published"]) == ("catalog.resource-withdrawn.v1", 1)


async def test_an_announced_withdrawal_is_called_off_by_who_decided_it(world: World) -> None:
    resource = await world.published()
    told(await world.withdraw(resource, effective_on=FRIDAY), 200)
    (change,) = await world.changes(state="waiting")
    path = f"/v1/catalogue-changes/{change['id']}/cancel"
    told(await world.as_(world.compiler).post(path, json={"reason": "撤回申请有误"}), 200)
    with clock.turn(MORNING):
        assert await world.come_about() == 0
    assert told(await world.read(resource, world.stranger), 200)["state"] == "published"


async def test_who_withdraws_at_once_calls_off_what_was_announced(world: World) -> None:
    resource = await revised(world)
    told(await world.publish(resource, on=FRIDAY), 200)
    told(await world.withdraw(resource), 200)
    assert {c["state"] for c in await world.changes(world.publisher)} == {"done", "cancelled"}
    with clock.turn(MORNING):
        assert await world.come_about() == 0
    kinds = [event["type"].split(".")[1] for event in (await world.said())[-2:]]
    assert sorted(kinds) == ["change-cancelled", "resource-withdrawn"]


async def test_what_leaves_the_catalogue_says_why(world: World) -> None:
    resource = await world.published()
    refused(await world.withdraw(resource, remarks=None), 409, "withdrawal-reason-missing")
    refused(await world.withdraw(resource, remarks=" "), 409, "withdrawal-reason-missing")
    draft = await world.draft(divisions())
    told(await world.withdraw(draft, remarks=None), 200)
    refused(await world.withdraw(resource, by=world.stranger), 403, "resource-wrong-side")


@pytest.mark.duty("D04", "baoji-2017 §10")
async def test_a_resource_that_is_split_names_its_successors_with_a_map_of_items(
    world: World,
) -> None:
    resource = await world.published()
    one = await world.published(entry(name="企业登记信息"))
    other = await world.published(divisions())
    successors: list[Json] = [
        {"resource": one, "items": {"uscc": "uscc", "name": "name"}},
        {"resource": other, "items": {"address": "division_name"}},
    ]
    told(await world.withdraw(resource, successors=successors), 200)
    (change,) = await world.changes(world.stranger, resource=resource, kind="withdrawal")
    assert change["successors"] == successors
    assert (await world.said())[-1]["data"]["successors"] == successors


@pytest.mark.parametrize(
    ("successor", "field"),
    [
        ({"resource": str(new_id())}, "successors.0.resource"),
        ({"resource": "itself"}, "successors.0.resource"),
        ({"resource": "other", "items": {"phone": "division_name"}}, "successors.0.items.phone"),
        ({"resource": "other", "items": {"uscc": "phone"}}, "successors.0.items.uscc"),
    ],
)
async def test_a_successor_is_in_the_catalogue_and_has_the_items(
    world: World, successor: Json, field: str
) -> None:
    resource, other = await world.published(), await world.published(divisions())
    ids = {"itself": resource, "other": other}
    named = {**successor, "resource": ids.get(successor["resource"], successor["resource"])}
    answer = await world.withdraw(resource, successors=[named])
    problem = refused(answer, 409, "resource-successor-unfit")
    assert [e["field"] for e in problem["errors"]] == [field]
    assert told(await world.read(resource), 200)["state"] == "published"


async def test_notice_is_given_in_working_days_where_the_installation_asks_for_it(
    world_of: MakeWorld,
) -> None:
    world = await world_of("baoji-2017", change_notice_days=5)
    resource = await revised(world)  # a first publication needs no notice
    refused(await world.publish(resource), 409, "change-notice-too-short")
    problem = refused(await world.publish(resource, on=FRIDAY), 409, "change-notice-too-short")
    assert "2026-03-09" in problem["detail"]
    refused(await world.withdraw(resource), 409, "change-notice-too-short")
    told(await world.publish(resource, on="2026-03-09"), 200)


@pytest.mark.parametrize("day", ["2026-03-01", "1999-12-31", "0001-01-01"])
async def test_no_change_takes_effect_in_the_past(world: World, day: str) -> None:
    resource = await world.published()
    refused(await world.withdraw(resource, effective_on=day), 409, "change-notice-too-short")
    other = await world.cleared(divisions())
    refused(await world.publish(other, on=day), 409, "change-notice-too-short")


async def test_a_day_at_the_end_of_time_gets_an_answer(world: World) -> None:
    resource = await world.published()
    told(await world.withdraw(resource, effective_on="9999-12-31"), 200)


async def test_two_workers_let_a_change_come_about_once(world: World) -> None:
    resource = await revised(world)
    told(await world.publish(resource, on=FRIDAY), 200)
    said = len(await world.said())
    with clock.turn(MORNING):
        taken = await asyncio.gather(*(world.come_about() for _ in range(3)))
    assert sum(taken) == 1
    assert len(await world.said()) == said + 1


async def test_a_publication_is_judged_by_the_rulebook_of_its_day(world: World) -> None:
    with ExitStack() as stack:
        stack.enter_context(clock.turn(datetime(2026, 3, 2, 1, tzinfo=UTC)))
        resource = await world.cleared(divisions())
        told(await world.publish(resource, on=FRIDAY), 200)
    with clock.turn(MORNING):
        await world.come_about()
    assert told(await world.read(resource), 200)["rulebook_version"].startswith("baoji-2017@")


async def test_under_a_text_without_types_a_scheduled_version_has_one_on_its_day(
    world_of: MakeWorld,
) -> None:
    world = await world_of("jiangsu-2012")
    resource = await world.cleared(entry(share_type=None))
    told(await world.publish(resource, on=FRIDAY), 200)
    with clock.turn(MORNING):
        assert await world.come_about() == 1
    (change,) = await world.changes(world.stranger, resource=resource)
    assert (change["share_type"], change["state"]) == ("unconditional", "done")
