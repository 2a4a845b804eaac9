"""What each rulebook demands of an entry: accepted, or refused with the field and the article."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import pytest

from services.catalog import rules, sharing
from services.catalog.classification import Attribute, Classification, Topic
from services.catalog.conditions import LegalBasis
from services.catalog.entry import Entry, Provider, Surroundings
from services.catalog.examples import DIVISIONS, LEGAL_ENTITIES
from services.catalog.formats import Format, FormatClass
from services.catalog.items import Item
from services.catalog.rules import EntryRefused
from services.catalog.schemas import EntryBody
from shared.events.catalog import ItemType, Secrecy, ShareMethod, ShareType
from shared.rulebooks.vocabulary import LegalBasis as BasisKind
from tests.catalog.entries import (
    ALL,
    ALONE,
    B17,
    BARE,
    J12,
    J17,
    LEGAL,
    NOT_SHARED,
    PHONE,
    PROVIDER,
    Y16,
    book,
    found,
    with_item,
)
from tests.catalog.world import CREDIT_CODE


@pytest.mark.duty("D01", "jiangsu-2012 §10", "jiangsu-2017 §8", "yixing-2016 §6", "baoji-2017 §9")
@pytest.mark.parametrize("rulebook", ALL)
@pytest.mark.parametrize("body", [LEGAL_ENTITIES, DIVISIONS], ids=["legal-entities", "divisions"])
def test_the_examples_of_the_documentation_are_accepted(rulebook: str, body: object) -> None:
    assert found(EntryBody.model_validate(body).entry(), rulebook) == []


@pytest.mark.duty("D01", "jiangsu-2012 §10", "jiangsu-2017 §8", "yixing-2016 §6", "baoji-2017 §8")
@pytest.mark.parametrize(
    ("rulebook", "demanded"),
    [
        (J12, ["format", "share_methods", "update_cycle"]),
        (Y16, ["format", "share_methods", "update_cycle"]),
        (
            J17,
            [
                "classification",
                "abstract",
                "format",
                "items",
                "share_type",
                "share_methods",
                "openness",
                "update_cycle",
            ],
        ),
        (
            B17,
            [
                "classification",
                "abstract",
                "format",
                "items",
                "share_type",
                "share_methods",
                "openness",
                "update_cycle",
            ],
        ),
    ],
)
def test_an_entry_that_is_only_a_name_is_told_all_that_the_rulebook_demands(
    rulebook: str, demanded: Sequence[str]
) -> None:
    problems = found(Entry(name="公共停车场名录"), rulebook)
    assert [field for field, code, _ in problems if code == "missing"] == demanded
    assert {code for _, code, _ in problems} == {"missing"}
    assert all(article and article.startswith(rulebook) for _, _, article in problems)


@pytest.mark.duty("D01", "jiangsu-2012 §10", "yixing-2016 §6", "baoji-2017 §6", "baoji-2017 §9")
def test_the_same_entry_is_accepted_where_no_guide_is_named_and_refused_where_one_is() -> None:
    assert found(BARE, J12) == found(BARE, Y16) == []
    articles = {field: article for field, _, article in found(BARE, B17)}
    assert articles == {
        "classification": "baoji-2017 §8",
        "abstract": "baoji-2017 §6 §9",
        "items": "baoji-2017 §8",
        "openness": "baoji-2017 §8",
    }
    with pytest.raises(EntryRefused) as refusal:
        rules.check(BARE, PROVIDER, book(J17), ALONE)
    assert {error.field for error in refusal.value.errors} == set(articles)


@pytest.mark.duty("D05", "jiangsu-2017 §11(1)", "baoji-2017 §15(1)", "yixing-2016 §7")
@pytest.mark.parametrize(
    ("rulebook", "article"),
    [(J12, "jiangsu-2012 §9 §10"), (J17, None), (Y16, "yixing-2016 §7"), (B17, None)],
)
def test_not_shared_with_a_basis_is_accepted_where_the_type_exists(
    rulebook: str, article: str | None
) -> None:
    expected = [("share_type", "share-type-unknown", article)] if article else []
    assert found(NOT_SHARED, rulebook) == expected


@pytest.mark.duty("D05", "jiangsu-2017 §11(1)", "baoji-2017 §15(1)")
@pytest.mark.parametrize("rulebook", [J17, B17])
@pytest.mark.parametrize("kind", list(BasisKind))
def test_not_shared_rests_on_law_regulation_or_central_policy(
    rulebook: str, kind: BasisKind
) -> None:
    problems = found(replace(NOT_SHARED, legal_basis=LegalBasis(kind, "第三条")), rulebook)
    article = book(rulebook).not_shared_basis.article
    if kind in (BasisKind.LAW, BasisKind.ADMINISTRATIVE_REGULATION, BasisKind.CENTRAL_POLICY):
        assert problems == []
    else:
        assert problems == [("legal_basis.kind", "basis-insufficient", article)]


@pytest.mark.duty("D05", "jiangsu-2017 §11(1)", "baoji-2017 §15(1)")
@pytest.mark.parametrize("rulebook", [J17, B17])
@pytest.mark.parametrize("basis", [None, LegalBasis(BasisKind.LAW, "  ")])
def test_not_shared_without_a_basis_is_refused(rulebook: str, basis: LegalBasis | None) -> None:
    article = book(rulebook).not_shared_basis.article
    problems = found(replace(NOT_SHARED, legal_basis=basis), rulebook)
    assert problems == [("legal_basis", "missing", article)]
    one_item = with_item(
        replace(LEGAL, share_type=ShareType.CONDITIONAL, share_condition="履行登记职责"),
        replace(PHONE, secrecy=Secrecy.NONE, share_type=ShareType.NOT_SHARED),
    )
    basic = replace(one_item, items=tuple(replace(i, basic=False) for i in one_item.items))
    assert found(basic, rulebook) == [("legal_basis", "missing", article)]


@pytest.mark.duty("D05", "jiangsu-2012 §9")
def test_where_no_share_types_are_named_the_condition_says_which_it_is() -> None:
    silent = replace(BARE, share_type=None)
    assert found(silent, J12) == []
    assert ("share_type", "missing", "baoji-2017 §8") in found(silent, B17)
    assert sharing.share_type_of(silent, book(J12)) is ShareType.UNCONDITIONAL
    conditional = replace(silent, share_condition="用于税收征管")
    assert found(conditional, J12) == []
    assert sharing.share_type_of(conditional, book(J12)) is ShareType.CONDITIONAL
    assert sharing.share_type_of(silent, book(B17)) is None


@pytest.mark.duty("D05", "jiangsu-2017 §10", "yixing-2016 §9", "baoji-2017 §14")
@pytest.mark.parametrize("rulebook", ALL)
def test_type_and_condition_agree(rulebook: str) -> None:
    article = book(rulebook).share_types.article
    without = replace(BARE, share_type=ShareType.CONDITIONAL, share_condition="无")
    assert ("share_condition", "missing", article) in found(without, rulebook)
    idle = replace(BARE, share_condition="仅限公安机关")
    assert ("share_condition", "contradiction", article) in found(idle, rulebook)


@pytest.mark.parametrize("rulebook", ALL)
@pytest.mark.parametrize(
    ("entry", "field", "code"),
    [
        (replace(LEGAL, name="企业信用信息公示系统"), "name", "name-of-a-system"),
        (replace(LEGAL, name="基本信息"), "name", "name-says-nothing"),
        (replace(LEGAL, name="企业登\ufffd信息"), "name", "damaged-text"),
        (replace(LEGAL, abstract="摘" * 257), "abstract", "too-long"),
        (replace(LEGAL, abstract="摘\ufffd要"), "abstract", "damaged-text"),
        (
            replace(LEGAL, format=Format(FormatClass.DATABASE, "xlsx")),
            "format.type",
            "format-unknown",
        ),
        (replace(LEGAL, share_methods=(ShareMethod.FILE,)), "share_methods", "contradiction"),
        (replace(LEGAL, items=()), "items", "missing"),
        (
            with_item(LEGAL, replace(LEGAL.items[1], code="uscc", name="别名")),
            "items.7.code",
            "repeated",
        ),
        (
            with_item(LEGAL, replace(LEGAL.items[1], code="n2", name="企业 名称")),
            "items.7.name",
            "repeated",
        ),
        (
            replace(
                LEGAL,
                classification=Classification(attribute=Attribute.THEME, topic=Topic.POPULATION),
            ),
            "classification",
            "contradiction",
        ),
    ],
)
def test_the_mistakes_that_compilers_really_make_are_caught_under_every_rulebook(
    rulebook: str, entry: Entry, field: str, code: str
) -> None:
    problems = found(entry, rulebook)
    assert [problem[:2] for problem in problems] == [(field, code)]
    assert problems[0][2] is not None
    assert problems[0][2].startswith(rulebook)


@pytest.mark.parametrize("rulebook", ALL)
def test_what_stands_around_an_entry_is_looked_at(rulebook: str) -> None:
    unknown = UUID(int=1)
    entry = replace(LEGAL, related=(UUID(int=2), unknown))
    around = Surroundings(namesake=True, unknown_related=frozenset({unknown}))
    damaged = Provider(PROVIDER.name, CREDIT_CODE[:-1] + "3")
    assert [problem[:2] for problem in found(entry, rulebook, damaged, around)] == [
        ("name", "name-taken"),
        ("provider", "credit-code-invalid"),
        ("related.1", "related-unknown"),
    ]


def test_no_refusal_repeats_what_was_entered() -> None:
    secret = "身份证号110101199003070011"
    entry = Entry(
        name=secret + "系统",
        abstract=secret * 30,
        share_type=ShareType.UNCONDITIONAL,
        share_condition=secret,
        items=(Item(code=secret, name=secret, type=ItemType.MEMO, length=5),) * 2,
    )
    problems = rules.problems(entry, PROVIDER, book(B17), ALONE)
    assert len(problems) > 5
    assert secret[:6] not in str(problems)
