"""IT projects: what each rulebook wants before approval, acceptance and funding."""

import asyncio
import hashlib
import json
from pathlib import Path

import httpx
import pytest

from services.catalog.handing_over import hand_over
from services.catalog.projects.schemas import ProjectView
from shared.crypto import suite
from shared.ids import new_id
from shared.principal import Principal
from tests.callers import Principals
from tests.catalog.test_succession import succeeded
from tests.catalog.world import (
    CITY,
    COUNTY,
    Json,
    MakeWorld,
    World,
    divisions,
    refused,
    registered,
    told,
)

PROJECTS = "/v1/it-projects"
DONE = {"on": "2026-03-02", "reference": "示发改审〔2026〕12号"}
PLANNED = [{"name": "法人单位基本信息", "items": ["统一社会信用代码", "名称"]}]


async def filed(world: World, by: Principal | None = None, **changes: object) -> str:
    """The id of a new project, with nothing planned where nothing is named."""
    body = {
        "name": "监管信息化项目（一期）",
        "aim": "汇聚监管结果",
        "source": "special-fund",
        **changes,
    }
    answer = await world.as_(by or world.compiler).post(
        PROJECTS, json=body, headers={"Idempotency-Key": f"key-{new_id()}"}
    )
    return str(told(answer, 201)["id"])


async def take(
    world: World, project: str, step: str, body: Json, by: Principal | None = None
) -> httpx.Response:
    """Take a step with a project, as its department where nobody else is named."""
    return await world.as_(by or world.compiler).post(f"{PROJECTS}/{project}/{step}", json=body)


async def stated(
    world: World, project: str, verdict: str, purpose: str = "construction"
) -> httpx.Response:
    """The authority's statement."""
    body = {"purpose": purpose, "verdict": verdict, "grounds": "上一期三项资源未编入目录"}
    return await take(world, project, "statements", body, world.publisher)


@pytest.mark.duty("D29", "jiangsu-2017 §22", "jiangsu-2017 §23", "baoji-2017 §26")
@pytest.mark.parametrize("rulebook", ["jiangsu-2017", "baoji-2017"])
async def test_a_project_plans_its_resources_and_has_them_in_the_catalogue_when_accepted(
    world_of: MakeWorld, rulebook: str
) -> None:
    world = await world_of(rulebook)
    project = await filed(world)
    problem = refused(await take(world, project, "approve", DONE), 409, "project-list-missing")
    assert problem["article"].startswith(rulebook)
    path = f"{PROJECTS}/{project}"
    own = world.as_(world.compiler)
    body = {"name": "监管项目", "aim": "汇聚", "source": "other", "entries": PLANNED}
    refused(await own.put(path, json=body), 428, "if-match-missing")
    told(await own.put(path, json=body, headers={"If-Match": '"1"'}), 200)
    refused(await own.put(path, json=body, headers={"If-Match": '"1"'}), 412, "entry-changed")
    refused(await take(world, project, "accept", DONE), 409, "project-stage-unfit")
    told(await take(world, project, "approve", DONE), 200)
    late = await own.put(path, json=body, headers={"If-Match": "*"})
    refused(late, 409, "project-stage-unfit")
    problem = refused(await take(world, project, "accept", DONE), 409, "project-uncatalogued")
    assert problem["article"].startswith(rulebook)
    assert [(e["field"], e["code"]) for e in problem["errors"]] == [("entries.0", "not-linked")]
    draft = await world.draft()
    told(await take(world, project, "link", {"position": 0, "resource": draft}), 200)
    problem = refused(await take(world, project, "accept", DONE), 409, "project-uncatalogued")
    assert [e["code"] for e in problem["errors"]] == ["not-published"]
    resource = await world.published(divisions())
    told(await take(world, project, "link", {"position": 0, "resource": resource}), 200)
    accepted = told(await take(world, project, "accept", DONE), 200)
    assert (accepted["stage"], accepted["planned"], accepted["linked"]) == ("accepted", 1, 1)
    assert [step["step"] for step in accepted["steps"]] == [
        "file",
        "restate",
        "approve",
        "link",
        "link",
        "accept",
    ]


@pytest.mark.duty("D29", "jiangsu-2012 §29")
async def test_the_authority_gives_its_opinion_before_and_evaluates_after(
    world_of: MakeWorld,
) -> None:
    world = await world_of("jiangsu-2012")
    project = await filed(world)
    problem = refused(await take(world, project, "approve", DONE), 409, "project-review-missing")
    assert problem["article"].startswith("jiangsu-2012 §29")
    opinion = {"opinion": "adverse", "remarks": "与现有系统重复"}
    told(await take(world, project, "review", opinion, world.publisher), 200)
    evaluation = {"result": "partly-met", "remarks": "部分资源未更新"}
    early = await take(world, project, "evaluations", evaluation, world.publisher)
    refused(early, 409, "project-stage-unfit")
    # Whoever approves weighs the opinion; nothing planned is demanded here, and nothing linked.
    told(await take(world, project, "approve", DONE), 200)
    told(await take(world, project, "accept", DONE), 200)
    wanted = {"stage": "accepted", "evaluated": "false"}
    client = world.as_(world.publisher)
    listed = told(await client.get(PROJECTS, params=wanted), 200)["items"]
    assert [found["id"] for found in listed] == [project]
    told(await take(world, project, "evaluations", evaluation, world.publisher), 200)
    assert told(await client.get(PROJECTS, params=wanted), 200)["items"] == []
    assert (await world.said())[-1]["type"] == "catalog.project-evaluated.v1"


@pytest.mark.duty("D29", "jiangsu-2017 §22", "jiangsu-2017 §23", "baoji-2017 §26")
async def test_a_statement_against_holds_the_approval_and_one_for_it_lets_it_go(
    world_of: MakeWorld, tmp_path: Path
) -> None:
    signer = suite("standard").generate_signer()
    key = tmp_path / "statements.pem"
    key.write_bytes(signer.pem())
    world = await world_of("jiangsu-2017", statement_key_file=key)
    project = await filed(world, entries=PLANNED)
    bare = await stated(world, project, "not-compliant")
    problem = refused(bare, 409, "project-funding-unregistered")
    assert "§23" in problem["article"]
    funding = {"purpose": "construction"}
    told(await take(world, project, "funding", funding), 200)
    twice = await take(world, project, "funding", funding)
    refused(twice, 409, "project-funding-registered-already")
    seen = told(await stated(world, project, "not-compliant"), 200)
    [statement] = seen["statements"]
    document = statement["document"].encode()
    assert statement["digest"] == hashlib.sha256(document).hexdigest()
    verifier = suite("standard").load_verifier(bytes.fromhex(statement["public_key"]))
    assert verifier.verify(bytes.fromhex(statement["signature"]), document)
    assert bytes.fromhex(statement["public_key"]) == signer.public_bytes
    read = json.loads(document)
    assert (read["verdict"], read["project"]) == ("not-compliant", project)
    event = (await world.said())[-1]
    assert (event["type"], event["data"]["digest"]) == (
        "catalog.project-statement-issued.v1",
        statement["digest"],
    )
    problem = refused(await take(world, project, "approve", DONE), 409, "project-not-compliant")
    assert "§22" in problem["article"]
    told(await stated(world, project, "compliant"), 200)
    told(await take(world, project, "approve", DONE), 200)


@pytest.mark.duty("D29", "baoji-2017 §26")
async def test_a_statement_without_a_key_carries_its_digest(world: World) -> None:
    project = await filed(world, entries=PLANNED)
    # Baoji knows no registration of funding: the statement waits for none.
    [statement] = told(await stated(world, project, "not-compliant"), 200)["statements"]
    assert statement["digest"] == hashlib.sha256(statement["document"].encode()).hexdigest()
    assert (statement["signature"], statement["public_key"]) == (None, None)
    refused(await take(world, project, "approve", DONE), 409, "project-not-compliant")


@pytest.mark.duty("D29", "jiangsu-2017 §22", "jiangsu-2017 §23")
def test_no_sum_of_money_is_asked_or_answered() -> None:
    text = json.dumps(ProjectView.model_json_schema(), ensure_ascii=False).lower()
    words = ("amount", "price", "cost", "fee", "sum", "金额", "元")
    assert [word for word in words if f'"{word}' in text] == []


async def test_a_project_is_its_departments_and_its_authoritys(
    world: World, principal: Principals
) -> None:
    project = await filed(world, entries=PLANNED)
    county = principal(region=COUNTY, authority=COUNTY)
    opinion = {"opinion": "favourable", "remarks": "同意"}
    for stranger in (world.stranger, county):
        client = world.as_(stranger)
        refused(await client.get(f"{PROJECTS}/{project}"), 404, "project-unknown")
        assert told(await client.get(PROJECTS), 200)["items"] == []
        for step, body in (("approve", DONE), ("review", opinion), ("end", {"reason": "无"})):
            answer = await take(world, project, step, body, stranger)
            refused(answer, 404, "project-unknown")
    own = await take(world, project, "review", opinion)
    refused(own, 403, "project-not-the-authority")
    theirs = await take(world, project, "approve", DONE, world.publisher)
    refused(theirs, 403, "project-not-yours")
    taxes = await world.compile(divisions(), by=world.stranger)
    foreign = {"position": 0, "resource": told(taxes, 201)["id"]}
    refused(await take(world, project, "link", foreign), 409, "project-resource-unknown")
    away = {"position": 1, "resource": await world.draft()}
    refused(await take(world, project, "link", away), 409, "project-entry-unknown")


async def test_what_is_put_on_record_has_happened_in_its_order(world: World) -> None:
    project = await filed(world, entries=PLANNED)
    tomorrow = {**DONE, "on": "2026-03-03"}
    refused(await take(world, project, "approve", tomorrow), 409, "project-day-unfit")
    told(await take(world, project, "approve", DONE), 200)
    before = {**DONE, "on": "2026-03-01"}
    refused(await take(world, project, "accept", before), 409, "project-day-unfit")
    ended = told(await take(world, project, "end", {"reason": "并入全市统一建设"}), 200)
    assert ended["stage"] == "ended"
    refused(await take(world, project, "accept", DONE), 409, "project-stage-unfit")
    twice = [PLANNED[0], {"name": "法人单位 基本信息", "items": ["名称"]}]
    body = {"name": "二期", "aim": "汇聚", "source": "other", "entries": twice}
    key = {"Idempotency-Key": "a-project-of-its-own"}
    answer = await world.as_(world.compiler).post(PROJECTS, json=body, headers=key)
    assert refused(answer, 409, "project-list-unfit")["errors"][0]["field"] == "entries.1.name"


async def test_of_many_who_approve_at_once_one_does(world: World) -> None:
    project = await filed(world, entries=PLANNED)
    answers = await asyncio.gather(*(take(world, project, "approve", DONE) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


async def test_who_follows_a_department_carries_its_projects_on(
    world: World, principal: Principals
) -> None:
    heir = principal(region=CITY)
    await world.hear(registered(heir.department, "示例市数据局", short_name="数据局"))
    project = await filed(world, entries=PLANNED)
    async with world.sessions.begin() as session:
        event = succeeded(world.compiler.department, heir.department)
        await hand_over(session, world.app.state.installation, event)
    told(await take(world, project, "approve", DONE, heir), 200)
    refused(await take(world, project, "end", {"reason": "无"}), 404, "project-unknown")
