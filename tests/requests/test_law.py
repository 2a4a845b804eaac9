"""The operations under the other rulebooks, and the law of a case that outlives a change of law."""

import pytest

from services.requests.models import ShareRequest
from shared.events.catalog import ShareType
from tests.requests.world import MakeWorld, World, published, refused, told


@pytest.mark.duty("D13", "jiangsu-2012 §18")
async def test_under_jiangsu_2012_a_sensitive_refusal_is_timed_grounded_and_filed(
    world_of: MakeWorld,
) -> None:
    world = await world_of("jiangsu-2012")
    event = published(provider=world.market.department, secret_items=["phone"])
    resource = await world.publish(event)
    request = told(await world.ask(resource, items=["phone"]), 201)
    assert (request["due_on"], request["due_article"]) == ("2026-03-23", "jiangsu-2012 §18")
    problem = refused(
        await world.refuse(request["id"], reasons="无关"), 409, "refusal-ground-not-statutory"
    )
    assert problem["article"] == "jiangsu-2012 §13"
    answer = await world.refuse(request["id"], reasons="电话属个人隐私", ground="personal-privacy")
    done = told(answer, 200)
    assert done["filed_at"] is not None
    assert (await world.said())[-1]["data"]["filed"] is True
    plain = told(await world.ask(resource, items=["name"]), 201)
    assert (plain["due_on"], plain["due_article"]) == (None, None)


@pytest.mark.duty("D11", "jiangsu-2017 §16", "yixing-2016 §8")
@pytest.mark.parametrize(
    ("rulebook", "article"),
    [
        ("jiangsu-2012", None),
        ("jiangsu-2017", "jiangsu-2017 §16"),
        ("yixing-2016", "yixing-2016 §8"),
    ],
)
async def test_every_rulebook_grants_the_unconditional_at_once(
    world_of: MakeWorld, rulebook: str, article: str | None
) -> None:
    world = await world_of(rulebook)
    request = told(await world.ask(await world.resource(ShareType.UNCONDITIONAL)), 201)
    assert (request["state"], request["decision_article"]) == ("approved", article)
    assert request["rulebook"] == rulebook


@pytest.mark.duty("D13", "yixing-2016 §18")
async def test_under_yixing_a_refusal_names_the_statute(world_of: MakeWorld) -> None:
    world = await world_of("yixing-2016")
    request = await world.open_request()
    problem = refused(
        await world.refuse(request, reasons="不便提供"), 409, "refusal-ground-not-statutory"
    )
    assert problem["article"] == "yixing-2016 §18"
    refused(
        await world.refuse(request, reasons="依法不予提供", ground="statutory"),
        409,
        "refusal-basis-missing",
    )
    answer = await world.refuse(
        request, reasons="依法不予提供", ground="statutory", basis="《统计法》第九条"
    )
    assert told(answer, 200)["basis"] == "《统计法》第九条"


async def test_a_case_is_decided_under_the_rulebook_that_it_began_under(
    world_of: MakeWorld,
) -> None:
    before: World = await world_of("jiangsu-2012")
    request = await before.open_request()
    # The installation's rulebook changes while the request is open.
    after = await world_of("baoji-2017")
    after.tax, after.market = before.tax, before.market
    refused(await after.refuse(request, reasons="无关"), 409, "refusal-ground-not-statutory")
    async with after.sessions() as session:
        kept = await session.get(ShareRequest, request)
    assert kept is not None
    assert kept.rulebook_version.startswith("jiangsu-2012@")
    told(await after.refuse(request, reasons="隐私", ground="personal-privacy"), 200)
