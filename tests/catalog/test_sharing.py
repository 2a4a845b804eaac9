"""Basic items, secrets and fees: what each rulebook says about sharing them."""

from dataclasses import replace

import pytest

from services.catalog import rules
from services.catalog.classification import Attribute, Classification, Topic
from services.catalog.formats import Format, FormatClass
from services.catalog.items import Item, Openness
from services.catalog.rules import RulingMissing
from shared.events.catalog import Grade, ItemType, Secrecy, ShareMethod, ShareType
from shared.rulebooks.vocabulary import BasicCategory
from tests.catalog.entries import (
    ALL,
    B17,
    BARE,
    J12,
    J17,
    LEGAL,
    NOT_SHARED,
    PHONE,
    Y16,
    book,
    found,
    with_item,
)


@pytest.mark.duty("D06", "jiangsu-2017 §11(2)", "baoji-2017 §15(2)", "yixing-2016 §8")
@pytest.mark.parametrize(
    ("topic", "refused_under"),
    [
        (Topic.POPULATION, {J17, B17}),
        (Topic.LEGAL_ENTITY, {J17, B17, Y16}),
        (Topic.GEOGRAPHY, {J17, B17}),
        (Topic.CERTIFICATE, {J17, B17}),
        (Topic.CREDIT, {J17}),
    ],
)
@pytest.mark.parametrize("rulebook", ALL)
def test_basic_items_are_unconditional(
    rulebook: str, topic: Topic, refused_under: set[str]
) -> None:
    item = Item(code="name", name="名称", type=ItemType.CHARACTER, length=60, basic=True)
    entry = replace(
        LEGAL,
        classification=Classification(attribute=Attribute.BASE, topic=topic),
        share_type=ShareType.CONDITIONAL,
        share_condition="履行职责需要",
        items=(item, replace(item, code="note", name="备注", basic=False)),
    )
    article = book(rulebook).basic_information.article
    expected = [("items.0.share_type", "basic-not-unconditional", article)]
    assert found(entry, rulebook) == (expected if rulebook in refused_under else [])
    freed = replace(item, share_type=ShareType.UNCONDITIONAL)
    assert found(replace(entry, items=(freed, entry.items[1])), rulebook) == []


@pytest.mark.duty("D06", "yixing-2016 §8")
@pytest.mark.parametrize(
    "category", [BasicCategory.ENFORCEMENT_RESULTS, BasicCategory.PUBLIC_FACILITIES]
)
def test_yixing_wants_enforcement_results_and_public_facilities_unconditional(
    category: BasicCategory,
) -> None:
    entry = replace(
        BARE,
        basic_category=category,
        share_type=ShareType.CONDITIONAL,
        share_condition="履行职责需要",
    )
    assert found(entry, Y16) == [("share_type", "basic-not-unconditional", "yixing-2016 §8")]
    assert found(entry, J12) == []
    freed = replace(entry, share_type=ShareType.UNCONDITIONAL, share_condition=None)
    assert found(freed, Y16) == []


@pytest.mark.duty(
    "D07", "jiangsu-2012 §18", "yixing-2016 §9", "baoji-2017 §15(4)", "jiangsu-2017 §4(1)"
)
@pytest.mark.parametrize(
    ("secrecy", "never_under"),
    [
        (Secrecy.STATE, {J12, J17, Y16, B17}),
        (Secrecy.WORK, {B17}),
        (Secrecy.COMMERCIAL, {J12, Y16, B17}),
        (Secrecy.PRIVACY, {J12, Y16, B17}),
        (Secrecy.ENFORCEMENT, {Y16}),
    ],
)
@pytest.mark.parametrize("rulebook", ALL)
def test_what_is_secret_or_private_is_never_unconditional(
    rulebook: str, secrecy: Secrecy, never_under: set[str]
) -> None:
    secret = replace(PHONE, secrecy=secrecy)
    as_item = with_item(replace(LEGAL, grade=Grade.SENSITIVE), secret)
    as_a_whole = replace(LEGAL, grade=Grade.SENSITIVE, secrecy=secrecy)
    article = book(rulebook).never_unconditional.article
    for entry, field in ((as_item, "items.7.share_type"), (as_a_whole, "share_type")):
        refusal = (field, "sensitive-unconditional", article)
        assert (refusal in found(entry, rulebook)) is (rulebook in never_under)


@pytest.mark.duty("D07", "yixing-2016 §12")
@pytest.mark.parametrize("rulebook", ALL)
def test_state_secrets_stay_out_of_the_catalogue_of_yixing(rulebook: str) -> None:
    entry = replace(
        NOT_SHARED,
        share_type=ShareType.CONDITIONAL,
        share_condition="经批准",
        secrecy=Secrecy.STATE,
        items=(),
        format=Format(FormatClass.DOCUMENT, "ofd"),
        share_methods=(ShareMethod.FILE,),
    )
    excluded = ("secrecy", "secret-excluded", "yixing-2016 §12")
    assert (excluded in found(entry, rulebook)) is (rulebook == Y16)


@pytest.mark.duty("D07", "baoji-2017 §15(2)", "baoji-2017 §15(4)")
def test_where_two_articles_pull_apart_the_secret_wins_and_a_ruling_is_needed() -> None:
    basic = replace(PHONE, basic=True, share_type=ShareType.CONDITIONAL)
    entry = with_item(
        replace(
            LEGAL,
            grade=Grade.SENSITIVE,
            share_type=ShareType.CONDITIONAL,
            share_condition="履行职责需要",
            items=tuple(replace(i, share_type=ShareType.UNCONDITIONAL) for i in LEGAL.items),
        ),
        basic,
    )
    assert found(entry, B17) == []
    with pytest.raises(RulingMissing) as refusal:
        rules.check_ruling(entry, book(B17), " ")
    assert refusal.value.article == "baoji-2017 §15(2); baoji-2017 §15(4)"
    rules.check_ruling(entry, book(B17), "联系电话仅限登记机关之间使用")
    # Neither where the texts do not pull apart, nor where nothing is secret.
    rules.check_ruling(entry, book(J12), None)
    rules.check_ruling(entry, book(J17), None)
    rules.check_ruling(LEGAL, book(B17), None)


@pytest.mark.duty("D37", "baoji-2017 §20")
@pytest.mark.parametrize("rulebook", ALL)
def test_a_resource_with_secret_items_is_graded_sensitive(rulebook: str) -> None:
    entry = with_item(
        replace(LEGAL, share_type=ShareType.CONDITIONAL, share_condition="履行职责需要"),
        replace(PHONE, share_type=ShareType.CONDITIONAL),
    )
    fields = {(field, code) for field, code, _ in found(entry, rulebook)}
    assert ("grade", "contradiction") in fields
    graded = found(replace(entry, grade=Grade.SENSITIVE), rulebook)
    assert ("grade", "contradiction") not in {(field, code) for field, code, _ in graded}


@pytest.mark.duty(
    "D33", "jiangsu-2012 §16", "jiangsu-2017 §4(2)", "yixing-2016 §3", "baoji-2017 §4(2)"
)
@pytest.mark.parametrize("rulebook", ALL)
@pytest.mark.parametrize("condition", ["按次收费，每条0.5元", "有偿使用", "缴纳查询费后提供"])
def test_a_price_or_a_fee_is_no_condition(rulebook: str, condition: str) -> None:
    entry = replace(BARE, share_type=ShareType.CONDITIONAL, share_condition=condition)
    refusal = ("share_condition", "price-or-fee", book(rulebook).free_of_charge.article)
    assert refusal in found(entry, rulebook)
    opened = replace(BARE, openness=Openness.CONDITIONAL, open_condition=condition)
    assert ("open_condition", "price-or-fee") in {(f, c) for f, c, _ in found(opened, rulebook)}
