"""数据元: the registry of standards brings type, length and code list along, and is checked."""

import pytest

from services.catalog.standards import usecases
from services.catalog.standards.elements import shipped
from services.catalog.standards.schemas import ElementBody
from shared import clock
from tests.catalog.world import Json, MakeWorld, World, entry, refused, told

STATUS: Json = {
    "name": "企业登记状态代码",
    "definition": "企业在登记机关的存续状态",
    "source": "DB61/T 1001",
    "type": "C",
    "length": 1,
    "codes": {"1": "存续", "2": "吊销", "3": "注销"},
}


def with_items(*items: Json) -> Json:
    """The legal entities with these items more."""
    return entry(items=[*entry()["items"], *items])


async def register(world: World, code: str, body: Json, **headers: str) -> Json:
    """Register an element, as the authority."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    client = world.as_(world.publisher)
    answer = await client.put(f"/v1/data-elements/{code}", json=body, headers=named)
    assert answer.status_code in (200, 201), answer.text
    found: Json = answer.json()
    return found


@pytest.mark.duty("D42", "baoji-2017 §25", "yixing-2016 §16", "jiangsu-2012 §15")
async def test_an_item_takes_type_length_and_standard_from_its_data_element(world: World) -> None:
    told(await world.compile(with_items({"code": "who", "name": "谁"})), 422)
    await register(world, "registration-status", STATUS)
    resource = await world.draft(
        with_items(
            {"code": "owner_code", "name": "股东代码", "element": "unified-social-credit-code"},
            {"code": "status", "name": "登记状态", "element": "registration-status"},
        )
    )
    *_, owner, status = told(await world.read(resource), 200)["items"]
    assert (owner["type"], owner["length"], owner["standard"]) == (
        "C",
        18,
        "unified-social-credit-code",
    )
    assert (status["type"], status["length"], status["element"]) == ("C", 1, "registration-status")
    told(await world.submit(resource), 200)


@pytest.mark.duty("D42", "baoji-2017 §25", "jiangsu-2017 §20", "yixing-2016 §16")
@pytest.mark.parametrize(
    ("rulebook", "article"),
    [
        ("jiangsu-2012", "jiangsu-2012 §8 §15"),
        ("jiangsu-2017", "jiangsu-2017 §4(3) §20"),
        ("yixing-2016", "yixing-2016 §16"),
        ("baoji-2017", "baoji-2017 §4(3) §25"),
    ],
)
async def test_an_item_that_contradicts_its_data_element_is_refused_with_the_article(
    world_of: MakeWorld, rulebook: str, article: str
) -> None:
    world = await world_of(rulebook)
    sex = {"code": "sex", "name": "性别", "element": "sex"}
    resource = await world.draft(
        with_items(
            sex | {"type": "I"},
            sex | {"code": "sex_2", "name": "性别二", "length": 2},
            {"code": "owner", "name": "股东", "type": "C", "length": 200, "element": "person-name"},
            {"code": "other", "name": "其他", "type": "C", "length": 9, "element": "no-such"},
        )
    )
    problem = refused(await world.submit(resource), 409, "entry-refused")
    seen = [(e["field"], e["code"]) for e in problem["errors"]]
    assert seen == [
        ("items.7.type", "not-the-element"),
        ("items.8.length", "not-the-element"),
        ("items.9.length", "not-the-element"),
        ("items.10.element", "element-unknown"),
    ]
    assert {e["article"] for e in problem["errors"]} == {article}


async def test_an_item_whose_type_nobody_knows_is_refused_at_once(world: World) -> None:
    answer = await world.compile(with_items({"code": "x", "name": "某", "element": "no-such"}))
    refused(answer, 409, "item-type-open")


async def test_what_ships_is_in_the_registry_and_what_was_registered_stays(world: World) -> None:
    await register(world, "sex", {**STATUS, "name": "性别（本市）"})
    async with world.sessions.begin() as session:
        assert await usecases.bring_along(session, clock.now()) == len(shipped()) - 1
    async with world.sessions.begin() as session:
        assert await usecases.bring_along(session, clock.now()) == 0
    subject = "catalog.data-element-registered.v1"
    heard = [e["data"]["element"] for e in await world.said() if e["type"] == subject]
    assert sorted(heard) == sorted(shipped())
    client = world.as_(world.stranger)
    page = told(await client.get("/v1/data-elements", params={"limit": "3"}), 200)
    assert len(page["items"]) == 3
    assert page["next"]
    found = told(await client.get("/v1/data-elements", params={"q": "GB/T 2261.2"}), 200)["items"]
    assert [element["code"] for element in found] == ["marital-status"]
    assert found[0]["codes"]["30"] == "丧偶"
    assert told(await client.get("/v1/data-elements/sex"), 200)["name"] == "性别（本市）"
    refused(await client.get("/v1/data-elements/no-such"), 404, "data-element-unknown")


async def test_a_restated_element_judges_entries_from_then_on(world: World) -> None:
    await register(world, "registration-status", STATUS)
    item = {"code": "status", "name": "登记状态", "element": "registration-status"}
    resource = await world.cleared(with_items(item))
    longer = {"10": "存续", "20": "吊销"}
    again = await register(world, "registration-status", {**STATUS, "length": 2, "codes": longer})
    assert again["version"] == 2
    problem = refused(await world.publish(resource), 409, "entry-refused")
    assert [e["code"] for e in problem["errors"]] == ["not-the-element"]
    last = [e for e in await world.said() if e["type"] == "catalog.data-element-registered.v1"][-1]
    assert (last["data"]["codes"], last["aggregateversion"]) == (longer, 2)


async def test_two_who_restate_an_element_at_once_do_not_overwrite_one_another(
    world: World,
) -> None:
    await register(world, "registration-status", STATUS)
    await register(world, "registration-status", STATUS, If_Match='"1"')
    client = world.as_(world.publisher)
    late = await client.put(
        "/v1/data-elements/registration-status", json=STATUS, headers={"If-Match": '"1"'}
    )
    refused(late, 412, "entry-changed")


async def test_only_an_authority_keeps_the_registry(world: World) -> None:
    answer = await world.as_(world.compiler).put("/v1/data-elements/mine", json=STATUS)
    refused(answer, 403, "standards-not-an-authority")


@pytest.mark.parametrize(
    "broken",
    [
        {"length": None},
        {"type": "I", "length": 1},
        {"codes": {"10": "太长"}},
        {"codes": {}},
        {"scale": 3},
        {"name": " "},
        {"more": 1},
    ],
)
async def test_an_element_that_no_item_could_be_is_malformed(world: World, broken: Json) -> None:
    client = world.as_(world.publisher)
    answer = await client.put("/v1/data-elements/broken", json={**STATUS, **broken})
    refused(answer, 422, "malformed")
    refused(await client.put("/v1/data-elements/B..", json=STATUS), 422, "malformed")


@pytest.mark.parametrize("code", sorted(shipped()))
def test_an_element_that_ships_is_what_an_item_can_be(code: str) -> None:
    element = shipped()[code]
    ElementBody.model_validate(element.model_dump(exclude={"code"}))
