"""What the four texts say about the catalogue, collection and sensitive data."""

import pytest

from shared.rulebooks.values import CatalogueMaintenance, CatalogueRefresh
from shared.rulebooks.vocabulary import (
    BaseCatalogue,
    BasicCategory,
    CatalogueField,
    CatalogueKind,
    Change,
    CompilationMethod,
    Cycle,
    LegalBasis,
    MustShare,
    Network,
    Party,
    Sensitivity,
    ShareType,
    Theme,
)
from tests.rulebooks.books import book

F = CatalogueField
SECRETS = {Sensitivity.STATE_SECRET, Sensitivity.COMMERCIAL_SECRET, Sensitivity.PERSONAL_PRIVACY}
WITH_ATTRIBUTES = {
    F.CLASSIFICATION,
    F.RESPONSIBLE_PARTY,
    F.FORMAT,
    F.ATTRIBUTES,
    F.UPDATE_LIMIT,
    F.SHARE_TYPE,
    F.SHARE_METHOD,
    F.USE_REQUIREMENTS,
}
YIXING_FIELDS = {
    F.NAME,
    F.FORMAT,
    F.PROVISION_METHOD,
    F.SHARING_CONDITION,
    F.PROVIDER,
    F.UPDATE_LIMIT,
}


@pytest.mark.duty("D01", "jiangsu-2012 §10", "jiangsu-2017 §8", "yixing-2016 §6", "baoji-2017 §8")
@pytest.mark.parametrize(
    ("rulebook", "fields", "article"),
    [
        ("jiangsu-2012", YIXING_FIELDS | {F.PUBLICATION_DATE}, "jiangsu-2012 §10"),
        ("jiangsu-2017", WITH_ATTRIBUTES, "jiangsu-2017 §8"),
        ("yixing-2016", YIXING_FIELDS, "yixing-2016 §6"),
        ("baoji-2017", WITH_ATTRIBUTES, "baoji-2017 §8"),
    ],
)
def test_an_entry_must_state_the_fields_of_its_article(
    rulebook: str, fields: set[CatalogueField], article: str
) -> None:
    found = book(rulebook).catalogue_entry
    assert found.value.required == fields
    assert found.article == article


@pytest.mark.duty("D01", "jiangsu-2017 §8", "baoji-2017 §6", "baoji-2017 §9")
def test_only_the_texts_that_name_a_guide_demand_its_core_metadata() -> None:
    assert book("jiangsu-2017").catalogue_guide.value == "江苏省政务信息资源目录编制指南"
    assert book("baoji-2017").catalogue_guide.value == "政务信息资源目录编制指南（试行）"
    assert book("baoji-2017").catalogue_guide.article == "baoji-2017 §6 §9"
    assert book("jiangsu-2012").catalogue_guide.silent
    assert book("yixing-2016").catalogue_guide.silent


@pytest.mark.duty("D02", "jiangsu-2012 §9", "jiangsu-2017 §8", "yixing-2016 §10", "baoji-2017 §9")
@pytest.mark.parametrize("rulebook", ["jiangsu-2012", "jiangsu-2017", "yixing-2016", "baoji-2017"])
def test_departments_compile_and_the_authority_gathers(rulebook: str) -> None:
    found = book(rulebook).catalogue_compilation.value
    assert (found.compiled_by, found.gathered_by) == (Party.DEPARTMENT, Party.AUTHORITY)


@pytest.mark.duty("D03", "baoji-2017 §9")
def test_baoji_names_three_ways_to_compile() -> None:
    assert book("baoji-2017").compilation_methods.value == set(CompilationMethod)
    assert book("jiangsu-2017").compilation_methods.silent


@pytest.mark.duty("D04", "jiangsu-2012 §10", "jiangsu-2017 §9", "yixing-2016 §13", "baoji-2017 §10")
@pytest.mark.parametrize(
    ("rulebook", "after", "told", "in_writing", "days", "article"),
    [
        (
            "jiangsu-2012",
            {Change.SHARED_INFORMATION, Change.NEEDS},
            Party.AUTHORITY,
            False,
            None,
            "jiangsu-2012 §10",
        ),
        ("jiangsu-2017", {Change.LAW, Change.FUNCTIONS}, None, False, 15, "jiangsu-2017 §9"),
        (
            "yixing-2016",
            {Change.SHARED_INFORMATION, Change.NEEDS},
            Party.AUTHORITY,
            True,
            None,
            "yixing-2016 §13",
        ),
        (
            "baoji-2017",
            {Change.LAW, Change.FUNCTIONS},
            Party.AUTHORITY,
            True,
            15,
            "baoji-2017 §10",
        ),
    ],
)
def test_the_catalogue_is_refreshed_after_the_changes_that_the_text_names(
    rulebook: str,
    after: set[Change],
    told: Party | None,
    in_writing: bool,
    days: int | None,
    article: str,
) -> None:
    found = book(rulebook)
    assert found.catalogue_refresh.value == CatalogueRefresh(
        after=frozenset(after), told=told, in_writing=in_writing
    )
    assert found.catalogue_refresh.article == article
    if days is None:
        assert found.catalogue_refresh_limit.silent
    else:
        assert found.catalogue_refresh_limit.value == days
        assert found.catalogue_refresh_limit.article == article


@pytest.mark.duty("D04", "jiangsu-2012 §10", "baoji-2017 §10")
def test_the_catalogue_is_maintained_regularly_and_in_baoji_in_full_each_quarter() -> None:
    assert book("baoji-2017").catalogue_maintenance.value == CatalogueMaintenance(
        every=Cycle.QUARTERLY, by=Party.DEPARTMENT, full=True
    )
    for rulebook in ("jiangsu-2012", "yixing-2016"):
        found = book(rulebook).catalogue_maintenance
        assert found.value == CatalogueMaintenance(
            every=Cycle.REGULARLY, by=Party.AUTHORITY, full=False
        )
        assert found.article == "jiangsu-2012 §10"
    assert book("jiangsu-2017").catalogue_maintenance.silent


@pytest.mark.duty("D05", "jiangsu-2012 §9", "jiangsu-2017 §10", "yixing-2016 §7", "baoji-2017 §14")
@pytest.mark.parametrize(
    ("rulebook", "types", "stated", "article"),
    [
        (
            "jiangsu-2012",
            {ShareType.UNCONDITIONAL, ShareType.CONDITIONAL},
            False,
            "jiangsu-2012 §9 §10",
        ),
        ("jiangsu-2017", set(ShareType), True, "jiangsu-2017 §10"),
        (
            "yixing-2016",
            {ShareType.UNCONDITIONAL, ShareType.CONDITIONAL},
            True,
            "yixing-2016 §7",
        ),
        ("baoji-2017", set(ShareType), True, "baoji-2017 §14"),
    ],
)
def test_the_share_types_are_those_of_the_text_or_derived_from_the_condition(
    rulebook: str, types: set[ShareType], stated: bool, article: str
) -> None:
    found = book(rulebook).share_types
    assert found.value.types == types
    assert found.value.stated is stated
    assert found.article == article


@pytest.mark.duty("D05", "jiangsu-2017 §11(1)", "baoji-2017 §15(1)")
def test_not_shared_needs_law_administrative_regulation_or_central_policy() -> None:
    for rulebook in ("jiangsu-2017", "baoji-2017"):
        assert book(rulebook).not_shared_basis.value == {
            LegalBasis.LAW,
            LegalBasis.ADMINISTRATIVE_REGULATION,
            LegalBasis.CENTRAL_POLICY,
        }
    assert book("jiangsu-2017").not_shared_basis.article == "jiangsu-2017 §11(1)"
    assert book("baoji-2017").not_shared_basis.article == "baoji-2017 §15(1)"
    for rulebook in ("jiangsu-2012", "yixing-2016"):
        assert book(rulebook).not_shared_basis.silent
        assert ShareType.NOT_SHARED not in book(rulebook).share_types.value.types


@pytest.mark.duty("D06", "jiangsu-2017 §11", "yixing-2016 §8", "baoji-2017 §15")
def test_basic_information_is_unconditional_and_only_jiangsu_counts_credit_to_it() -> None:
    four = {
        BasicCategory.POPULATION,
        BasicCategory.LEGAL_ENTITIES,
        BasicCategory.GEOGRAPHY,
        BasicCategory.CERTIFICATES,
    }
    assert book("baoji-2017").basic_information.value.categories == four
    assert book("baoji-2017").basic_information.article == "baoji-2017 §15(2)"
    assert book("jiangsu-2017").basic_information.value.categories == four | {BasicCategory.CREDIT}
    assert book("jiangsu-2017").basic_information.value.basic_items_only
    yixing = book("yixing-2016").basic_information
    assert yixing.value.examples
    assert yixing.value.categories == {
        BasicCategory.LEGAL_ENTITY_BASICS,
        BasicCategory.ENFORCEMENT_RESULTS,
        BasicCategory.PUBLIC_FACILITIES,
    }
    assert book("jiangsu-2012").basic_information.silent


@pytest.mark.duty("D06", "jiangsu-2017 §11", "yixing-2016 §15", "baoji-2017 §15")
def test_lead_departments_keep_the_base_and_theme_catalogues() -> None:
    both = {BaseCatalogue.BASE, BaseCatalogue.THEME}
    assert book("jiangsu-2017").lead_departments.value == both
    assert book("baoji-2017").lead_departments.value == both
    assert book("yixing-2016").lead_departments.value == {
        BaseCatalogue.BASE,
        BaseCatalogue.COMPOSITE,
    }
    assert book("jiangsu-2012").lead_departments.silent


@pytest.mark.duty("D36", "jiangsu-2012 §7", "jiangsu-2017 §11(3)", "baoji-2017 §15(3)")
def test_must_share_categories_and_themes_are_those_of_the_text() -> None:
    jiangsu_2012 = book("jiangsu-2012").must_share.value
    assert jiangsu_2012.categories == set(MustShare) - {MustShare.THEMES}
    assert not jiangsu_2012.themes
    assert book("jiangsu-2017").must_share.value.themes == set(Theme)
    assert book("baoji-2017").must_share.value.themes == set(Theme) - {
        Theme.EMERGENCY,
        Theme.POVERTY_RELIEF,
        Theme.GOVERNMENT_SERVICES,
    }
    assert book("yixing-2016").must_share.article == (
        "jiangsu-2012 §7(1) §7(2) §7(3) §7(4)"  # fallen through
    )


@pytest.mark.duty("D07", "jiangsu-2012 §18", "yixing-2016 §9", "yixing-2016 §12")
@pytest.mark.duty("D07", "jiangsu-2017 §21", "baoji-2017 §15(4)")
@pytest.mark.parametrize(
    ("rulebook", "kinds", "article"),
    [
        ("jiangsu-2012", SECRETS, "jiangsu-2012 §18"),
        ("jiangsu-2017", {Sensitivity.STATE_SECRET}, "jiangsu-2017 §4(1)"),
        ("yixing-2016", SECRETS | {Sensitivity.HARMS_ENFORCEMENT}, "yixing-2016 §9 §12"),
        ("baoji-2017", SECRETS | {Sensitivity.WORK_SECRET}, "baoji-2017 §15(4)"),
    ],
)
def test_sensitive_data_is_never_unconditional(
    rulebook: str, kinds: set[Sensitivity], article: str
) -> None:
    found = book(rulebook)
    assert found.never_unconditional.value == kinds
    assert found.never_unconditional.article == article
    assert found.sensitive_kinds.value == kinds


@pytest.mark.duty("D07", "jiangsu-2012 §18", "jiangsu-2017 §12", "baoji-2017 §15(4)")
@pytest.mark.parametrize(
    ("rulebook", "kinds", "network", "article"),
    [
        ("jiangsu-2012", {Sensitivity.STATE_SECRET}, Network.CONFIDENTIAL, "jiangsu-2012 §18"),
        ("jiangsu-2017", {Sensitivity.STATE_SECRET}, Network.INNER, "jiangsu-2017 §12 §21"),
        ("yixing-2016", {Sensitivity.STATE_SECRET}, Network.CONFIDENTIAL, "jiangsu-2012 §18"),
        (
            "baoji-2017",
            SECRETS | {Sensitivity.WORK_SECRET},
            Network.INNER,
            "baoji-2017 §15(4)",
        ),
    ],
)
def test_sensitive_data_travels_over_the_network_that_the_text_names(
    rulebook: str, kinds: set[Sensitivity], network: Network, article: str
) -> None:
    found = book(rulebook).sensitive_network
    assert found.value.kinds == kinds
    assert found.value.network is network
    assert found.article == article


@pytest.mark.duty("D07", "jiangsu-2012 §18", "baoji-2017 §15(4)")
def test_sensitive_data_needs_the_providers_consent() -> None:
    assert book("baoji-2017").sensitive_consent.value == SECRETS | {Sensitivity.WORK_SECRET}
    assert book("jiangsu-2012").sensitive_consent.value == SECRETS
    assert book("yixing-2016").sensitive_consent.article == "jiangsu-2012 §18"
    assert book("jiangsu-2017").sensitive_consent.silent


@pytest.mark.duty("D38", "baoji-2017 §15(4)")
def test_only_baoji_asks_for_a_named_circle_of_knowledge() -> None:
    assert book("baoji-2017").circle_of_knowledge.value == SECRETS | {Sensitivity.WORK_SECRET}
    assert book("baoji-2017").circle_of_knowledge.article == "baoji-2017 §15(4)"
    for rulebook in ("jiangsu-2012", "jiangsu-2017", "yixing-2016"):
        assert book(rulebook).circle_of_knowledge.silent


@pytest.mark.duty("D07", "jiangsu-2012 §19", "yixing-2016 §12", "baoji-2017 §20")
def test_a_secrecy_review_is_asked_for_and_yixing_lets_no_state_secret_pass_it() -> None:
    yixing = book("yixing-2016").secrecy_review
    assert yixing.value.before_sharing
    assert yixing.value.by is Party.PROVIDER
    assert yixing.value.excluded == {Sensitivity.STATE_SECRET}
    assert yixing.article == "yixing-2016 §12"
    assert book("jiangsu-2012").secrecy_review.article == "jiangsu-2012 §19"
    assert book("baoji-2017").secrecy_review.article == "baoji-2017 §20"
    assert book("jiangsu-2017").secrecy_review.silent


@pytest.mark.duty("D07", "jiangsu-2017 §21", "baoji-2017 §20")
def test_provider_and_consumer_both_bear_the_duty_of_secrecy() -> None:
    for rulebook in ("jiangsu-2017", "baoji-2017"):
        assert book(rulebook).secrecy_duty.value == {Party.PROVIDER, Party.CONSUMER}


@pytest.mark.duty("D40", "jiangsu-2012 §19")
def test_competent_organs_decide_disputes_about_secrecy() -> None:
    for rulebook in ("jiangsu-2012", "yixing-2016"):
        found = book(rulebook).secrecy_disputes
        assert found.article == "jiangsu-2012 §19(2)"
        assert {(kind, d.decided_by) for d in found.value for kind in d.kinds} == {
            (Sensitivity.STATE_SECRET, "保密行政管理部门"),
            (Sensitivity.COMMERCIAL_SECRET, "有关国家机关"),
            (Sensitivity.PERSONAL_PRIVACY, "有关国家机关"),
        }


@pytest.mark.duty("D08", "jiangsu-2012 §11", "jiangsu-2017 §4(3)", "yixing-2016 §14")
@pytest.mark.duty("D08", "jiangsu-2012 §12", "jiangsu-2017 §16(2)", "baoji-2017 §4(3)")
def test_one_datum_has_one_source_and_is_not_collected_again() -> None:
    assert book("jiangsu-2017").one_source.article == "jiangsu-2017 §4(3)"
    assert book("baoji-2017").one_source.article == "baoji-2017 §4(3)"
    assert book("yixing-2016").one_source.article == "yixing-2016 §14"
    assert book("yixing-2016").lead_collector.article == "jiangsu-2012 §11"
    assert book("yixing-2016").collection_assigned_by.article == "jiangsu-2012 §12"
    assert book("jiangsu-2012").repeat_collection.value.except_under == {
        LegalBasis.LAW,
        LegalBasis.REGULATION,
        LegalBasis.RULE,
    }
    assert book("yixing-2016").repeat_collection.value.except_under == {
        LegalBasis.LAW,
        LegalBasis.REGULATION,
    }


@pytest.mark.duty("D44", "jiangsu-2017 §16(2)")
def test_citizens_and_firms_are_not_asked_again() -> None:
    found = book("jiangsu-2017").repeat_collection
    assert found.value.public_spared
    assert found.value.in_principle
    assert found.article == "jiangsu-2017 §16(2)"


@pytest.mark.duty("D19", "jiangsu-2012 §11", "yixing-2016 §17")
def test_an_inconsistency_is_cleared_by_the_lead_collector_or_in_yixing_together() -> None:
    assert book("jiangsu-2012").inconsistency.value.resolved_by == {Party.LEAD_COLLECTOR}
    assert book("yixing-2016").inconsistency.value.resolved_by == {
        Party.AUTHORITY,
        Party.PROVIDER,
    }


@pytest.mark.duty("D09", "jiangsu-2012 §9", "jiangsu-2017 §4(2)", "yixing-2016 §19")
@pytest.mark.duty("D09", "yixing-2016 §6", "baoji-2017 §4(2)")
def test_the_authority_coordinates_what_departments_need() -> None:
    assert book("jiangsu-2012").needs_coordinated_by.article == "jiangsu-2012 §9"
    assert book("yixing-2016").needs_coordinated_by.article == "yixing-2016 §6 §19"
    for rulebook in ("jiangsu-2012", "jiangsu-2017", "yixing-2016", "baoji-2017"):
        assert book(rulebook).needs_coordinated_by.value is Party.AUTHORITY


@pytest.mark.duty("D10", "jiangsu-2012 §9")
def test_the_sharing_catalogue_is_announced_where_jiangsu_2012_rules() -> None:
    for rulebook in ("jiangsu-2012", "yixing-2016"):
        assert book(rulebook).catalogue_announced.article == "jiangsu-2012 §9"
    for rulebook in ("jiangsu-2017", "baoji-2017"):
        assert book(rulebook).catalogue_announced.silent


@pytest.mark.duty("D34", "baoji-2017 §5", "baoji-2017 §23")
def test_baoji_keeps_two_catalogues_and_a_yearly_plan() -> None:
    assert book("baoji-2017").catalogues.value == set(CatalogueKind)
    assert book("baoji-2017").year_plan.article == "baoji-2017 §5 §23"
    assert book("jiangsu-2012").catalogues.value == {CatalogueKind.SHARING}
    assert book("yixing-2016").catalogues.value == {CatalogueKind.RESOURCES}
    assert book("yixing-2016").year_plan.silent


@pytest.mark.duty("D41", "jiangsu-2012 §20")
def test_a_guide_to_services_is_kept_where_jiangsu_2012_rules() -> None:
    assert book("jiangsu-2012").service_guide.article == "jiangsu-2012 §20"
    assert book("baoji-2017").service_guide.silent
