"""宝鸡市政务信息资源共享管理暂行办法, article by article, on the platform."""

import pytest

from tests.catalog.articles import (
    Case,
    LetIn,
    Refused,
    asked_for,
    bare,
    basic,
    cases,
    holds,
    not_shared,
    with_phone,
    without,
)
from tests.catalog.world import MakeWorld, entry, refused, told

RULEBOOK = "baoji-2017"

CASES = cases(
    Refused(
        says="4(2): no fee",
        duty="D33",
        article="baoji-2017 §4(2)",
        body=asked_for(share_condition="每条收费使用"),
        field="share_condition",
        code="price-or-fee",
        elsewhere=None,
    ),
    Refused(
        says="8: the class",
        duty="D01",
        article="baoji-2017 §8",
        body=without("classification"),
        field="classification",
        code="missing",
        elsewhere="jiangsu-2012",
    ),
    Refused(
        says="8: the attributes",
        duty="D01",
        article="baoji-2017 §8",
        body=without("openness"),
        field="openness",
        code="missing",
        elsewhere="jiangsu-2012",
    ),
    Refused(
        says="8: the update limit",
        duty="D01",
        article="baoji-2017 §8",
        body=without("update_cycle"),
        field="update_cycle",
        code="missing",
        elsewhere=None,
    ),
    Refused(
        says="8: the share type",
        duty="D01",
        article="baoji-2017 §8",
        body=without("share_type"),
        field="share_type",
        code="missing",
        elsewhere="jiangsu-2012",
    ),
    Refused(
        says="8: the share method",
        duty="D01",
        article="baoji-2017 §8",
        body=without("share_methods"),
        field="share_methods",
        code="missing",
        elsewhere=None,
    ),
    Refused(
        says="6 and 9: what the guide asks",
        duty="D01",
        article="baoji-2017 §6 §9",
        body=without("abstract"),
        field="abstract",
        code="missing",
        elsewhere="jiangsu-2012",
    ),
    Refused(
        says="6 and 9: an entry of a text without a guide",
        duty="D01",
        article="baoji-2017 §6 §9",
        body=bare(),
        field="abstract",
        code="missing",
        elsewhere="yixing-2016",
    ),
    LetIn(
        says="14: unconditional",
        duty="D05",
        article="baoji-2017 §14",
        body=entry(),
    ),
    LetIn(
        says="14: conditional",
        duty="D05",
        article="baoji-2017 §14",
        body=asked_for(),
    ),
    LetIn(
        says="14: not shared",
        duty="D05",
        article="baoji-2017 §14",
        body=not_shared("law"),
        elsewhere="jiangsu-2012",
    ),
    Refused(
        says="15(1): not shared without a basis",
        duty="D05",
        article="baoji-2017 §15(1)",
        body=not_shared(None),
        field="legal_basis",
        code="missing",
        elsewhere=None,
    ),
    Refused(
        says="15(1): a rule does not suffice",
        duty="D05",
        article="baoji-2017 §15(1)",
        body=not_shared("rule"),
        field="legal_basis.kind",
        code="basis-insufficient",
        elsewhere=None,
    ),
    LetIn(
        says="15(1): central policy suffices",
        duty="D05",
        article="baoji-2017 §15(1)",
        body=not_shared("central-policy"),
        elsewhere="yixing-2016",
    ),
    Refused(
        says="15(2): basic items of population",
        duty="D06",
        article="baoji-2017 §15(2)",
        body=basic("population"),
        field="items.0.share_type",
        code="basic-not-unconditional",
        elsewhere="jiangsu-2012",
    ),
    LetIn(
        says="15(2): credit is not among them",
        article="baoji-2017 §15(2)",
        body=basic("social-credit"),
        elsewhere="jiangsu-2017",
    ),
    Refused(
        says="15(3): finance is not among the themes",
        duty="D36",
        article="baoji-2017 §15(3)",
        body=entry(must_share="finance"),
        field="must_share",
        code="must-share-unknown",
        elsewhere="jiangsu-2012",
    ),
    Refused(
        says="15(4): privacy is never unconditional",
        duty="D07",
        article="baoji-2017 §15(4)",
        body=with_phone("personal-privacy", "unconditional"),
        field="items.7.share_type",
        code="sensitive-unconditional",
        elsewhere="jiangsu-2017",
    ),
    Refused(
        says="15(4): nor work secrets",
        duty="D07",
        article="baoji-2017 §15(4)",
        body=with_phone("work-secret", "unconditional"),
        field="items.7.share_type",
        code="sensitive-unconditional",
        elsewhere="jiangsu-2012",
    ),
    LetIn(
        says="15(4): with consent privacy is shared",
        article="baoji-2017 §15(4)",
        body=with_phone("personal-privacy"),
    ),
)


@pytest.mark.parametrize("case", CASES)
async def test_baoji_2017_does_with_an_entry_what_its_articles_say(
    world_of: MakeWorld, case: Case
) -> None:
    await holds(world_of, RULEBOOK, case)


@pytest.mark.duty("D31", "baoji-2017 §15(4)", "baoji-2017 §12")
async def test_baoji_2017_keeps_privacy_off_the_outer_network(world_of: MakeWorld) -> None:
    world = await world_of(RULEBOOK, network="outer")
    answer = await world.submit(await world.draft(with_phone("personal-privacy")))
    (error,) = refused(answer, 409, "entry-refused")["errors"]
    assert (error["code"], error["article"]) == ("network-not-allowed", "baoji-2017 §15(4)")


@pytest.mark.duty("D02", "baoji-2017 §5", "baoji-2017 §10")
@pytest.mark.duty("D07", "baoji-2017 §20")
async def test_baoji_2017_has_four_people_and_their_articles(world_of: MakeWorld) -> None:
    world = await world_of(RULEBOOK)
    resource = await world.submitted()
    own = refused(await world.review(resource, by=world.compiler), 403, "compiler-may-not-review")
    assert own["article"] == "baoji-2017 §10 §28"
    told(await world.review(resource), 200)
    again = await world.review_secrecy(resource, by=world.reviewer)
    assert refused(again, 403, "reviewer-may-not-clear")["article"] == "baoji-2017 §20"
    told(await world.review_secrecy(resource), 200)
    early = refused(await world.publish(resource, by=world.reviewer), 403, "resource-wrong-side")
    assert early["article"] == "baoji-2017 §5 §6"
    assert told(await world.publish(resource), 200)["rulebook"] == RULEBOOK
