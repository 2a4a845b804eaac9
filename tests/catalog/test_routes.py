"""The way of an entry through the catalogue, over HTTP, on a real database."""

import pytest
from sqlalchemy import select

from services.catalog.models import ResourceStep
from shared.ids import new_id
from shared.principal import PrincipalKind
from tests.callers import Principals
from tests.catalog.world import (
    CITY,
    COUNTY,
    MakeWorld,
    World,
    divisions,
    entry,
    penalties,
    refused,
    registered,
    told,
)


@pytest.mark.duty("D02", "baoji-2017 §5", "baoji-2017 §9", "baoji-2017 §10")
async def test_an_entry_is_compiled_reviewed_by_another_person_and_published(world: World) -> None:
    drafted = told(await world.compile(), 201)
    resource = drafted["id"]
    assert (drafted["state"], drafted["version"], drafted["code"]) == ("draft", 1, None)
    assert told(await world.submit(resource), 200)["state"] == "submitted"
    assert told(await world.review(resource), 200)["state"] == "reviewed"
    assert told(await world.review_secrecy(resource), 200)["state"] == "cleared"
    published = told(await world.publish(resource), 200)
    assert (published["state"], published["published_version"]) == ("published", 1)
    assert (published["code"], published["rulebook"]) == ("102/000001", "baoji-2017")
    assert published["published_at"].startswith("2026-03-02T01:00:")
    assert published["provider"] == {
        "id": str(world.compiler.department),
        "name": "示例市市场监督管理局",
        "credit_code": "116103000160043212",
        "region": CITY,
    }
    # Everything that was stated comes back as it was stated.
    sent = entry()
    for field in sent.keys() - {"items", "classification"}:
        assert published[field] == sent[field], field
    for stated, shown in zip(sent["items"], published["items"], strict=True):
        assert stated.items() <= shown.items()


async def test_the_platform_hears_of_every_step_once(world: World) -> None:
    resource = await world.submitted()
    told(await world.review(resource, "return", remarks="补充信息项“注册地址”"), 200)
    await world.change(resource, entry(abstract="在本市登记注册的企业的基本登记事项。"))
    told(await world.submit(resource), 200)
    told(await world.review(resource, remarks="同意"), 200)
    told(await world.review_secrecy(resource), 200)
    told(await world.publish(resource), 200)
    told(await world.withdraw(resource), 200)
    said = await world.said()
    assert [event["type"].removeprefix("catalog.resource-") for event in said] == [
        "drafted.v1",
        "submitted.v1",
        "returned.v1",
        "drafted.v1",
        "submitted.v1",
        "reviewed.v1",
        "cleared.v1",
        "published.v1",
        "withdrawn.v1",
    ]
    assert [event["aggregateversion"] for event in said] == list(range(1, 10))
    assert {event["subject"] for event in said} == {resource}
    actors = [event["actor"] for event in said]
    assert actors[2] == world.reviewer.actor
    assert actors[7] == world.publisher.actor
    assert all(event["accessid"] for event in said)
    assert said[2]["data"]["remarks"] == "补充信息项“注册地址”"


async def test_what_is_published_is_told_with_all_that_others_need(world: World) -> None:
    resource = await world.published()
    data = (await world.said())[-1]["data"]
    items = data.pop("items")
    assert data.pop("rulebook_version").startswith("baoji-2017@")
    assert data == {
        "resource": resource,
        "resource_version": 1,
        "code": "102/000001",
        "name": "法人单位基本信息",
        "provider": str(world.compiler.department),
        "region": CITY,
        "share_type": "unconditional",
        "share_condition": None,
        "share_methods": ["platform-database", "platform-interface"],
        "grade": "ordinary",
        "update_cycle": "daily",
        "rulebook": "baoji-2017",
    }
    assert items[0] == {
        "code": "uscc",
        "name": "统一社会信用代码",
        "type": "C",
        "length": 18,
        "scale": None,
        "key": True,
        "required": True,
        "secrecy": "none",
        "share_type": "unconditional",
        "standard": "unified-social-credit-code",
        "element": None,
    }
    assert [item["code"] for item in items] == [item["code"] for item in entry()["items"]]


@pytest.mark.duty("D02", "baoji-2017 §10")
async def test_the_compiler_may_not_review(world: World) -> None:
    resource = await world.submitted()
    problem = refused(
        await world.review(resource, by=world.compiler), 403, "compiler-may-not-review"
    )
    assert problem["article"] == "baoji-2017 §10 §28"
    # Nor may a colleague who had a hand in it.
    told(await world.review(resource, "return", remarks="改"), 200)
    etag = (await world.read(resource)).headers["ETag"]
    told(await world.rewrite(resource, entry(), etag, by=world.reviewer), 200)
    told(await world.submit(resource), 200)
    refused(await world.review(resource), 403, "compiler-may-not-review")


async def test_a_second_review_is_refused_and_says_nothing(
    world: World, principal: Principals
) -> None:
    resource = await world.reviewed()
    said = len(await world.said())
    another = principal(department=world.compiler.department, region=CITY)
    refused(await world.review(resource, by=another), 409, "resource-illegal-move")
    assert len(await world.said()) == said


@pytest.mark.duty("D02", "baoji-2017 §10")
async def test_a_department_s_system_does_not_review(world: World, principal: Principals) -> None:
    resource = await world.submitted()
    system = principal(kind=PrincipalKind.CLIENT, department=world.compiler.department, region=CITY)
    refused(await world.review(resource, by=system), 403, "resource-person-required")


async def test_a_return_says_why(world: World) -> None:
    resource = await world.submitted()
    refused(await world.review(resource, "return"), 422, "malformed")


async def test_the_authority_returns_what_a_department_has_passed(world: World) -> None:
    resource = await world.cleared()
    refused(await world.review(resource, "return", remarks="改"), 403, "resource-wrong-side")
    returned = await world.review(resource, "return", by=world.publisher, remarks="分类有误")
    assert told(returned, 200)["state"] == "draft"
    refused(await world.publish(resource), 404, "resource-unknown")


@pytest.mark.duty("D02", "baoji-2017 §5", "baoji-2017 §6")
async def test_only_the_authority_of_the_region_publishes(
    world: World, principal: Principals
) -> None:
    resource = await world.cleared()
    refused(await world.publish(resource, by=world.reviewer), 403, "resource-wrong-side")
    county = principal(region=COUNTY, authority=COUNTY)
    refused(await world.publish(resource, by=county), 404, "resource-unknown")
    province = principal(region="610000", authority="610000")
    assert told(await world.publish(resource, by=province), 200)["state"] == "published"


async def test_a_county_authority_publishes_for_its_county(
    world: World, principal: Principals
) -> None:
    compiler, department = principal(region=COUNTY), None
    department = compiler.department
    await world.hear(registered(department, "示例县民政局", region=COUNTY))
    resource = told(await world.compile(by=compiler), 201)["id"]
    told(await world.submit(resource, by=compiler), 200)
    reviewer = principal(region=COUNTY, department=department)
    told(await world.review(resource, by=reviewer), 200)
    guardian = principal(region=COUNTY, department=department)
    told(await world.review_secrecy(resource, by=guardian, found=[]), 200)
    county = principal(region=COUNTY, authority=COUNTY)
    assert told(await world.publish(resource, by=county), 200)["state"] == "published"
    assert (await world.said())[-1]["data"]["region"] == COUNTY


async def test_codes_follow_one_another_within_a_class(world: World) -> None:
    await world.published()
    second = await world.published(entry(name="个体工商户登记信息"))
    third = await world.published(divisions())
    assert told(await world.read(second), 200)["code"] == "102/000002"
    assert told(await world.read(third), 200)["code"] == "103/000001"


async def test_a_refused_publication_takes_no_code(world: World) -> None:
    first, second = await world.cleared(), await world.cleared(entry(name="个体工商户登记信息"))
    told(await world.withdraw(first), 200)
    refused(await world.publish(first), 404, "resource-unknown")
    assert told(await world.publish(second), 200)["code"] == "102/000001"


async def test_every_step_is_on_record_with_the_rulebook_that_it_was_taken_under(
    world: World,
) -> None:
    resource = await world.published()
    history = told(await world.as_(world.compiler).get(f"/v1/resources/{resource}/versions"), 200)
    steps = history["items"][0]["steps"]
    assert [(s["action"], s["state"], s["actor"]) for s in steps] == [
        ("write", "draft", world.compiler.actor),
        ("submit", "submitted", world.compiler.actor),
        ("pass", "reviewed", world.reviewer.actor),
        ("clear", "cleared", world.guardian.actor),
        ("publish", "published", world.publisher.actor),
    ]
    assert {step["rulebook"] for step in steps} == {"baoji-2017"}
    assert all(step["rulebook_version"].startswith("baoji-2017@") for step in steps)
    # Who takes part sees that; everybody else sees when it was published and no more.
    seen = told(await world.as_(world.stranger).get(f"/v1/resources/{resource}/versions"), 200)
    assert seen["items"][0]["steps"] == []
    async with world.sessions() as session:
        assert len((await session.scalars(select(ResourceStep))).all()) == 5


async def test_the_same_key_makes_one_resource(world: World) -> None:
    first = told(await world.compile(key="legal-entities-1"), 201)
    again = told(await world.compile(key="legal-entities-1"), 200)
    assert first["id"] == again["id"]
    refused(await world.compile(divisions(), key="legal-entities-1"), 409, "idempotency-key-reused")
    assert len(await world.said()) == 1
    without = await world.as_(world.compiler).post("/v1/resources", json=entry())
    refused(without, 422, "malformed")


async def test_a_department_that_is_not_known_yet_is_asked_to_come_again(
    world: World, principal: Principals
) -> None:
    answer = await world.compile(by=principal())
    refused(answer, 503, "provider-unknown")
    assert int(answer.headers["Retry-After"]) > 0


@pytest.mark.duty("D05", "baoji-2017 §15(1)")
async def test_what_is_not_shared_is_in_the_catalogue_with_its_basis(world: World) -> None:
    resource = await world.published(penalties())
    seen = told(await world.read(resource, by=world.stranger), 200)
    assert seen["share_type"] == "not-shared"
    assert seen["legal_basis"]["kind"] == "law"


async def test_all_problems_of_an_entry_are_told_at_once(world: World) -> None:
    body = entry(
        name="企业登记系统V2.0",
        abstract="长" * 257,
        share_condition="按次收费",
        share_methods=["platform-file"],
        items=[*entry()["items"], entry()["items"][0]],
    )
    resource = await world.draft(body)
    problem = refused(await world.submit(resource), 409, "entry-refused")
    assert [(e["field"], e["code"]) for e in problem["errors"]] == [
        ("name", "name-of-a-system"),
        ("abstract", "too-long"),
        ("share_methods", "contradiction"),
        ("share_condition", "contradiction"),
        ("share_condition", "price-or-fee"),
        ("items.7.code", "repeated"),
        ("items.7.name", "repeated"),
    ]
    assert all(error["article"].startswith("baoji-2017 §") for error in problem["errors"])
    assert "按次收费" not in str(problem)
    assert told(await world.read(resource), 200)["state"] == "draft"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": " "},
        {"name": "法人\x00信息"},
        {"name": "法人信息", "price": 5},
        {"name": "法人信息", "items": [{"code": "a", "name": "甲", "type": "X"}]},
        {"name": "法人信息", "items": [{"code": "a", "name": "甲", "type": "C", "length": "很长"}]},
        {"name": "法人信息", "items": [{"code": "a", "name": "甲", "type": "C", "length": 2**40}]},
        {"name": "法人信息", "share_type": "2"},
        {"name": "法人信息", "update_cycle": "weekly", "fee": "10元"},
    ],
)
async def test_what_has_not_the_shape_of_an_entry_is_malformed(
    world: World, body: dict[str, object]
) -> None:
    refused(await world.compile(body), 422, "malformed")


async def test_without_a_passport_nothing_is_answered(world: World) -> None:
    nobody = world.as_(None)
    refused(await nobody.get("/v1/resources"), 401, "passport-invalid")
    refused(await nobody.get(f"/v1/resources/{new_id()}"), 401, "passport-invalid")


@pytest.mark.duty("D05", "yixing-2016 §7", "baoji-2017 §14", "jiangsu-2017 §10")
@pytest.mark.parametrize(
    ("rulebook", "article"),
    [
        ("jiangsu-2012", "jiangsu-2012 §9 §10"),
        ("jiangsu-2017", None),
        ("yixing-2016", "yixing-2016 §7"),
        ("baoji-2017", None),
    ],
)
async def test_one_entry_is_accepted_under_one_rulebook_and_refused_under_another(
    world_of: MakeWorld, rulebook: str, article: str | None
) -> None:
    world = await world_of(rulebook)
    resource = await world.draft(penalties())
    answer = await world.submit(resource)
    if article is None:
        assert told(answer, 200)["state"] == "submitted"
    else:
        problem = refused(answer, 409, "entry-refused")
        assert problem["article"] == article
        assert problem["errors"] == [
            {
                "field": "share_type",
                "code": "share-type-unknown",
                "message": problem["errors"][0]["message"],
                "article": article,
            }
        ]


@pytest.mark.duty("D05", "jiangsu-2012 §9", "jiangsu-2012 §10")
async def test_where_no_share_types_are_named_the_published_one_follows_from_the_condition(
    world_of: MakeWorld,
) -> None:
    world = await world_of("jiangsu-2012")
    body = {
        "name": "公共停车场名录",
        "format": {"kind": "electronic-document", "type": "pdf"},
        "share_methods": ["platform-file"],
        "update_cycle": "yearly",
    }
    free = told(await world.read(await world.published(body)), 200)
    assert (free["share_type"], free["code"]) == ("unconditional", "0/000001")
    bound = await world.published(body | {"name": "停车场泊位", "share_condition": "用于执法"})
    assert told(await world.read(bound), 200)["share_type"] == "conditional"
    said = (await world.said())[-1]["data"]
    assert (said["share_type"], said["share_condition"]) == ("conditional", "用于执法")


@pytest.mark.parametrize(
    "query", ["q=%ED%A0%80", "q=%00", "q=%F0%9F%98%80", "limit=0", "cursor=%00"]
)
async def test_a_strange_question_gets_an_answer(world: World, query: str) -> None:
    answer = await world.as_(world.compiler).get(f"/v1/resources?{query}")
    assert answer.status_code in (200, 400, 422)


@pytest.mark.parametrize("text", ['"\\ud800"', "NaN", "1e400", '"法人\\u0000"'])
async def test_text_that_no_database_stores_is_malformed(world: World, text: str) -> None:
    answer = await world.as_(world.compiler).post(
        "/v1/resources",
        content=f'{{"name": {text}}}'.encode(),
        headers={"Idempotency-Key": "strange-1", "Content-Type": "application/json"},
    )
    refused(answer, 422, "malformed")
