"""What is asked when an entry is published: the rulebook of that day, and the ruling."""

import pytest

from tests.catalog.world import World, divisions, entry, refused, told


@pytest.mark.duty("D07", "baoji-2017 §15(2)", "baoji-2017 §15(4)")
async def test_the_authority_s_ruling_is_on_record_where_two_articles_pull_apart(
    world: World,
) -> None:
    items = [item | {"share_type": "unconditional"} for item in entry()["items"]]
    phone = {
        "code": "phone",
        "name": "联系电话",
        "type": "C",
        "length": 20,
        "basic": True,
        "secrecy": "personal-privacy",
    }
    resource = await world.cleared(
        entry(
            share_type="conditional",
            share_condition="履行登记职责",
            grade="sensitive",
            items=[*items, phone],
        )
    )
    problem = refused(await world.publish(resource), 409, "ruling-missing")
    assert problem["article"] == "baoji-2017 §15(2); baoji-2017 §15(4)"
    ruling = "联系电话属个人隐私，按第十五条第（四）项有条件共享"
    assert told(await world.publish(resource, remarks=ruling), 200)["code"] == "102/000001"
    path = f"/v1/resources/{resource}/versions"
    steps = told(await world.as_(world.publisher).get(path), 200)["items"][0]["steps"]
    assert (steps[-1]["action"], steps[-1]["remarks"]) == ("publish", ruling)


async def test_an_entry_is_judged_again_when_it_is_published(world: World) -> None:
    related = await world.published(divisions())
    resource = await world.cleared(entry(related=[related]))
    told(await world.withdraw(related), 200)
    problem = refused(await world.publish(resource), 409, "entry-refused")
    assert [e["field"] for e in problem["errors"]] == ["related.0"]
