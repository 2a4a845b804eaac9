"""An old platform's codes go on meaning its resources."""

from typing import Any

import httpx

from shared.ids import new_id
from tests.catalog.world import Json, World, divisions, refused, told

PLATFORM = "旧资源目录系统"


async def take_over(world: World, *pairs: tuple[str, str], by: Any = None) -> httpx.Response:
    """Take codes over, as the authority where nobody else is named."""
    body: Json = {
        "platform": PLATFORM,
        "codes": [{"code": code, "resource": resource} for code, resource in pairs],
    }
    return await world.as_(by or world.publisher).put("/v1/catalogue/former-codes", json=body)


async def found(world: World, code: str, by: Any = None) -> list[str]:
    """The resources that a code means."""
    client = world.as_(by or world.stranger)
    answer = await client.get("/v1/catalogue/former-codes", params={"code": code})
    return [former["resource_id"] for former in told(answer, 200)["items"]]


async def test_an_old_code_leads_to_the_resource_that_it_meant(world: World) -> None:
    resource = await world.published()
    assert told(await take_over(world, ("JS-1/2013", resource)), 200) == {"new": 1, "known": 0}
    assert await found(world, "JS-1/2013") == [resource]
    assert told(await take_over(world, ("JS-1/2013", resource)), 200) == {"new": 0, "known": 1}
    said = [event["type"] for event in await world.said()]
    assert said.count("catalog.codes-taken-over.v1") == 1


async def test_a_code_never_comes_to_mean_something_else(world: World) -> None:
    one, other = await world.published(), await world.published(divisions())
    told(await take_over(world, ("JS-1", one)), 200)
    problem = refused(
        await take_over(world, ("JS-2", other), ("JS-1", other)), 409, "former-code-unfit"
    )
    assert [(e["field"], e["code"]) for e in problem["errors"]] == [
        ("codes.1.code", "means-another")
    ]
    assert await found(world, "JS-2") == []
    assert await found(world, "JS-1") == [one]


async def test_what_nobody_may_see_is_not_found_by_an_old_code_either(world: World) -> None:
    resource = await world.published()
    draft = await world.draft(divisions())
    told(await take_over(world, ("JS-1", resource)), 200)
    for unseen in (draft, str(new_id())):
        refused(await take_over(world, ("JS-9", unseen)), 409, "former-code-unfit")
    told(await world.withdraw(resource), 200)
    assert await found(world, "JS-1") == []
    assert await found(world, "JS-1", world.compiler) == [resource]


async def test_only_an_authority_takes_codes_over(world: World) -> None:
    resource = await world.published()
    answer = await take_over(world, ("JS-1", resource), by=world.compiler)
    refused(answer, 403, "takeover-not-the-authority")
