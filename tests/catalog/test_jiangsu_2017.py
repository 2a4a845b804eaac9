"""江苏省政务信息资源共享管理暂行办法, article by article, on the platform."""

import pytest

from tests.catalog.articles import (
    Case,
    LetIn,
    Refused,
    asked_for,
    basic,
    cases,
    holds,
    not_shared,
    with_phone,
    without,
)
from tests.catalog.world import MakeWorld, entry, refused, told

RULEBOOK = "jiangsu-2017"

CASES = cases(
    Refused(
        says="4(2): no fee",
        duty="D33",
        article="jiangsu-2017 §4(2)",
        body=asked_for(share_condition="每条收费使用"),
        field="share_condition",
        code="price-or-fee",
        elsewhere=None,
    ),
    Refused(
        says="8: the class",
        duty="D01",
        article="jiangsu-2017 §8",
        body=without("classification"),
        field="classification",
        code="missing",
        elsewhere="jiangsu-2012",
    ),
    Refused(
        says="8: the share type",
        duty="D01",
        article="jiangsu-2017 §8",
        body=without("share_type"),
        field="share_type",
        code="missing",
        elsewhere="jiangsu-2012",
    ),
    Refused(
        says="8: the update limit",
        duty="D01",
        article="jiangsu-2017 §8",
        body=without("update_cycle"),
        field="update_cycle",
        code="missing",
        elsewhere=None,
    ),
    LetIn(
        says="10: unconditional",
        duty="D05",
        article="jiangsu-2017 §10",
        body=entry(),
    ),
    LetIn(
        says="10: conditional",
        duty="D05",
        article="jiangsu-2017 §10",
        body=asked_for(),
    ),
    LetIn(
        says="10: not shared",
        duty="D05",
        article="jiangsu-2017 §10",
        body=not_shared("law"),
        elsewhere="yixing-2016",
    ),
    Refused(
        says="11(1): not shared without a basis",
        duty="D05",
        article="jiangsu-2017 §11(1)",
        body=not_shared(None),
        field="legal_basis",
        code="missing",
        elsewhere=None,
    ),
    Refused(
        says="11(1): a local regulation does not suffice",
        duty="D05",
        article="jiangsu-2017 §11(1)",
        body=not_shared("regulation"),
        field="legal_basis.kind",
        code="basis-insufficient",
        elsewhere=None,
    ),
    Refused(
        says="11(2): basic items of legal entities",
        duty="D06",
        article="jiangsu-2017 §11(2)",
        body=basic("legal-entity"),
        field="items.0.share_type",
        code="basic-not-unconditional",
        elsewhere="jiangsu-2012",
    ),
    Refused(
        says="11(2): credit too",
        duty="D06",
        article="jiangsu-2017 §11(2)",
        body=basic("social-credit"),
        field="items.0.share_type",
        code="basic-not-unconditional",
        elsewhere="baoji-2017",
    ),
    Refused(
        says="11(3): taxes are not among the themes",
        duty="D36",
        article="jiangsu-2017 §11(3)",
        body=entry(must_share="tax"),
        field="must_share",
        code="must-share-unknown",
        elsewhere="jiangsu-2012",
    ),
    LetIn(
        says="21: privacy may be unconditional",
        article="jiangsu-2017 §21",
        body=with_phone("personal-privacy", "unconditional"),
        elsewhere="baoji-2017",
    ),
)


@pytest.mark.parametrize("case", CASES)
async def test_jiangsu_2017_does_with_an_entry_what_its_articles_say(
    world_of: MakeWorld, case: Case
) -> None:
    await holds(world_of, RULEBOOK, case)


@pytest.mark.duty("D31", "jiangsu-2017 §12", "jiangsu-2017 §21")
async def test_jiangsu_2017_keeps_only_state_secrets_off_the_outer_network(
    world_of: MakeWorld,
) -> None:
    world = await world_of(RULEBOOK, network="outer")
    told(await world.submit(await world.draft(with_phone("personal-privacy"))), 200)
    secret = {**with_phone("state-secret"), "name": "法人单位涉密信息"}
    (error,) = refused(await world.submit(await world.draft(secret)), 409, "entry-refused")[
        "errors"
    ]
    assert (error["code"], error["article"]) == ("network-not-allowed", "jiangsu-2017 §12 §21")
