"""The yearly plan for what is to be shared: drawn up, frozen when adopted, measured."""

import asyncio
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from shared import clock
from shared.ids import new_id
from shared.principal import Principal
from tests.callers import Principals
from tests.catalog.world import COUNTY, Json, MakeWorld, World, divisions, penalties, refused, told

PLANS = "/v1/year-plans"


def promised(world: World, *promises: tuple[str, str]) -> list[Json]:
    """Items of the department: name and last day."""
    provider = str(world.compiler.department)
    return [{"provider": provider, "name": name, "due_on": day} for name, day in promises]


async def drawn_up(
    world: World, items: list[Json], by: Principal | None = None, year: int = 2026
) -> Json:
    """A draft for a year."""
    body = {"year": year, "title": "2026年共享目录工作计划", "items": items}
    answer = await world.as_(by or world.publisher).post(
        PLANS, json=body, headers={"Idempotency-Key": f"key-{new_id()}"}
    )
    return told(answer, 201)


@pytest.mark.duty("D34", "baoji-2017 §5", "baoji-2017 §23")
async def test_the_year_is_measured_against_the_plan_that_was_adopted(world: World) -> None:
    items = promised(
        world,
        ("法人单位基本信息", "2026-03-31"),
        ("行政区划 代码", "2026-03-31"),
        ("未成年人行政处罚记录", "2026-03-31"),
        ("食品经营许可信息", "2026-12-31"),
    )
    plan = await drawn_up(world, items)
    told(await world.as_(world.publisher).post(f"{PLANS}/{plan['id']}/adopt"), 200)
    await world.published()
    with clock.turn(datetime(2026, 4, 2, 1, tzinfo=UTC)):
        await world.published(divisions())
        await world.published(penalties())  # in the catalogue, and not shared
        client = world.as_(world.stranger)
        seen = told(await client.get(f"{PLANS}/{plan['id']}/progress"), 200)
    assert [item["progress"] for item in seen["items"]] == ["done", "done-late", "overdue", "open"]
    assert [item["shared_on"] for item in seen["items"]] == ["2026-03-02", "2026-04-02", None, None]
    counted = (seen["done"], seen["done_late"], seen["open"], seen["overdue"])
    assert (seen["on"], *counted) == ("2026-04-02", 1, 1, 1, 1)


@pytest.mark.duty("D34", "baoji-2017 §5", "baoji-2017 §23")
async def test_an_adopted_plan_never_changes(world: World) -> None:
    plan = await drawn_up(world, promised(world, ("法人单位基本信息", "2026-06-30")))
    client, path = world.as_(world.publisher), f"{PLANS}/{plan['id']}"
    more = {"title": "新标题", "items": promised(world, ("甲项信息", "2026-06-30"))}
    changed = told(await client.put(path, json=more, headers={"If-Match": '"1"'}), 200)
    assert (changed["title"], changed["version"]) == ("新标题", 2)
    refused(await client.put(path, json=more, headers={"If-Match": '"1"'}), 412, "entry-changed")
    refused(await client.put(path, json=more), 428, "if-match-missing")
    adopted = told(await client.post(f"{path}/adopt"), 200)
    assert (adopted["state"], adopted["article"]) == ("adopted", "baoji-2017 §5 §23")
    assert (await world.said())[-1]["type"] == "catalog.year-plan-adopted.v1"
    late = await client.put(path, json=more, headers={"If-Match": "*"})
    refused(late, 409, "year-plan-frozen")
    refused(await client.post(f"{path}/adopt"), 409, "year-plan-frozen")
    for statement in (
        "UPDATE year_plan SET title = 'x'",
        "DELETE FROM year_plan_item",
        "UPDATE year_plan_item SET due_on = '2027-01-01'",
    ):
        with pytest.raises(DBAPIError, match="an adopted plan never changes"):
            async with world.sessions.begin() as session:
                await session.execute(text(statement))


@pytest.mark.duty("D34", "baoji-2017 §5")
async def test_only_the_authority_plans_and_its_draft_is_its_own(
    world: World, principal: Principals
) -> None:
    plan = await drawn_up(world, promised(world, ("法人单位基本信息", "2026-06-30")))
    path = f"{PLANS}/{plan['id']}"
    body = {"year": 2027, "title": "计划"}
    answer = await world.as_(world.compiler).post(
        PLANS, json=body, headers={"Idempotency-Key": "plan-2027"}
    )
    refused(answer, 403, "year-plan-not-yours")
    county = principal(region=COUNTY, authority=COUNTY)
    for stranger in (world.compiler, county):
        refused(await world.as_(stranger).get(path), 404, "year-plan-unknown")
        refused(await world.as_(stranger).post(f"{path}/adopt"), 404, "year-plan-unknown")
    told(await world.as_(world.publisher).post(f"{path}/adopt"), 200)
    refused(await world.as_(county).post(f"{path}/adopt"), 403, "year-plan-not-yours")
    listed = told(await world.as_(world.stranger).get(PLANS, params={"year": "2026"}), 200)
    assert [found["id"] for found in listed["items"]] == [plan["id"]]


async def test_a_year_has_one_plan_and_its_days_lie_in_it(world: World) -> None:
    client = world.as_(world.publisher)

    async def answer(items: list[Json], year: int = 2026) -> Json:
        body = {"year": year, "title": "计划", "items": items}
        key = {"Idempotency-Key": f"key-{new_id()}"}
        found: Json = (await client.post(PLANS, json=body, headers=key)).json()
        return found

    faults = await answer(
        [
            *promised(world, ("甲项信息", "2027-01-01"), ("甲项 信息", "2026-01-01")),
        ]
    )
    assert [(e["field"], e["code"]) for e in faults["errors"]] == [
        ("items.0.due_on", "other-year"),
        ("items.1.name", "repeated"),
    ]
    unknown = [{"provider": str(new_id()), "name": "乙项信息", "due_on": "2026-01-01"}]
    assert [e["field"] for e in (await answer(unknown))["errors"]] == ["items.0.provider"]
    plan = await drawn_up(world, [])
    refused(await client.post(f"{PLANS}/{plan['id']}/adopt"), 409, "year-plan-empty")
    assert (await answer([]))["code"] == "year-plan-there"


async def test_where_the_rulebook_knows_no_plan_there_is_none(world_of: MakeWorld) -> None:
    world = await world_of("jiangsu-2017")
    body = {"year": 2026, "title": "计划"}
    answer = await world.as_(world.publisher).post(
        PLANS, json=body, headers={"Idempotency-Key": "plan-2026"}
    )
    refused(answer, 409, "year-plan-not-in-rulebook")


async def test_of_two_who_plan_the_same_year_at_once_one_wins(world: World) -> None:
    client = world.as_(world.publisher)

    async def begin(number: int) -> int:
        body = {"year": 2027, "title": f"计划{number}"}
        key = {"Idempotency-Key": f"key-{new_id()}"}
        return (await client.post(PLANS, json=body, headers=key)).status_code

    assert sorted(await asyncio.gather(*map(begin, range(4)))) == [201, 409, 409, 409]


async def test_of_two_who_adopt_a_plan_at_once_one_wins(world: World) -> None:
    plan = await drawn_up(world, promised(world, ("法人单位基本信息", "2026-06-30")))
    client, said = world.as_(world.publisher), len(await world.said())
    answers = await asyncio.gather(*(client.post(f"{PLANS}/{plan['id']}/adopt") for _ in range(3)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    assert len(await world.said()) == said + 1
