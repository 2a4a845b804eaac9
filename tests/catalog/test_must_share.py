"""应当共享的信息: marked, and what of it is not shared is listed for the authority."""

import pytest

from services.catalog.classification import Topic
from services.catalog.must_share.categories import category_of, topics_of
from shared.rulebooks.vocabulary import MustShare
from tests.callers import Principals
from tests.catalog.entries import ALL, B17, J12, J17, Y16, book
from tests.catalog.world import COUNTY, Json, World, entry, penalties, refused, told


async def unshared(world: World, **narrowed: str) -> list[Json]:
    """What the authority is told is not shared."""
    client = world.as_(world.publisher)
    found: list[Json] = told(await client.get("/v1/must-share/unshared", params=narrowed), 200)[
        "items"
    ]
    return found


def themed(**changes: object) -> Json:
    """A theme resource that is not shared."""
    place = {"attribute": "theme", "topic": "health"}
    return penalties(classification=place, **changes)


@pytest.mark.duty("D36", "baoji-2017 §15(3)")
async def test_what_must_be_shared_and_is_not_is_listed_for_the_authority(
    world: World, principal: Principals
) -> None:
    await world.published()  # basic information, shared
    await world.published(penalties())  # need not be shared
    hidden = await world.published(themed(name="传染病人行政处罚记录"))
    (seen,) = await unshared(world)
    assert (seen["resource"], seen["category"], seen["article"]) == (
        hidden,
        "themes",
        "baoji-2017 §15(3)",
    )
    assert seen["provider"] == str(world.compiler.department)
    assert seen["legal_basis"]["kind"] == "law"
    # The department sees its own; another department nothing; nor another region's authority.
    own = await world.as_(world.compiler).get("/v1/must-share/unshared")
    assert len(told(own, 200)["items"]) == 1
    for stranger in (world.stranger, principal(region=COUNTY, authority=COUNTY)):
        assert told(await world.as_(stranger).get("/v1/must-share/unshared"), 200)["items"] == []
    assert await unshared(world, provider=str(world.stranger.department)) == []
    told(await world.withdraw(hidden), 200)
    assert await unshared(world) == []


@pytest.mark.duty("D36", "baoji-2017 §15(3)")
async def test_an_item_kept_back_from_what_must_be_shared_is_listed_too(world: World) -> None:
    items = entry()["items"]
    resource = await world.published(
        entry(
            classification={"attribute": "theme", "topic": "social-security"},
            share_type="conditional",
            share_condition="用于核实参保单位",
            legal_basis={"kind": "law", "citation": "《中华人民共和国社会保险法》第九十二条"},
            items=[*items[:-1], items[-1] | {"share_type": "not-shared"}],
        )
    )
    (seen,) = await unshared(world)
    assert (seen["resource"], seen["items"]) == (resource, ["address"])


@pytest.mark.duty("D36", "baoji-2017 §15(3)")
async def test_a_kind_that_the_rulebook_does_not_name_is_refused(world: World) -> None:
    resource = await world.draft(entry(must_share="tax"))
    problem = refused(await world.submit(resource), 409, "entry-refused")
    assert [(e["field"], e["code"], e["article"]) for e in problem["errors"]] == [
        ("must_share", "must-share-unknown", "baoji-2017 §15(3)")
    ]


@pytest.mark.duty("D36", "jiangsu-2012 §7", "jiangsu-2017 §11(3)", "baoji-2017 §15(3)")
@pytest.mark.parametrize(
    ("rulebook", "topic", "category"),
    [
        (J12, Topic.TAXATION, MustShare.TAX),
        (J12, Topic.POPULATION, MustShare.POPULATION),
        (J12, Topic.HEALTH, None),
        (J17, Topic.EMERGENCY, MustShare.THEMES),
        (J17, Topic.POPULATION, None),
        (B17, Topic.HEALTH, MustShare.THEMES),
        (B17, Topic.EMERGENCY, None),
        (B17, Topic.TAXATION, None),
        (Y16, Topic.STATISTICS, MustShare.STATISTICS),
    ],
)
def test_a_place_in_the_tree_is_of_the_kind_that_the_rulebook_names(
    rulebook: str, topic: Topic, category: MustShare | None
) -> None:
    assert category_of(None, topic, book(rulebook)) is category


@pytest.mark.duty("D36", "jiangsu-2012 §7")
def test_a_kind_that_no_place_implies_is_stated() -> None:
    stated = MustShare.JOINT_APPROVAL
    assert category_of(stated, Topic.GOVERNMENT, book(J12)) is stated
    assert category_of(stated, Topic.GOVERNMENT, book(B17)) is None


@pytest.mark.parametrize("rulebook", ALL)
def test_every_category_of_a_topic_is_one_of_the_rulebook(rulebook: str) -> None:
    law = book(rulebook)
    for topic in topics_of(law):
        assert category_of(None, topic, law) in law.must_share.value.categories
