"""The authority's two catalogues: of all resources, and of what is shared, with notices."""

import pytest

from tests.catalog.world import CITY, COUNTY, Json, MakeWorld, World, entry, penalties, told


async def names(world: World, catalogue: str, **narrowed: str) -> list[str]:
    """The names in a catalogue, as a stranger sees it."""
    path = f"/v1/catalogues/{catalogue}/entries"
    found = told(await world.as_(world.stranger).get(path, params=narrowed), 200)
    return [item["name"] for item in found["items"]]


async def notices(world: World, catalogue: str) -> list[tuple[str, str]]:
    """The change notices of a catalogue: kind and name, the oldest first."""
    path = f"/v1/catalogues/{catalogue}/changes"
    found: list[Json] = told(await world.as_(world.stranger).get(path), 200)["items"]
    return [(notice["kind"], notice["name"]) for notice in reversed(found)]


@pytest.mark.duty("D34", "baoji-2017 §5", "baoji-2017 §6")
async def test_there_is_a_catalogue_of_all_resources_and_one_of_what_is_shared(
    world: World,
) -> None:
    await world.published()
    await world.published(penalties())
    await world.draft(entry(name="未发布的信息"))
    assert await names(world, "resources") == ["法人单位基本信息", "未成年人行政处罚记录"]
    assert await names(world, "sharing") == ["法人单位基本信息"]
    assert await names(world, "sharing", region=CITY) == ["法人单位基本信息"]
    assert await names(world, "sharing", region=COUNTY) == []
    client = world.as_(world.stranger)
    both = [told(await client.get(f"/v1/catalogues/{k}"), 200) for k in ("resources", "sharing")]
    assert [(c["name"], c["article"], c["entries"]) for c in both] == [
        ("政务信息资源目录", "baoji-2017 §5", 2),
        ("政务信息资源共享目录", "baoji-2017 §5", 1),
    ]


@pytest.mark.duty("D34", "baoji-2017 §5")
@pytest.mark.duty("D04", "baoji-2017 §10")
async def test_each_catalogue_has_its_change_notices(world: World) -> None:
    shared = await world.published()
    hidden = await world.published(penalties())
    told(await world.withdraw(hidden), 200)
    told(await world.withdraw(shared), 200)
    assert await notices(world, "resources") == [
        ("publication", "法人单位基本信息"),
        ("publication", "未成年人行政处罚记录"),
        ("withdrawal", "未成年人行政处罚记录"),
        ("withdrawal", "法人单位基本信息"),
    ]
    assert await notices(world, "sharing") == [
        ("publication", "法人单位基本信息"),
        ("withdrawal", "法人单位基本信息"),
    ]


async def test_what_is_not_shared_any_more_is_noticed_in_the_catalogue_of_what_is_shared(
    world: World,
) -> None:
    body = entry(classification={"attribute": "department", "topic": "government"})
    resource = await world.published(body)
    basis = {"kind": "law", "citation": "《中华人民共和国公司登记管理条例》有关规定"}
    hidden = {"share_type": "not-shared", "share_condition": None, "legal_basis": basis}
    await world.change(resource, {**body, **hidden})
    told(await world.submit(resource), 200)
    told(await world.review(resource), 200)
    told(await world.review_secrecy(resource), 200)
    told(await world.publish(resource), 200)
    assert await names(world, "sharing") == []
    assert await notices(world, "sharing") == [
        ("publication", "法人单位基本信息"),
        ("revision", "法人单位基本信息"),
    ]


async def test_a_catalogue_that_the_rulebook_does_not_name_has_no_article(
    world_of: MakeWorld,
) -> None:
    world = await world_of("jiangsu-2012")
    client = world.as_(world.stranger)
    assert told(await client.get("/v1/catalogues/resources"), 200)["article"] is None
    assert told(await client.get("/v1/catalogues/sharing"), 200)["article"] == "jiangsu-2012 §8"
