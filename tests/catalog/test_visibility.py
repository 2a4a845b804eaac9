"""Who may know of which version: published ones everybody, drafts their department alone."""

import pytest

from shared.ids import new_id
from tests.callers import Principals
from tests.catalog.world import CITY, COUNTY, World, divisions, entry, refused, told


async def test_a_stranger_cannot_tell_that_a_draft_exists(world: World) -> None:
    resource = await world.draft()
    real, none = (
        await world.read(resource, world.stranger),
        await world.read(str(new_id()), world.stranger),
    )
    assert refused(real, 404, "resource-unknown")["detail"] == none.json()["detail"]
    stranger = world.as_(world.stranger)
    for path in ("versions", "versions/1"):
        refused(await stranger.get(f"/v1/resources/{resource}/{path}"), 404, "resource-unknown")
    bodies = {
        "submit": None,
        "review": {"decision": "pass"},
        "publish": {},
        "withdraw": {},
    }
    for step, body in bodies.items():
        answer = await world.take(resource, step, world.stranger, body)
        refused(answer, 404, "resource-unknown")
    refused(await world.rewrite(resource, entry(), '"1"', world.stranger), 404, "resource-unknown")
    assert await world.names(world.stranger) == []
    assert await world.names(world.stranger, q="法人单位") == []


@pytest.mark.parametrize("state", ["draft", "submitted", "reviewed", "cleared", "published"])
async def test_the_authority_sees_what_was_handed_in_and_no_draft(world: World, state: str) -> None:
    make = {
        "draft": world.draft,
        "submitted": world.submitted,
        "reviewed": world.reviewed,
        "cleared": world.cleared,
        "published": world.published,
    }
    resource = await make[state]()
    seen = await world.read(resource, world.publisher)
    if state == "draft":
        refused(seen, 404, "resource-unknown")
        assert await world.names(world.publisher) == []
    else:
        assert told(seen, 200)["state"] == state
        assert await world.names(world.publisher, state=state) == ["法人单位基本信息"]
    strangers = await world.read(resource, world.stranger)
    assert strangers.status_code == (200 if state == "published" else 404)


@pytest.mark.parametrize("authority", ["610000/610400", "610000/61030", COUNTY, "61%", ""], ids=str)
async def test_the_authority_of_another_region_is_a_stranger(
    world: World, principal: Principals, authority: str
) -> None:
    resource = await world.submitted()
    other = principal(region=CITY, authority=authority)
    refused(await world.read(resource, other), 404, "resource-unknown")


@pytest.mark.duty("D04", "baoji-2017 §10", "jiangsu-2012 §10")
async def test_a_published_version_stays_as_it_is_while_the_next_is_compiled(
    world: World,
) -> None:
    resource = await world.published()
    before = (await world.read(resource, world.stranger)).json()
    changed = await world.change(resource, entry(abstract="新的摘要。", update_cycle="weekly"))
    assert (changed["version"], changed["state"], changed["published_version"]) == (2, "draft", 1)
    assert changed["code"] == before["code"]
    after = told(await world.read(resource, world.stranger), 200)
    assert after == before
    assert (after["version"], after["state"]) == (1, "published")
    stranger = world.as_(world.stranger)
    refused(await stranger.get(f"/v1/resources/{resource}/versions/2"), 404, "resource-unknown")
    assert await world.names(world.stranger, update_cycle="weekly") == []
    assert await world.names(world.compiler, update_cycle="weekly") == ["法人单位基本信息"]

    told(await world.submit(resource), 200)
    told(await world.review(resource), 200)
    told(await world.review_secrecy(resource), 200)
    told(await world.publish(resource), 200)
    now = told(await world.read(resource, world.stranger), 200)
    assert (now["version"], now["abstract"], now["code"]) == (2, "新的摘要。", before["code"])
    # Every published version stays addressable.
    first = told(await stranger.get(f"/v1/resources/{resource}/versions/1"), 200)
    assert first == before | {"state": "superseded", "published_version": 2}
    history = told(await stranger.get(f"/v1/resources/{resource}/versions"), 200)["items"]
    assert [(v["version"], v["state"]) for v in history] == [(2, "published"), (1, "superseded")]


async def test_what_is_withdrawn_is_gone_for_all_but_its_department_and_authority(
    world: World,
) -> None:
    resource = await world.published()
    told(await world.withdraw(resource), 200)
    refused(await world.read(resource, world.stranger), 404, "resource-unknown")
    stranger = world.as_(world.stranger)
    refused(await stranger.get(f"/v1/resources/{resource}/versions/1"), 404, "resource-unknown")
    assert await world.names(world.stranger, q="法人") == []
    for caller in (world.compiler, world.publisher):
        seen = told(await world.read(resource, caller), 200)
        assert (seen["state"], seen["published_version"]) == ("withdrawn", None)
        assert await world.names(caller, state="withdrawn") == ["法人单位基本信息"]
        assert await world.names(caller, state="published") == []
    refused(await world.withdraw(resource), 409, "resource-illegal-move")
    etag = (await world.read(resource)).headers["ETag"]
    refused(await world.rewrite(resource, entry(), etag), 409, "resource-illegal-move")


async def test_the_authority_withdraws_what_is_published_while_the_next_version_is_a_draft(
    world: World,
) -> None:
    resource = await world.published()
    await world.change(resource, entry(abstract="新的摘要。"))
    seen = told(await world.read(resource, world.publisher), 200)
    assert (seen["version"], seen["state"]) == (1, "published")
    withdrawn = told(await world.withdraw(resource, by=world.publisher), 200)
    assert (withdrawn["version"], withdrawn["state"]) == (1, "withdrawn")
    assert (await world.said())[-1]["data"]["published"] == 1
    refused(await world.read(resource, world.stranger), 404, "resource-unknown")
    assert told(await world.read(resource, world.publisher), 200)["version"] == 1
    assert told(await world.read(resource), 200)["version"] == 2


async def test_whoever_sees_a_published_resource_may_still_not_change_it(world: World) -> None:
    resource = await world.published()
    etag = (await world.read(resource, world.stranger)).headers["ETag"]
    changed = await world.rewrite(resource, entry(), etag, world.stranger)
    refused(changed, 403, "resource-wrong-side")
    refused(await world.withdraw(resource, by=world.stranger), 403, "resource-wrong-side")
    refused(await world.submit(resource, by=world.stranger), 409, "resource-illegal-move")


async def test_a_draft_that_was_never_published_is_given_up_by_its_department(
    world: World,
) -> None:
    resource = await world.draft(divisions())
    told(await world.withdraw(resource), 200)
    assert (await world.said())[-1]["data"]["published"] is None
    refused(await world.read(resource, world.publisher), 404, "resource-unknown")
    assert told(await world.read(resource), 200)["state"] == "withdrawn"
