"""What the four texts say about asking, answering, using and providing."""

import pytest

from shared.rulebooks.duties import ForbiddenUse, ProvisionMethod, Quality, Standard
from shared.rulebooks.values import (
    ConfidentialityAgreement,
    DisputePath,
    Migration,
    OffPlatform,
    PassingOnRule,
    Publication,
    RefusalForm,
)
from shared.rulebooks.vocabulary import (
    Cycle,
    DisputeStep,
    Level,
    Negotiable,
    Network,
    Party,
    PassingOn,
    RefreshDuty,
    RefusalGround,
    RequestClass,
    Sensitivity,
    Statement,
    Terms,
)
from tests.rulebooks.books import IDS, book


@pytest.mark.duty("D11", "jiangsu-2017 §16", "baoji-2017 §16")
def test_unconditional_resources_are_obtained_directly() -> None:
    assert book("jiangsu-2017").unconditional_direct.article == "jiangsu-2017 §16"
    assert book("baoji-2017").unconditional_direct.article == "baoji-2017 §16"
    assert book("yixing-2016").unconditional_direct.article == "yixing-2016 §8"
    assert book("jiangsu-2012").unconditional_direct.silent


@pytest.mark.duty("D12", "jiangsu-2017 §15", "jiangsu-2017 §16", "baoji-2017 §16")
def test_a_request_states_duty_and_purpose_and_the_provider_fixes_scope_and_use() -> None:
    for rulebook in ("jiangsu-2017", "baoji-2017"):
        found = book(rulebook).application.value
        assert found.states >= {Statement.DUTY, Statement.PURPOSE}
        assert found.provider_fixes >= {Terms.SCOPE, Terms.USE}
    assert book("jiangsu-2012").application.value.states == {Statement.DUTY, Statement.NEED}


@pytest.mark.duty("D12", "jiangsu-2012 §18", "jiangsu-2017 §16", "baoji-2017 §16")
@pytest.mark.parametrize(
    ("rulebook", "days", "applies_to", "article"),
    [
        ("jiangsu-2012", 15, RequestClass.SENSITIVE, "jiangsu-2012 §18"),
        ("jiangsu-2017", 10, RequestClass.CONDITIONAL, "jiangsu-2017 §16"),
        ("yixing-2016", 15, RequestClass.SENSITIVE, "jiangsu-2012 §18"),
        ("baoji-2017", 10, RequestClass.CONDITIONAL, "baoji-2017 §16"),
    ],
)
def test_the_provider_answers_within_the_limit_of_the_text(
    rulebook: str, days: int, applies_to: RequestClass, article: str
) -> None:
    found = book(rulebook).provider_answer
    assert found.value.working_days == days
    assert found.value.applies_to is applies_to
    assert found.article == article


@pytest.mark.duty("D13", "jiangsu-2012 §13", "yixing-2016 §18")
def test_a_refusal_stands_on_statutory_grounds_where_the_text_says_so() -> None:
    assert book("jiangsu-2012").refusal_grounds.value == set(RefusalGround)
    assert book("jiangsu-2012").refusal_grounds.article == "jiangsu-2012 §13"
    assert book("yixing-2016").refusal_grounds.value == {RefusalGround.STATUTORY}
    assert book("yixing-2016").refusal_grounds.article == "yixing-2016 §18"
    assert book("jiangsu-2017").refusal_grounds.silent
    assert book("baoji-2017").refusal_grounds.silent


@pytest.mark.duty("D13", "jiangsu-2012 §18", "jiangsu-2017 §16", "baoji-2017 §16")
@pytest.mark.parametrize(
    ("rulebook", "applies_to", "formal", "article"),
    [
        ("jiangsu-2012", RequestClass.SENSITIVE, True, "jiangsu-2012 §18"),
        ("jiangsu-2017", RequestClass.CONDITIONAL, False, "jiangsu-2017 §16"),
        ("yixing-2016", RequestClass.SENSITIVE, True, "jiangsu-2012 §18"),
        ("baoji-2017", RequestClass.CONDITIONAL, False, "baoji-2017 §16"),
    ],
)
def test_a_refusal_carries_reasons_and_under_jiangsu_2012_is_written_and_filed(
    rulebook: str, applies_to: RequestClass, formal: bool, article: str
) -> None:
    found = book(rulebook).refusal_form
    assert found.value == RefusalForm(
        applies_to=applies_to, reasons=True, in_writing=formal, filed_with_authority=formal
    )
    assert found.article == article


@pytest.mark.duty("D14", "jiangsu-2012 §13", "jiangsu-2017 §16", "yixing-2016 §19")
@pytest.mark.duty("D14", "baoji-2017 §16")
@pytest.mark.parametrize(
    ("rulebook", "path", "article"),
    [
        (
            "jiangsu-2012",
            DisputePath(
                steps=(
                    DisputeStep.NEGOTIATION,
                    DisputeStep.REPORT_TO_GOVERNMENT,
                    DisputeStep.GOVERNMENT_DECISION,
                ),
                direct=False,
            ),
            "jiangsu-2012 §13",
        ),
        (
            "jiangsu-2017",
            DisputePath(
                steps=(DisputeStep.NEGOTIATION, DisputeStep.AUTHORITY_COORDINATION),
                provincial=(DisputeStep.NEGOTIATION, DisputeStep.LEADING_GROUP_COORDINATION),
                direct=False,
            ),
            "jiangsu-2017 §16",
        ),
        (
            "yixing-2016",
            DisputePath(
                steps=(DisputeStep.NEGOTIATION, DisputeStep.AUTHORITY_COORDINATION), direct=True
            ),
            "yixing-2016 §19",
        ),
        (
            "baoji-2017",
            DisputePath(
                steps=(DisputeStep.NEGOTIATION, DisputeStep.AUTHORITY_COORDINATION), direct=False
            ),
            "baoji-2017 §16",
        ),
    ],
)
def test_a_dispute_goes_along_the_path_of_the_text(
    rulebook: str, path: DisputePath, article: str
) -> None:
    assert book(rulebook).dispute_path.value == path
    assert book(rulebook).dispute_path.article == article


@pytest.mark.duty("D35", "jiangsu-2012 §13", "jiangsu-2017 §16", "baoji-2017 §16")
def test_what_is_not_shared_or_outside_the_catalogue_can_be_negotiated() -> None:
    assert book("jiangsu-2012").negotiable.value == {Negotiable.OUTSIDE_CATALOGUE}
    for rulebook in ("jiangsu-2017", "baoji-2017"):
        assert book(rulebook).negotiable.value == {Negotiable.NOT_SHARED, Negotiable.REFUSED}
    assert book("yixing-2016").negotiable.value == {Negotiable.ANY}


@pytest.mark.duty("D15", "jiangsu-2012 §19", "yixing-2016 §21")
def test_two_or_three_parties_sign_a_confidentiality_agreement() -> None:
    jiangsu = book("jiangsu-2012").confidentiality_agreement
    assert jiangsu.value == ConfidentialityAgreement(
        parties=frozenset({Party.PROVIDER, Party.CONSUMER}),
        applies_to=RequestClass.SENSITIVE,
        kinds=frozenset(
            {
                Sensitivity.STATE_SECRET,
                Sensitivity.COMMERCIAL_SECRET,
                Sensitivity.PERSONAL_PRIVACY,
            }
        ),
    )
    assert jiangsu.article == "jiangsu-2012 §19"
    yixing = book("yixing-2016").confidentiality_agreement
    assert yixing.value == ConfidentialityAgreement(
        parties=frozenset({Party.AUTHORITY, Party.PROVIDER, Party.CONSUMER}),
        led_by=Party.AUTHORITY,
        applies_to=RequestClass.CONDITIONAL,
        kinds=frozenset(),
    )
    assert yixing.article == "yixing-2016 §21"
    assert book("jiangsu-2017").confidentiality_agreement.silent
    assert book("baoji-2017").confidentiality_agreement.silent


@pytest.mark.duty("D16", "jiangsu-2012 §17", "jiangsu-2017 §17", "yixing-2016 §20")
@pytest.mark.duty("D16", "baoji-2017 §18")
@pytest.mark.parametrize(
    ("rulebook", "rule", "altered", "article"),
    [
        ("jiangsu-2012", PassingOn.OWN_DUTIES_ONLY, False, "jiangsu-2012 §17"),
        ("jiangsu-2017", PassingOn.NEVER, True, "jiangsu-2017 §17"),
        ("yixing-2016", PassingOn.WITH_CONSENT, False, "yixing-2016 §20"),
        ("baoji-2017", PassingOn.NEVER, True, "baoji-2017 §18"),
    ],
)
def test_what_was_obtained_goes_to_a_third_party_only_as_the_text_allows(
    rulebook: str, rule: PassingOn, altered: bool, article: str
) -> None:
    found = book(rulebook).passing_on
    assert found.value == PassingOnRule(rule=rule, altered_form=altered)
    assert found.article == article
    assert book(rulebook).purpose_binding.article == article


@pytest.mark.duty("D16", "jiangsu-2012 §17", "jiangsu-2017 §17", "yixing-2016 §20")
def test_use_is_bound_to_ones_own_duties_and_in_the_later_texts_to_the_purpose() -> None:
    assert not book("jiangsu-2012").purpose_binding.value.granted_purpose
    assert book("jiangsu-2017").purpose_binding.value.granted_purpose
    assert book("baoji-2017").purpose_binding.value.granted_purpose
    assert ForbiddenUse.PAID_SERVICE in book("yixing-2016").purpose_binding.value.forbidden


@pytest.mark.duty("D16", "jiangsu-2012 §17", "yixing-2016 §20")
def test_publication_needs_the_providers_consent() -> None:
    assert book("jiangsu-2012").publication.value == Publication(
        consent_of=Party.PROVIDER, open_information=True, source_named=True
    )
    assert book("yixing-2016").publication.value == Publication(
        consent_of=Party.PROVIDER, open_information=False, source_named=False
    )
    assert book("baoji-2017").publication.silent


@pytest.mark.duty("D33", "jiangsu-2012 §16", "jiangsu-2017 §4(2)", "yixing-2016 §3")
@pytest.mark.duty("D33", "baoji-2017 §4(2)")
def test_sharing_is_free_of_charge_everywhere() -> None:
    assert [book(rulebook).free_of_charge.article for rulebook in IDS] == [
        "jiangsu-2012 §16",
        "jiangsu-2017 §4(2)",
        "yixing-2016 §3",
        "baoji-2017 §4(2)",
    ]


@pytest.mark.duty("D20", "jiangsu-2017 §18", "baoji-2017 §19")
def test_the_provider_verifies_doubtful_data_and_holders_of_proof_are_served() -> None:
    for rulebook in ("jiangsu-2017", "baoji-2017"):
        assert book(rulebook).doubtful_data.value.verified_by is Party.PROVIDER
        assert book(rulebook).doubtful_data.value.served_meanwhile
    assert book("yixing-2016").doubtful_data.silent


@pytest.mark.duty("D17", "jiangsu-2012 §15", "jiangsu-2017 §15", "yixing-2016 §22")
@pytest.mark.duty("D17", "baoji-2017 §16")
def test_data_is_provided_in_the_ways_that_the_text_names() -> None:
    all_four = set(ProvisionMethod) - {ProvisionMethod.EXCHANGE_NODE}
    assert book("jiangsu-2017").provision_methods.value == all_four
    assert book("baoji-2017").provision_methods.value == all_four
    assert book("yixing-2016").provision_methods.value == {ProvisionMethod.FRONT_END_MACHINE}
    assert book("yixing-2016").real_time_connection.article == "yixing-2016 §22"
    assert ProvisionMethod.SYSTEM_INTERFACE in book("jiangsu-2012").provision_methods.value


@pytest.mark.duty("D18", "jiangsu-2012 §15", "jiangsu-2017 §17", "yixing-2016 §17")
@pytest.mark.duty("D18", "baoji-2017 §11")
@pytest.mark.parametrize(
    ("rulebook", "duty", "article", "days", "limit_article"),
    [
        ("jiangsu-2012", RefreshDuty.DYNAMIC, "jiangsu-2012 §15", 20, "jiangsu-2012 §15"),
        ("jiangsu-2017", RefreshDuty.TIMELY, "jiangsu-2017 §17", None, None),
        ("yixing-2016", RefreshDuty.TIMELY, "yixing-2016 §11 §17", 20, "jiangsu-2012 §15"),
        ("baoji-2017", RefreshDuty.AS_CATALOGUED, "baoji-2017 §11", None, None),
    ],
)
def test_data_is_refreshed_as_the_text_says_and_within_its_limit_if_it_has_one(
    rulebook: str, duty: RefreshDuty, article: str, days: int | None, limit_article: str | None
) -> None:
    found = book(rulebook)
    assert found.data_refresh.value is duty
    assert found.data_refresh.article == article
    assert found.data_refresh_limit.stated == days
    assert found.data_refresh_limit.article == limit_article


@pytest.mark.duty("D18", "jiangsu-2012 §12", "jiangsu-2017 §17", "baoji-2017 §17")
def test_shared_data_is_the_same_as_the_departments_own_where_the_text_says_so() -> None:
    assert Quality.SAME_AS_OWN in book("jiangsu-2017").data_quality.value
    assert Quality.SAME_AS_OWN in book("baoji-2017").data_quality.value
    assert book("jiangsu-2012").data_quality.value == {
        Quality.TRUE,
        Quality.ACCURATE,
        Quality.COMPLETE,
        Quality.TIMELY,
    }


@pytest.mark.duty("D42", "jiangsu-2012 §15", "jiangsu-2017 §20", "yixing-2016 §16")
@pytest.mark.duty("D42", "baoji-2017 §25")
def test_data_follows_the_standards_that_the_text_names() -> None:
    assert book("jiangsu-2012").standards.value == {Standard.UNIFIED}
    assert Standard.LOCAL in book("jiangsu-2017").standards.value
    assert Standard.DATA_ELEMENTS in book("yixing-2016").standards.value
    assert book("baoji-2017").standards.article == "baoji-2017 §4(3) §25"


@pytest.mark.duty("D22", "jiangsu-2012 §14")
def test_exchange_outside_the_platform_is_filed_and_reported() -> None:
    for rulebook in ("jiangsu-2012", "yixing-2016"):
        assert book(rulebook).off_platform.value == OffPlatform(
            only_for_special_reasons=True, filed_with_authority=True, statistics=Cycle.REGULARLY
        )
        assert book(rulebook).off_platform.article == "jiangsu-2012 §14"


@pytest.mark.duty("D43", "jiangsu-2017 §14", "baoji-2017 §12", "baoji-2017 §13")
def test_older_exchanges_move_to_the_platform() -> None:
    assert book("jiangsu-2017").migration.value == Migration(
        existing_moves=True, new_must_use_platform=True, lower_platforms_move=False
    )
    assert book("baoji-2017").migration.value == Migration(
        existing_moves=True, new_must_use_platform=True, lower_platforms_move=True
    )
    assert book("jiangsu-2012").migration.silent


@pytest.mark.duty("D32", "jiangsu-2017 §13", "baoji-2017 §12")
def test_baojis_counties_have_no_platform_and_jiangsus_cities_connect_to_the_province() -> None:
    assert book("baoji-2017").platforms.value.levels == {Level.CITY}
    assert book("jiangsu-2017").platforms.value.connects_upward
    assert Level.COUNTY not in book("jiangsu-2017").platforms.value.levels


@pytest.mark.duty("D21", "jiangsu-2012 §14")
def test_centralised_provincial_data_comes_down_by_the_provinces_catalogue() -> None:
    assert book("jiangsu-2012").provincial_centralisation.article == "jiangsu-2012 §14"
    assert book("baoji-2017").provincial_centralisation.silent


@pytest.mark.duty("D31", "jiangsu-2017 §12", "baoji-2017 §12")
def test_the_platform_has_an_inner_and_an_outer_part() -> None:
    for rulebook in ("jiangsu-2017", "baoji-2017"):
        assert book(rulebook).networks.value == {Network.INNER, Network.OUTER}
