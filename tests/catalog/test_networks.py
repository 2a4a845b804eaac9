"""What may lie on the outer network is the rulebook's to say."""

from dataclasses import replace

import pytest

from services.catalog.entry import Entry, Surroundings
from shared.events.catalog import Grade, Secrecy, ShareType
from shared.rulebooks.vocabulary import Network
from tests.catalog.entries import B17, J12, J17, LEGAL, NOT_SHARED, PHONE, Y16, found, with_item
from tests.catalog.test_secrecy_review import private
from tests.catalog.world import MakeWorld, refused, told

OUTER = Surroundings(network=Network.OUTER)
CONDITIONAL = replace(
    LEGAL, share_type=ShareType.CONDITIONAL, share_condition="用于执法", grade=Grade.SENSITIVE
)


def off(entry: Entry, rulebook: str) -> list[tuple[str, str | None]]:
    """What may not lie on the outer network: fields and articles."""
    problems = found(entry, rulebook, around=OUTER)
    return [(field, article) for field, code, article in problems if code == "network-not-allowed"]


@pytest.mark.duty("D31", "baoji-2017 §15(4)")
@pytest.mark.parametrize(
    "secrecy", [Secrecy.PRIVACY, Secrecy.COMMERCIAL, Secrecy.WORK, Secrecy.STATE]
)
def test_in_baoji_neither_secrets_nor_privacy_are_shared_on_the_outer_network(
    secrecy: Secrecy,
) -> None:
    entry = with_item(CONDITIONAL, replace(PHONE, secrecy=secrecy))
    assert off(entry, B17) == [("items.7.secrecy", "baoji-2017 §15(4)")]
    assert "network-not-allowed" not in [code for _, code, _ in found(entry, B17)]


@pytest.mark.duty("D31", "jiangsu-2017 §12", "jiangsu-2017 §21")
def test_in_jiangsu_only_state_secrets_are_kept_off_the_outer_network() -> None:
    assert off(with_item(CONDITIONAL, PHONE), J17) == []
    secret = with_item(CONDITIONAL, replace(PHONE, secrecy=Secrecy.STATE))
    assert off(secret, J17) == [("items.7.secrecy", "jiangsu-2017 §12 §21")]
    assert off(secret, J12) == [("items.7.secrecy", "jiangsu-2012 §18")]
    assert off(secret, Y16) == [("items.7.secrecy", "jiangsu-2012 §18")]


@pytest.mark.duty("D31", "baoji-2017 §15(4)")
def test_what_is_not_shared_may_be_named_on_the_outer_network_but_no_state_secret() -> None:
    assert off(NOT_SHARED, B17) == []
    secret = replace(NOT_SHARED, secrecy=Secrecy.STATE)
    assert off(secret, B17) == [("secrecy", "baoji-2017 §15(4)")]


@pytest.mark.duty("D31", "baoji-2017 §15(4)")
async def test_the_same_entry_is_let_in_on_the_inner_network_and_refused_on_the_outer(
    world_of: MakeWorld,
) -> None:
    inner = await world_of("baoji-2017", network="inner")
    told(await inner.submit(await inner.draft(private())), 200)
    outer = await world_of("baoji-2017", network="outer")
    problem = refused(await outer.submit(await outer.draft(private())), 409, "entry-refused")
    assert [e["code"] for e in problem["errors"]] == ["network-not-allowed"]
