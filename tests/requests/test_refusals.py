"""What a refusal must say, under each rulebook."""

from datetime import date

import pytest

from services.requests.granting import Path, classes
from services.requests.refusals import (
    BasisMissing,
    GroundNotStatutory,
    ReasonsMissing,
    Refusal,
    refusal,
)
from shared.rulebooks import load
from shared.rulebooks.vocabulary import RefusalGround

TODAY = date(2026, 3, 2)
BOOKS = ["jiangsu-2012", "jiangsu-2017", "yixing-2016", "baoji-2017"]
PRIVACY, STATUTORY = RefusalGround.PERSONAL_PRIVACY, RefusalGround.STATUTORY


def refuse(
    rulebook: str,
    *,
    sensitive: bool = False,
    way: Path = Path.PROVIDER,
    reasons: str = "与所述职责无关",
    ground: RefusalGround | None = None,
    basis: str | None = None,
) -> Refusal:
    return refusal(
        load(rulebook, TODAY),
        classes(way, sensitive=sensitive),
        reasons=reasons,
        ground=ground,
        basis=basis,
    )


@pytest.mark.duty("D13", "jiangsu-2017 §16", "baoji-2017 §16")
@pytest.mark.parametrize("rulebook", ["jiangsu-2017", "baoji-2017"])
def test_with_reasons_any_refusal_stands_where_no_grounds_are_named(rulebook: str) -> None:
    found = refuse(rulebook)
    assert (found.reasons, found.ground, found.filed) == ("与所述职责无关", None, False)
    assert found.article == f"{rulebook} §16"
    with pytest.raises(ReasonsMissing) as refused:
        refuse(rulebook, reasons=" \n")
    assert refused.value.article == f"{rulebook} §16"


@pytest.mark.parametrize("way", [Path.PROVIDER, Path.NEGOTIATION])
@pytest.mark.parametrize("rulebook", BOOKS)
def test_reasons_are_demanded_everywhere(rulebook: str, way: Path) -> None:
    with pytest.raises(ReasonsMissing):
        refuse(rulebook, way=way, reasons="", ground=STATUTORY, basis="某法第一条")


@pytest.mark.duty("D13", "jiangsu-2012 §13")
@pytest.mark.parametrize(
    "ground",
    [RefusalGround.STATE_SECRET, RefusalGround.COMMERCIAL_SECRET, RefusalGround.PERSONAL_PRIVACY],
)
def test_under_jiangsu_2012_only_a_statutory_ground_refuses(ground: RefusalGround) -> None:
    assert refuse("jiangsu-2012", ground=ground).ground is ground
    with pytest.raises(GroundNotStatutory) as refused:
        refuse("jiangsu-2012")
    assert refused.value.article == "jiangsu-2012 §13"


@pytest.mark.duty("D13", "jiangsu-2012 §13", "yixing-2016 §18")
@pytest.mark.parametrize("rulebook", ["jiangsu-2012", "yixing-2016"])
def test_a_ground_of_some_statute_names_the_provision(rulebook: str) -> None:
    found = refuse(rulebook, ground=STATUTORY, basis=" 《统计法》第九条 ")
    assert found.basis == "《统计法》第九条"
    with pytest.raises(BasisMissing) as refused:
        refuse(rulebook, ground=STATUTORY, basis=" ")
    assert str(refused.value.article).startswith(rulebook)


@pytest.mark.duty("D13", "yixing-2016 §18")
def test_under_yixing_without_a_statutory_ground_nothing_refuses() -> None:
    with pytest.raises(GroundNotStatutory) as refused:
        refuse("yixing-2016")
    assert refused.value.article == "yixing-2016 §18"
    assert [error.field for error in refused.value.errors] == ["ground"]


@pytest.mark.duty("D13", "jiangsu-2012 §18")
@pytest.mark.parametrize(
    ("rulebook", "ground", "basis"),
    [("jiangsu-2012", PRIVACY, None), ("yixing-2016", STATUTORY, "《民法典》第一千零三十二条")],
)
def test_a_refusal_of_sensitive_data_goes_on_file_with_the_authority(
    rulebook: str, ground: RefusalGround, basis: str | None
) -> None:
    found = refuse(rulebook, sensitive=True, ground=ground, basis=basis)
    assert found.filed
    assert "jiangsu-2012 §18" in str(found.article)
    assert not refuse(rulebook, sensitive=False, ground=ground, basis=basis).filed


def test_a_ground_may_be_named_where_none_is_demanded() -> None:
    assert refuse("baoji-2017", ground=PRIVACY).ground is PRIVACY
    with pytest.raises(BasisMissing):
        refuse("baoji-2017", ground=STATUTORY)
