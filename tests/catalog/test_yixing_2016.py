"""宜兴市政务信息资源共享管理办法, article by article, on the platform."""

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
from tests.catalog.world import MakeWorld, entry

RULEBOOK = "yixing-2016"

CASES = cases(
    Refused(
        says="3: no fee",
        duty="D33",
        article="yixing-2016 §3",
        body=asked_for(share_condition="每条收费使用"),
        field="share_condition",
        code="price-or-fee",
        elsewhere=None,
    ),
    LetIn(
        says="6: no class is asked for",
        article="yixing-2016 §6",
        body=without("classification"),
        elsewhere="baoji-2017",
    ),
    Refused(
        says="6: the format",
        duty="D01",
        article="yixing-2016 §6",
        body=without("format"),
        field="format",
        code="missing",
        elsewhere=None,
    ),
    Refused(
        says="6: the update limit",
        duty="D01",
        article="yixing-2016 §6",
        body=without("update_cycle"),
        field="update_cycle",
        code="missing",
        elsewhere=None,
    ),
    LetIn(
        says="7: unconditional",
        duty="D05",
        article="yixing-2016 §7",
        body=entry(),
    ),
    LetIn(
        says="7: conditional",
        duty="D05",
        article="yixing-2016 §7",
        body=asked_for(),
    ),
    Refused(
        says="7: nothing is not shared",
        duty="D05",
        article="yixing-2016 §7",
        body=not_shared("law"),
        field="share_type",
        code="share-type-unknown",
        elsewhere="baoji-2017",
    ),
    Refused(
        says="8: results of enforcement are unconditional",
        duty="D06",
        article="yixing-2016 §8",
        body=asked_for(basic_category="enforcement-results"),
        field="share_type",
        code="basic-not-unconditional",
        elsewhere="baoji-2017",
    ),
    LetIn(
        says="8: population is not an example",
        article="yixing-2016 §8",
        body=basic("population"),
        elsewhere="baoji-2017",
    ),
    Refused(
        says="9: what harms enforcement has conditions",
        duty="D07",
        article="yixing-2016 §9 §12",
        body=with_phone("harms-enforcement", "unconditional"),
        field="items.7.share_type",
        code="sensitive-unconditional",
        elsewhere="jiangsu-2012",
    ),
    Refused(
        says="12: no state secrets",
        duty="D07",
        article="yixing-2016 §12",
        body=with_phone("state-secret"),
        field="items.7.secrecy",
        code="secret-excluded",
        elsewhere="baoji-2017",
    ),
    LetIn(
        says="9: with conditions privacy is shared",
        article="yixing-2016 §9",
        body=with_phone("personal-privacy"),
    ),
)


@pytest.mark.parametrize("case", CASES)
async def test_yixing_2016_does_with_an_entry_what_its_articles_say(
    world_of: MakeWorld, case: Case
) -> None:
    await holds(world_of, RULEBOOK, case)
