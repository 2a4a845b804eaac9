"""Departments follow one another: resources go with them, what was published keeps its names."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from services.catalog.base import Base
from services.catalog.bulk.models import ExternalIdentity
from services.catalog.consumers import on_department_registered, on_department_succeeded
from services.catalog.maintenance.models import Maintenance
from services.catalog.occasions.models import Occasion
from shared.events.gateway import (
    DepartmentChanged,
    DepartmentStatus,
    DepartmentSucceeded,
    Heir,
    SuccessionKind,
)
from shared.ids import new_id
from shared.principal import Principal
from shared.rulebooks.vocabulary import Change
from tests.callers import Principals
from tests.catalog.test_plans import drawn_up, promised
from tests.catalog.world import (
    CREDIT_CODE,
    MONDAY,
    Json,
    MakeWorld,
    World,
    divisions,
    entry,
    registered,
    told,
)

BASIS = "示例办发〔2026〕5号"


def changed(department: UUID, name: str, version: int = 2, **otherwise: Any) -> DepartmentChanged:
    event = registered(department, name, version=version)
    facts: dict[str, Any] = {
        **event.model_dump(exclude={"id"}),
        "owner": department,
        "formerly": "以前的名称",
        "status": DepartmentStatus.ACTIVE,
        "since": MONDAY,
        "basis": BASIS,
    }
    return DepartmentChanged(**(facts | otherwise))


def succeeded(before: UUID, after: UUID | None, **otherwise: Any) -> DepartmentSucceeded:
    facts: dict[str, Any] = {
        "at": MONDAY,
        "actor": "operator:registry",
        "department": None,
        "aggregate": before,
        "succession": new_id(),
        "kind": SuccessionKind.MERGE,
        "owner": before,
        "successor": after,
        "heirs": [after] if after else [],
        "ended": True,
        "effective_on": date(2026, 3, 2),
        "basis": BASIS,
        "resources": [],
        "grants": [],
        "members": [],
    }
    return DepartmentSucceeded(**(facts | otherwise))


async def follow(world: World, event: DepartmentSucceeded) -> None:
    async with world.sessions.begin() as session:
        await on_department_succeeded(session, world.app.state.installation, event)


@pytest.fixture
async def heir(world: World, principal: Principals) -> Principal:
    """The compiler of a department that takes over, with all permissions."""
    found = principal(region=world.compiler.region)
    await world.hear(
        registered(
            found.department,
            "示例市大数据管理局",
            short_name="大数据局",
            credit_code="11610300016005030X",
        )
    )
    return found


async def test_resources_go_to_whoever_follows_and_versions_keep_the_name_of_their_time(
    world: World, heir: Principal
) -> None:
    resource, draft = await world.published(), await world.draft(divisions())
    before = (await world.read(resource)).json()
    assert before["formerly"] is None
    await follow(world, succeeded(world.compiler.department, heir.department))
    now = told(await world.read(resource, by=heir), 200)
    assert now["provider"]["name"] == "示例市大数据管理局"
    assert now["formerly"] == {
        "id": str(world.compiler.department),
        "name": before["provider"]["name"],
        "credit_code": CREDIT_CODE,
    }
    assert told(await world.read(draft, by=heir), 200)["state"] == "draft"
    assert (await world.read(draft)).status_code == 404
    # The heir works on: the next version is its own, the former one keeps its name.
    etag = (await world.read(resource, by=heir)).headers["ETag"]
    told(await world.rewrite(resource, entry(), etag, by=heir), 200)
    versions = told(await world.as_(heir).get(f"/v1/resources/{resource}/versions"), 200)["items"]
    assert [v["formerly"] and v["formerly"]["name"] for v in versions] == [
        None,
        before["provider"]["name"],
    ]
    refused = await world.withdraw(resource)
    assert refused.status_code == 403
    said = [e for e in await world.said() if e["type"].endswith(("over.v1", "applied.v1"))]
    assert [e["type"] for e in said] == ["catalog.resource-handed-over.v1"] * 2 + [
        "catalog.succession-applied.v1"
    ]
    assert said[-1]["data"]["moved"] == 2


async def test_a_split_gives_each_resource_to_its_own_heir(world: World, heir: Principal) -> None:
    first, second = await world.published(), await world.published(divisions())
    event = succeeded(
        world.compiler.department,
        world.compiler.department,
        kind=SuccessionKind.SPLIT,
        heirs=[heir.department],
        ended=False,
        resources=[Heir(thing=UUID(first), successor=heir.department)],
    )
    await follow(world, event)
    assert (await world.read(first)).json()["provider"]["id"] == str(heir.department)
    assert (await world.read(second)).json()["provider"]["id"] == str(world.compiler.department)
    told(await world.compile(entry(name="另一信息资源")), 201)  # it lives on


async def test_a_department_that_ended_begins_nothing_new(world: World, heir: Principal) -> None:
    await follow(world, succeeded(world.compiler.department, heir.department))
    problem = told(await world.compile(), 409)
    assert problem["code"] == "provider-ended"


async def test_without_an_heir_resources_stay_where_they_are(world: World) -> None:
    resource = await world.published()
    event = succeeded(world.compiler.department, None, kind=SuccessionKind.ABOLISH)
    await follow(world, event)
    assert (await world.read(resource)).json()["formerly"] is None
    told(await world.withdraw(resource, by=replace(world.publisher)), 200)


async def test_after_a_rename_what_is_published_says_what_the_provider_was_called(
    world: World,
) -> None:
    resource = await world.published()
    name = (await world.read(resource)).json()["provider"]["name"]
    async with world.sessions.begin() as session:
        await on_department_registered(session, changed(world.compiler.department, "新名称局"))
    read = (await world.read(resource)).json()
    assert (read["provider"]["name"], read["formerly"]["name"]) == ("新名称局", name)
    later = await world.published(divisions())
    assert (await world.read(later)).json()["formerly"] is None
    async with world.sessions.begin() as session:
        again = changed(world.compiler.department, "再次改名局", version=3)
        await on_department_registered(session, again)
    assert (await world.read(resource)).json()["formerly"]["name"] == name
    assert (await world.read(later)).json()["formerly"]["name"] == "新名称局"
    # What was heard late changes nothing.
    async with world.sessions.begin() as session:
        await on_department_registered(session, changed(world.compiler.department, "过时", 2))
    found: Json = (await world.read(resource)).json()
    assert found["provider"]["name"] == "再次改名局"


async def test_what_was_still_to_be_done_is_the_heirs(world: World, heir: Principal) -> None:
    resource = UUID(await world.published())
    before, after = world.compiler.department, heir.department
    facts: dict[str, Any] = {
        "cause": Change.LAW,
        "description": "法律法规修订",
        "changed_on": date(2026, 2, 27),
        "resources": [resource],
        "due_on": date(2026, 3, 20),
        "due_provisional": False,
        "article": "baoji-2017 §10",
        "rulebook": "baoji-2017",
        "rulebook_version": "1",
        "registered_at": MONDAY,
        "registered_by": "operator:x",
    }
    opened: dict[str, Any] = {
        "due_on": date(2026, 3, 31),
        "article": "baoji-2017 §10",
        "opened_at": MONDAY,
    }
    settled = Occasion(id=new_id(), provider=before, **facts)
    settled.settled_at = MONDAY
    rows: list[Base] = [
        Occasion(id=new_id(), provider=before, **facts),
        settled,
        Maintenance(id=new_id(), provider=before, quarter="2026-Q1", **opened),
        Maintenance(id=new_id(), provider=before, quarter="2026-Q2", **opened),
        Maintenance(id=new_id(), provider=after, quarter="2026-Q2", **opened),
        ExternalIdentity(department=before, key="FR-1", resource_id=resource, known_since=MONDAY),
    ]
    async with world.sessions.begin() as session:
        session.add_all(rows)
    await follow(world, succeeded(before, after))
    async with world.sessions() as session:
        occasions = (await session.scalars(select(Occasion))).all()
        # The one that was open already, and the one that the succession itself has opened.
        assert {o.provider for o in occasions if o.settled_at is None} == {after}
        assert sum(o.settled_at is None for o in occasions) == 2
        assert {o.provider for o in occasions if o.settled_at is not None} == {before}
        quarters = (await session.scalars(select(Maintenance))).all()
        assert sorted(
            (m.quarter, m.provider == after, m.confirmed_at is None) for m in quarters
        ) == [
            ("2026-Q1", True, True),
            ("2026-Q2", False, False),
            ("2026-Q2", True, True),
        ]
        known = await session.get(ExternalIdentity, (after, "FR-1"))
        assert known is not None


@pytest.mark.duty("D04", "baoji-2017 §10")
async def test_who_takes_over_has_fifteen_working_days_to_update_what_came(
    world: World, heir: Principal
) -> None:
    resource, gone = await world.published(), await world.published(divisions())
    told(await world.withdraw(gone), 200)
    day = date(2026, 3, 3)
    await follow(world, succeeded(world.compiler.department, heir.department, effective_on=day))
    (due,) = told(await world.as_(heir).get("/v1/catalogue-updates"), 200)["items"]
    assert (due["cause"], due["resources"]) == ("functions", [resource])
    assert (due["changed_on"], due["due_on"]) == ("2026-03-03", "2026-03-24")
    assert due["article"] == "baoji-2017 §10"
    assert BASIS in due["description"]
    said = [e for e in await world.said() if e["type"] == "catalog.update-registered.v1"]
    assert [e["data"]["provider"] for e in said] == [str(heir.department)]
    # What comes over is settled as every other update: compiled anew, and handed in.
    at = f"/v1/catalogue-updates/{due['id']}/settle"
    open_ = await world.as_(heir).post(at, json={"remarks": "已更新"})
    assert open_.status_code == 409


async def test_a_rulebook_without_that_limit_opens_nothing(
    world_of: MakeWorld, principal: Principals
) -> None:
    world = await world_of("jiangsu-2012")
    after = principal(region=world.compiler.region)
    await world.hear(
        registered(after.department, "示例市大数据管理局", credit_code="11610300016005030X")
    )
    told(await world.compile(), 201)
    await follow(world, succeeded(world.compiler.department, after.department))
    assert told(await world.as_(after).get("/v1/catalogue-updates"), 200)["items"] == []


@pytest.mark.duty("D34", "baoji-2017 §23")
async def test_what_was_planned_is_the_heirs_also_where_the_plan_is_frozen(
    world: World, heir: Principal
) -> None:
    frozen = await drawn_up(world, promised(world, ("法人单位基本信息", "2026-06-30")))
    at = f"/v1/year-plans/{frozen['id']}"
    told(await world.as_(world.publisher).post(f"{at}/adopt"), 200)
    draft = await drawn_up(world, promised(world, ("行政区划代码", "2027-06-30")), year=2027)
    await world.published()
    await follow(world, succeeded(world.compiler.department, heir.department))
    now = told(await world.as_(heir).get(f"{at}/progress"), 200)
    (item,) = now["items"]
    assert item["provider"] == str(world.compiler.department)
    assert (item["answerable"], item["progress"]) == (str(heir.department), "done")
    answer = await world.as_(world.publisher).get(f"/v1/year-plans/{draft['id']}")
    planned = told(answer, 200)
    assert [i["provider"] for i in planned["items"]] == [str(heir.department)]
    assert planned["version"] == draft["version"] + 1
