"""江苏省政府信息化服务管理办法, article by article, on the platform."""

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
from tests.catalog.world import MakeWorld, entry

RULEBOOK = "jiangsu-2012"

CASES = cases(
    Refused(
        says="16: no fee",
        duty="D33",
        article="jiangsu-2012 §16",
        body=asked_for(share_condition="每条收费使用"),
        field="share_condition",
        code="price-or-fee",
        elsewhere=None,
    ),
    LetIn(
        says="10: no class is asked for",
        article="jiangsu-2012 §10",
        body=without("classification"),
        elsewhere="baoji-2017",
    ),
    LetIn(
        says="10: nor what the guide asks",
        article="jiangsu-2012 §10",
        body=bare(),
        elsewhere="jiangsu-2017",
    ),
    Refused(
        says="10: the format",
        duty="D01",
        article="jiangsu-2012 §10",
        body=without("format"),
        field="format",
        code="missing",
        elsewhere=None,
    ),
    Refused(
        says="10: the update limit",
        duty="D01",
        article="jiangsu-2012 §10",
        body=without("update_cycle"),
        field="update_cycle",
        code="missing",
        elsewhere=None,
    ),
    Refused(
        says="10: the way of provision",
        duty="D01",
        article="jiangsu-2012 §10",
        body=without("share_methods"),
        field="share_methods",
        code="missing",
        elsewhere=None,
    ),
    LetIn(
        says="9: no type is named, no condition means none",
        duty="D05",
        article="jiangsu-2012 §9",
        body=without("share_type", "share_condition"),
        elsewhere="baoji-2017",
    ),
    Refused(
        says="9 and 10: nothing is not shared",
        duty="D05",
        article="jiangsu-2012 §9 §10",
        body=not_shared("law"),
        field="share_type",
        code="share-type-unknown",
        elsewhere="baoji-2017",
    ),
    LetIn(
        says="7: basic items may have conditions",
        article="jiangsu-2012 §7",
        body=basic("population"),
        elsewhere="jiangsu-2017",
    ),
    LetIn(
        says="7(1): taxes must be shared",
        article="jiangsu-2012 §7(1)",
        body=entry(must_share="tax"),
        elsewhere="baoji-2017",
    ),
    LetIn(
        says="7(2): joint approval too",
        article="jiangsu-2012 §7(2)",
        body=entry(must_share="joint-approval"),
        elsewhere="jiangsu-2017",
    ),
    Refused(
        says="18: privacy is asked for",
        duty="D07",
        article="jiangsu-2012 §18",
        body=with_phone("personal-privacy", "unconditional"),
        field="items.7.share_type",
        code="sensitive-unconditional",
        elsewhere="jiangsu-2017",
    ),
    Refused(
        says="18: commercial secrets too",
        duty="D07",
        article="jiangsu-2012 §18",
        body=with_phone("commercial-secret", "unconditional"),
        field="items.7.share_type",
        code="sensitive-unconditional",
        elsewhere="jiangsu-2017",
    ),
    LetIn(
        says="18: work secrets are not named",
        article="jiangsu-2012 §18",
        body=with_phone("work-secret", "unconditional"),
        elsewhere="baoji-2017",
    ),
)


@pytest.mark.parametrize("case", CASES)
async def test_jiangsu_2012_does_with_an_entry_what_its_articles_say(
    world_of: MakeWorld, case: Case
) -> None:
    await holds(world_of, RULEBOOK, case)
