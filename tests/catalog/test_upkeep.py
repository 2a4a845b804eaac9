"""The review clocks: updates due after a change of law or duty, and quarterly maintenance."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import httpx
import pytest

from services.catalog.installation import Installation
from services.catalog.maintenance import clocks
from services.catalog.maintenance.rules import Quarter
from shared import clock
from shared.ids import new_id
from shared.principal import Principal, PrincipalKind
from tests.callers import Principals
from tests.catalog.world import (
    CITY,
    COUNTY,
    Json,
    MakeWorld,
    World,
    divisions,
    entry,
    refused,
    told,
)


@contextmanager
def on(month: int, day: int) -> Iterator[datetime]:
    """Ten in the morning of a day of 2026, in Shanghai."""
    at = datetime(2026, month, day, 2, tzinfo=UTC)
    with clock.turn(at):
        yield at


async def strike(world: World) -> int:
    """Let the clocks strike, as the worker does."""
    here: Installation = world.app.state.installation
    return await clocks.strike(world.sessions, here, clock.now())


async def register(world: World, key: str | None = None, **body: object) -> Json:
    """What the department is told when it registers a change of its duties of 2 March."""
    answer = await world.as_(world.compiler).post(
        "/v1/catalogue-updates",
        json={
            "cause": "functions",
            "description": "知识产权管理职能划入本局",
            "changed_on": "2026-03-02",
            **body,
        },
        headers={"Idempotency-Key": key or f"key-{new_id()}"},
    )
    return told(answer, 201)


async def listed(world: World, path: str, by: Principal, **narrowed: str) -> list[Json]:
    """What somebody sees on a list."""
    found: list[Json] = told(await world.as_(by).get(path, params=narrowed), 200)["items"]
    return found


async def told_types(world: World) -> list[str]:
    """The reminders and reports that were said."""
    kinds = [event["type"] for event in await world.said()]
    return [k for k in kinds if k.startswith(("catalog.update-", "catalog.maintenance-"))]


@pytest.mark.duty("D04", "baoji-2017 §10", "jiangsu-2017 §9")
@pytest.mark.parametrize(
    ("rulebook", "article"),
    [("baoji-2017", "baoji-2017 §10"), ("jiangsu-2017", "jiangsu-2017 §9")],
)
async def test_an_update_is_due_fifteen_working_days_after_a_change_of_law_or_duty(
    world_of: MakeWorld, rulebook: str, article: str
) -> None:
    world = await world_of(rulebook)
    update = await register(world, resources=[await world.published()])
    # From 2 March: 3 to 6, 9 to 13, 16 to 20 and 23 March.
    assert (update["due_on"], update["due_provisional"]) == ("2026-03-23", False)
    assert (update["article"], update["overdue"]) == (article, False)
    assert (await world.said())[-1]["type"] == "catalog.update-registered.v1"


@pytest.mark.duty("D04", "jiangsu-2012 §10", "yixing-2016 §13")
@pytest.mark.parametrize(
    ("rulebook", "article"),
    [("jiangsu-2012", "jiangsu-2012 §10"), ("yixing-2016", "yixing-2016 §13")],
)
async def test_where_the_text_says_in_time_a_change_is_told_and_has_no_last_day(
    world_of: MakeWorld, rulebook: str, article: str
) -> None:
    world = await world_of(rulebook)
    update = await register(world, cause="needs")
    assert (update["due_on"], update["article"]) == (None, article)
    body = {"cause": "law", "description": "修订", "changed_on": "2026-03-02"}
    answer = await world.as_(world.compiler).post(
        "/v1/catalogue-updates", json=body, headers={"Idempotency-Key": "law-2026-1"}
    )
    assert refused(answer, 409, "occasion-cause-not-in-rulebook")["article"] == article


@pytest.mark.duty("D04", "baoji-2017 §10")
async def test_the_department_is_reminded_and_then_listed_as_late(world: World) -> None:
    update = await register(world, resources=[await world.published()])
    with on(3, 13):
        await strike(world)
        assert "catalog.update-reminded.v1" not in await told_types(world)
    with on(3, 16):
        await strike(world)
        await strike(world)
    with on(3, 23):
        await strike(world)
        assert await listed(world, "/v1/catalogue-updates", world.publisher, overdue="true") == []
    with on(3, 24):
        await strike(world)
        await strike(world)
        (late,) = await listed(world, "/v1/catalogue-updates", world.publisher, overdue="true")
        assert (late["id"], late["overdue"]) == (update["id"], True)
        assert await listed(world, "/v1/catalogue-updates", world.publisher, overdue="false") == []
    of_updates = [k for k in await told_types(world) if "update" in k]
    assert of_updates == [
        "catalog.update-registered.v1",
        "catalog.update-reminded.v1",
        "catalog.update-overdue.v1",
    ]


@pytest.mark.duty("D04", "baoji-2017 §10")
async def test_an_update_is_settled_when_its_entries_were_handed_to_the_authority_anew(
    world: World,
) -> None:
    concerned, leaving = await world.published(), await world.published(divisions())
    with on(3, 4):
        update = await register(world, changed_on="2026-03-03", resources=[concerned, leaving])
    path = f"/v1/catalogue-updates/{update['id']}/settle"

    async def settle(by: Principal = world.compiler) -> httpx.Response:
        return await world.as_(by).post(path, json={"remarks": "已更新"})

    with on(3, 9):
        problem = refused(await settle(), 409, "occasion-update-open")
        assert len(problem["errors"]) == 2
        assert problem["article"] == "baoji-2017 §10"
        told(await world.withdraw(leaving), 200)
        await world.change(concerned, entry(abstract="职能调整后的登记事项。"))
        told(await world.submit(concerned), 200)
        told(await world.review(concerned), 200)
        refused(await settle(), 409, "occasion-update-open")
        told(await world.review_secrecy(concerned), 200)
        refused(await settle(world.publisher), 403, "occasion-not-yours")
        assert told(await settle(), 200)["settled_at"] is not None
        refused(await settle(), 409, "occasion-settled-already")
    with on(4, 1):
        await strike(world)
    assert [k for k in await told_types(world) if "update" in k][-1] == "catalog.update-settled.v1"


async def test_a_change_is_registered_once_a_key_and_of_one_s_own_entries(world: World) -> None:
    first = await register(world, key="functions-2026")
    again = await world.as_(world.compiler).post(
        "/v1/catalogue-updates",
        json={
            "cause": "functions",
            "description": "知识产权管理职能划入本局",
            "changed_on": "2026-03-02",
        },
        headers={"Idempotency-Key": "functions-2026"},
    )
    assert told(again, 200)["id"] == first["id"]
    for body, code in (
        ({"resources": [str(new_id())]}, "occasion-resources-unknown"),
        ({"changed_on": "2026-03-03"}, "occasion-in-future"),
    ):
        whole = {"cause": "law", "description": "修订", "changed_on": "2026-03-02", **body}
        answer = await world.as_(world.compiler).post(
            "/v1/catalogue-updates", json=whole, headers={"Idempotency-Key": f"key-{new_id()}"}
        )
        refused(answer, 409, code)


async def test_an_update_is_nobody_else_s_to_know(world: World, principal: Principals) -> None:
    update = await register(world)
    path = f"/v1/catalogue-updates/{update['id']}"
    for stranger in (world.stranger, principal(region=COUNTY, authority=COUNTY)):
        refused(await world.as_(stranger).get(path), 404, "occasion-unknown")
        assert await listed(world, "/v1/catalogue-updates", stranger) == []
    assert told(await world.as_(world.publisher).get(path), 200)["id"] == update["id"]


@pytest.mark.duty("D04", "baoji-2017 §10")
async def test_each_quarter_a_department_goes_through_its_catalogue_or_is_listed(
    world: World,
) -> None:
    await world.published()
    assert await strike(world) == 0
    (asked,) = await listed(world, "/v1/catalogue-maintenance", world.compiler)
    assert (asked["quarter"], asked["due_on"], asked["overdue"]) == ("2026Q1", "2026-03-31", False)
    with on(3, 17):
        assert await strike(world) == 1
        assert await strike(world) == 0
    with on(4, 1):
        assert await strike(world) == 1
        late = await listed(world, "/v1/catalogue-maintenance", world.publisher, overdue="true")
        assert [(row["quarter"], row["overdue"]) for row in late] == [("2026Q1", True)]
        path = "/v1/catalogue-maintenance/{}/confirm"
        remarks = {"remarks": "逐项核对，无变化"}
        client = world.as_(world.reviewer)
        done = told(await client.post(path.format("2026Q1"), json=remarks), 200)
        assert (done["entries"], done["overdue"]) == (1, False)
        again = await client.post(path.format("2026Q1"), json=remarks)
        refused(again, 409, "maintenance-confirmed-already")
        told(await client.post(path.format("2026Q2"), json=remarks), 200)
        for quarter in ("2025Q4", "2026Q3"):
            not_due = await client.post(path.format(quarter), json=remarks)
            refused(not_due, 409, "maintenance-not-due")
    assert await told_types(world) == [
        "catalog.maintenance-reminded.v1",
        "catalog.maintenance-overdue.v1",
        "catalog.maintenance-confirmed.v1",
        "catalog.maintenance-confirmed.v1",
    ]


@pytest.mark.duty("D04", "baoji-2017 §10")
async def test_a_person_confirms_for_a_department_with_entries(
    world: World, principal: Principals
) -> None:
    await world.published()
    path, remarks = "/v1/catalogue-maintenance/2026Q1/confirm", {"remarks": "无变化"}
    machine = principal(
        kind=PrincipalKind.CLIENT, department=world.compiler.department, region=CITY
    )
    answer = await world.as_(machine).post(path, json=remarks)
    refused(answer, 403, "maintenance-person-required")
    empty = await world.as_(world.stranger).post(path, json=remarks)
    refused(empty, 409, "maintenance-not-due")


async def test_no_maintenance_is_asked_where_the_rulebook_asks_for_none(
    world_of: MakeWorld,
) -> None:
    jiangsu = await world_of("jiangsu-2017")
    path, remarks = "/v1/catalogue-maintenance/2026Q1/confirm", {"remarks": "无变化"}
    await jiangsu.published()
    await strike(jiangsu)
    answer = await jiangsu.as_(jiangsu.reviewer).post(path, json=remarks)
    refused(answer, 409, "maintenance-not-in-rulebook")
    assert await listed(jiangsu, "/v1/catalogue-maintenance", jiangsu.publisher) == []


@pytest.mark.duty("D04", "baoji-2017 §5", "baoji-2017 §10")
async def test_the_authority_sees_how_each_department_keeps_its_catalogue(world: World) -> None:
    resource = await world.published()
    told(await world.withdraw(await world.published(divisions())), 200)
    await world.draft(entry(name="另一目录"))
    await register(world, resources=[resource])
    with on(4, 1):
        await strike(world)
        figures = await listed(world, "/v1/catalogue-upkeep", world.publisher)
        own = await listed(world, "/v1/catalogue-upkeep", world.compiler)
    market = next(f for f in figures if f["department"] == str(world.compiler.department))
    assert own == [market]
    counted = {name: value for name, value in market.items() if isinstance(value, int)}
    assert counted == {
        "published": 1,
        "shared": 1,
        "withdrawn": 1,
        "under_way": 1,
        "updates_open": 1,
        "updates_overdue": 1,
        "updates_settled": 0,
        "updates_settled_late": 0,
        "quarters_confirmed": 0,
        "quarters_overdue": 0,
    }
    assert len(figures) == 3


@pytest.mark.parametrize(
    ("day", "name", "last"),
    [
        (date(2026, 1, 1), "2026Q1", date(2026, 3, 31)),
        (date(2026, 6, 30), "2026Q2", date(2026, 6, 30)),
        (date(2026, 9, 1), "2026Q3", date(2026, 9, 30)),
        (date(2026, 12, 31), "2026Q4", date(2026, 12, 31)),
        (date(2028, 2, 29), "2028Q1", date(2028, 3, 31)),
    ],
)
def test_a_day_lies_in_its_quarter(day: date, name: str, last: date) -> None:
    quarter = Quarter.of(day)
    assert (str(quarter), quarter.last_day) == (name, last)
    assert Quarter.parse(name) == quarter


@pytest.mark.parametrize("text", ["2026Q5", "2026q1", "26Q1", "2026Q1 ", "x"])
async def test_a_quarter_that_is_none_is_malformed(world: World, text: str) -> None:
    client = world.as_(world.reviewer)
    answer = await client.post(
        f"/v1/catalogue-maintenance/{text}/confirm", json={"remarks": "无变化"}
    )
    refused(answer, 422, "malformed")


async def test_a_change_before_living_memory_is_malformed(world: World) -> None:
    answer = await world.as_(world.compiler).post(
        "/v1/catalogue-updates",
        json={"cause": "law", "description": "修订", "changed_on": "0001-01-01"},
        headers={"Idempotency-Key": "change-of-antiquity"},
    )
    refused(answer, 422, "malformed")
