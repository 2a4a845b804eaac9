"""Any two versions of a resource, compared field by field and item by item."""

import pytest

from tests.catalog.world import Json, World, entry, refused, told


async def compared(world: World, resource: str, one: int, other: int) -> Json:
    """What the comparison says to the provider."""
    path = f"/v1/resources/{resource}/versions/{one}/compare/{other}"
    return told(await world.as_(world.compiler).get(path), 200)


@pytest.mark.duty("D04", "baoji-2017 §10", "jiangsu-2012 §10")
async def test_two_versions_are_compared_item_by_item(world: World) -> None:
    resource = await world.published()
    uscc, name, registered_on, *others = entry()["items"]
    email = {"code": "email", "name": "电子邮箱", "type": "C", "length": 100}
    following = [name | {"length": 300}, uscc, *others, email]
    await world.change(resource, entry(update_cycle="weekly", items=following))
    found = await compared(world, resource, 1, 2)
    assert found == {
        "resource": resource,
        "before": 1,
        "after": 2,
        "same": False,
        "fields": [{"field": "update_cycle", "before": "daily", "after": "weekly"}],
        "items": [
            {
                "code": "name",
                "name": "企业名称",
                "difference": "changed",
                "fields": [{"field": "length", "before": 200, "after": 300}],
            },
            {
                "code": registered_on["code"],
                "name": "注册日期",
                "difference": "removed",
                "fields": [],
            },
            {"code": "email", "name": "电子邮箱", "difference": "added", "fields": []},
        ],
        "reordered": True,
    }
    back = await compared(world, resource, 2, 1)
    assert back["fields"] == [{"field": "update_cycle", "before": "weekly", "after": "daily"}]
    assert {i["code"]: i["difference"] for i in back["items"]} == {
        "email": "removed",
        "name": "changed",
        "registered_on": "added",
    }


async def test_a_version_is_the_same_as_itself(world: World) -> None:
    resource = await world.draft()
    assert (await compared(world, resource, 1, 1))["same"] is True


async def test_nobody_learns_of_a_version_by_comparing_with_it(world: World) -> None:
    resource = await world.published()
    await world.change(resource, entry(abstract="新的摘要。"))
    for pair in ("1/compare/2", "2/compare/1", "1/compare/3"):
        answer = await world.as_(world.stranger).get(f"/v1/resources/{resource}/versions/{pair}")
        refused(answer, 404, "resource-unknown")
    path = f"/v1/resources/{resource}/versions/1/compare/1"
    assert told(await world.as_(world.stranger).get(path), 200)["same"]


@pytest.mark.parametrize("other", ["0", "-1", "x", str(2**31)])
async def test_a_number_that_no_version_has_is_malformed(world: World, other: str) -> None:
    resource = await world.draft()
    path = f"/v1/resources/{resource}/versions/1/compare/{other}"
    refused(await world.as_(world.compiler).get(path), 422, "malformed")
