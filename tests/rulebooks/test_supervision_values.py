"""What the four texts say about persons, security, record, supervision and sanctions."""

import pytest

from shared.rulebooks.duties import (
    AccessMeasure,
    AssessmentOutcome,
    AuditedOperation,
    Measure,
    ProjectDuty,
    Protection,
    RecoveryDuty,
    Reporter,
    ResponsibleRole,
    SanctionStep,
    SanctionTrigger,
    SecurityDuty,
    Suspended,
)
from shared.rulebooks.vocabulary import Body, Cycle, Party
from tests.rulebooks.books import IDS, book

When = SanctionTrigger
Step = SanctionStep


@pytest.mark.duty("D02", "jiangsu-2012 §5", "jiangsu-2017 §5", "yixing-2016 §4", "baoji-2017 §5")
@pytest.mark.parametrize(
    ("rulebook", "name", "each_level", "article"),
    [
        ("jiangsu-2012", "信息化主管部门", True, "jiangsu-2012 §5 §13"),
        (
            "jiangsu-2017",
            "领导小组办公室（省发展改革委）",
            True,
            "jiangsu-2017 §5(1) §5(2) §5(3)",
        ),
        ("yixing-2016", "市经信委", False, "yixing-2016 §4"),
        ("baoji-2017", "市政府信息化办公室", True, "baoji-2017 §5 §6"),
    ],
)
def test_the_competent_authority_is_the_one_that_the_text_names(
    rulebook: str, name: str, each_level: bool, article: str
) -> None:
    found = book(rulebook).competent_authority
    assert found.value.name == name
    assert found.value.each_level_has_its_own is each_level
    assert found.article == article


@pytest.mark.duty("D47", "yixing-2016 §32")
def test_yixing_lets_public_service_enterprises_take_part() -> None:
    assert Body.PUBLIC_SERVICE_ENTERPRISE in book("yixing-2016").participants.value
    for rulebook in ("jiangsu-2012", "jiangsu-2017", "baoji-2017"):
        assert Body.PUBLIC_SERVICE_ENTERPRISE not in book(rulebook).participants.value


@pytest.mark.duty("D28", "jiangsu-2012 §30", "jiangsu-2017 §24", "yixing-2016 §24")
@pytest.mark.duty("D28", "yixing-2016 §28", "baoji-2017 §10", "baoji-2017 §28")
@pytest.mark.parametrize(
    ("rulebook", "roles", "filed"),
    [
        ("jiangsu-2012", {ResponsibleRole.INTERNAL_UNIT, ResponsibleRole.NAMED_PERSON}, False),
        ("jiangsu-2017", {ResponsibleRole.HEAD}, False),
        (
            "yixing-2016",
            {ResponsibleRole.CHIEF_INFORMATION_OFFICER, ResponsibleRole.SYSTEM_MAINTAINER},
            False,
        ),
        (
            "baoji-2017",
            {
                ResponsibleRole.HEAD,
                ResponsibleRole.NAMED_PERSON,
                ResponsibleRole.COMPILER,
                ResponsibleRole.REVIEWER,
            },
            True,
        ),
    ],
)
def test_a_department_names_its_responsible_persons_and_in_baoji_files_them(
    rulebook: str, roles: set[ResponsibleRole], filed: bool
) -> None:
    found = book(rulebook).responsible_persons.value
    assert found.roles == roles
    assert found.filed_with_authority is filed


@pytest.mark.duty("D24", "baoji-2017 §21", "yixing-2016 §25")
@pytest.mark.duty("D45", "baoji-2017 §21")
def test_baoji_records_every_operation_for_three_years_and_pushes_it() -> None:
    baoji = book("baoji-2017")
    assert baoji.audit_trail.value.operations == set(AuditedOperation)
    assert baoji.audit_trail.value.copies
    assert baoji.audit_retention.value == 3
    assert baoji.audit_push.value == {Party.PROVIDER, Party.CONSUMER}
    assert {baoji.audit_trail.article, baoji.audit_retention.article, baoji.audit_push.article} == {
        "baoji-2017 §21"
    }
    yixing = book("yixing-2016")
    assert yixing.audit_trail.article == "yixing-2016 §25"
    assert not yixing.audit_trail.value.operations
    assert yixing.audit_retention.silent
    assert book("jiangsu-2012").audit_trail.silent
    assert book("jiangsu-2017").audit_trail.silent


@pytest.mark.duty("D26", "jiangsu-2017 §19", "baoji-2017 §24")
def test_annual_reports_are_due_by_the_end_of_january() -> None:
    jiangsu = book("jiangsu-2017").annual_report
    assert (jiangsu.value.month, jiangsu.value.day, jiangsu.value.to) == (1, 31, "领导小组")
    assert jiangsu.value.by == {Reporter.PROVINCIAL_DEPARTMENTS, Reporter.CITIES}
    assert jiangsu.article == "jiangsu-2017 §19"
    baoji = book("baoji-2017").annual_report
    assert (baoji.value.month, baoji.value.day) == (1, 31)
    assert (baoji.value.to, baoji.value.summarised_to) == ("市政府信息化办公室", "市政府")
    assert baoji.value.by == {Reporter.COUNTIES, Reporter.CITY_DEPARTMENTS}
    assert baoji.article == "baoji-2017 §24"
    assert book("jiangsu-2012").annual_report.silent
    assert book("yixing-2016").annual_report.silent


@pytest.mark.duty("D25", "jiangsu-2012 §8", "jiangsu-2017 §19", "yixing-2016 §27")
@pytest.mark.duty("D25", "baoji-2017 §23")
def test_assessments_look_at_what_the_text_names() -> None:
    assert book("jiangsu-2012").assessment.value.every is Cycle.REGULARLY
    jiangsu = book("jiangsu-2017").assessment.value
    assert jiangsu.every is Cycle.ANNUALLY
    assert jiangsu.publishes == {AssessmentOutcome.REPORT, AssessmentOutcome.SUGGESTIONS}
    assert jiangsu.feeds == "省级机关绩效管理"
    yixing = book("yixing-2016").assessment
    assert yixing.value.measures == {Measure.AMOUNT, Measure.TIMELINESS, Measure.USE}
    assert yixing.article == "yixing-2016 §27"
    baoji = book("baoji-2017").assessment
    assert baoji.value.against_year_plan
    assert baoji.value.measures == {
        Measure.CATALOGUE,
        Measure.AMOUNT,
        Measure.QUALITY,
        Measure.TIMELINESS,
    }
    assert AssessmentOutcome.SCORES in baoji.value.publishes
    assert baoji.article == "baoji-2017 §23"


@pytest.mark.duty("D27", "jiangsu-2012 §33", "jiangsu-2017 §25", "yixing-2016 §30")
@pytest.mark.duty("D27", "baoji-2017 §29")
@pytest.mark.parametrize(
    ("rulebook", "steps"),
    [
        (
            "jiangsu-2012",
            [
                (Step.ORDER_TO_CORRECT, When.FOUND),
                (Step.PUBLIC_CRITICISM, When.GRAVE),
                (Step.ADMINISTRATIVE_LIABILITY, When.GRAVE),
                (Step.CRIMINAL_LIABILITY, When.CRIME),
            ],
        ),
        (
            "jiangsu-2017",
            [(Step.RECTIFICATION_NOTICE, When.FOUND), (Step.REPORT_TO_GOVERNMENT, When.OVERDUE)],
        ),
        (
            "yixing-2016",
            [
                (Step.ORDER_TO_CORRECT, When.FOUND),
                (Step.PUBLIC_CRITICISM, When.OVERDUE),
                (Step.SUPERVISORY_ORGAN, When.SUPERVISION_LAW),
            ],
        ),
        (
            "baoji-2017",
            [
                (Step.RECTIFICATION_NOTICE, When.FOUND),
                (Step.REPORT_TO_GOVERNMENT, When.OVERDUE),
                (Step.SUSPENSION, When.OVERDUE),
            ],
        ),
    ],
)
def test_the_sanction_ladder_climbs_as_the_text_says(
    rulebook: str, steps: list[tuple[SanctionStep, SanctionTrigger]]
) -> None:
    found = book(rulebook).sanction_ladder.value
    assert [(rung.step, rung.when) for rung in found.steps] == steps


@pytest.mark.duty("D27", "baoji-2017 §29")
def test_only_baoji_suspends_the_right_to_others_data() -> None:
    assert book("baoji-2017").suspension.value is Suspended.OTHERS_DATA
    assert book("baoji-2017").suspension.article == "baoji-2017 §29"
    for rulebook in ("jiangsu-2012", "jiangsu-2017", "yixing-2016"):
        assert book(rulebook).suspension.silent


@pytest.mark.duty("D27", "jiangsu-2012 §33", "jiangsu-2017 §25", "yixing-2016 §30")
@pytest.mark.duty("D27", "baoji-2017 §29")
@pytest.mark.parametrize(
    ("rulebook", "article", "count"),
    [
        ("jiangsu-2012", 33, 5),
        ("jiangsu-2017", 25, 7),
        ("yixing-2016", 30, 6),
        ("baoji-2017", 29, 5),
    ],
)
def test_every_listed_violation_carries_its_item_and_the_laws_sentence(
    rulebook: str, article: int, count: int
) -> None:
    found = book(rulebook).violations.value
    assert [v.item for v in found] == [f"{article}({place})" for place in range(1, count + 1)]
    assert len({v.id for v in found}) == count
    assert all(v.text for v in found)


@pytest.mark.duty("D27", "yixing-2016 §30")
def test_refusing_without_cause_is_a_violation_in_yixing() -> None:
    listed = {v.item: v.text for v in book("yixing-2016").violations.value}
    assert listed["30(2)"] == "无故拒绝提供或拖延提供政务信息资源的；"
    assert book("yixing-2016").complaints_to.value == {Party.AUTHORITY, Party.SUPERVISORY_ORGAN}


@pytest.mark.duty("D29", "jiangsu-2012 §29", "jiangsu-2017 §22", "jiangsu-2017 §23")
@pytest.mark.duty("D29", "baoji-2017 §26")
def test_it_projects_are_reviewed_listed_and_catalogued() -> None:
    reviewed = {ProjectDuty.AUTHORITY_REVIEW, ProjectDuty.EVALUATION}
    assert book("jiangsu-2012").it_projects.value == reviewed
    baoji = {ProjectDuty.RESOURCE_LIST, ProjectDuty.CATALOGUED, ProjectDuty.FUNDING_DEPENDS}
    assert book("baoji-2017").it_projects.value == baoji
    assert book("jiangsu-2017").it_projects.value >= baoji | {ProjectDuty.FUNDING_REGISTERED}


@pytest.mark.duty("D30", "yixing-2016 §23", "yixing-2016 §26", "baoji-2017 §20")
def test_backup_and_recovery_are_asked_for_in_yixing_and_baoji() -> None:
    assert book("yixing-2016").recovery.value == set(RecoveryDuty)
    assert book("baoji-2017").recovery.value == {
        RecoveryDuty.EMERGENCY_HANDLING,
        RecoveryDuty.DISASTER_RECOVERY,
    }
    assert book("jiangsu-2012").recovery.silent
    assert book("jiangsu-2017").recovery.silent


@pytest.mark.duty("D23", "jiangsu-2017 §4(4)", "yixing-2016 §25", "baoji-2017 §4(4)")
def test_identity_and_authorisation_are_asked_for_in_the_later_texts() -> None:
    for rulebook in ("jiangsu-2017", "yixing-2016", "baoji-2017"):
        assert book(rulebook).access_measures.value >= {
            AccessMeasure.IDENTITY,
            AccessMeasure.AUTHORISATION,
        }
    assert book("jiangsu-2012").access_measures.silent


@pytest.mark.duty("D37", "jiangsu-2017 §21", "baoji-2017 §20")
@pytest.mark.duty("D46", "yixing-2016 §24", "yixing-2016 §26", "baoji-2017 §12")
def test_security_duties_are_those_of_the_text() -> None:
    assert SecurityDuty.RISK_ASSESSMENT in book("jiangsu-2017").security_duties.value
    assert book("baoji-2017").security_duties.value >= {
        SecurityDuty.GRADING,
        SecurityDuty.MONITORING,
        SecurityDuty.SECURITY_REVIEW,
        SecurityDuty.CRITICAL_INFRASTRUCTURE,
    }
    assert SecurityDuty.MALWARE_PROTECTION in book("yixing-2016").security_duties.value
    assert book("yixing-2016").protection.value == {Protection.SECURITY_LEVELS}
    assert Protection.CLASSIFIED_SYSTEMS in book("baoji-2017").protection.value


@pytest.mark.duty("D39", "jiangsu-2012 §32", "jiangsu-2017 §23", "yixing-2016 §27")
@pytest.mark.duty("D39", "baoji-2017 §27")
def test_supervisors_are_those_of_the_text() -> None:
    assert Party.SUPERVISORY_ORGAN in book("jiangsu-2012").supervision.value.by
    assert book("jiangsu-2012").supervision.value.whole_process
    assert book("yixing-2016").supervision.value.whole_process
    for rulebook in ("jiangsu-2017", "baoji-2017"):
        assert Party.AUDIT_OFFICE in book(rulebook).supervision.value.by


def test_the_four_rulebooks_have_their_titles_regions_and_days() -> None:
    assert [
        (b.id, b.title, b.region, b.in_force_from.isoformat(), b.extends) for b in map(book, IDS)
    ] == [
        ("jiangsu-2012", "江苏省政府信息化服务管理办法", "320000", "2012-12-01", None),
        ("jiangsu-2017", "江苏省政务信息资源共享管理暂行办法", "320000", "2017-10-26", None),
        (
            "yixing-2016",
            "宜兴市政务信息资源共享管理办法",
            "320282",
            "2016-06-23",
            "jiangsu-2012",
        ),
        ("baoji-2017", "宝鸡市政务信息资源共享管理暂行办法", "610300", "2017-11-13", None),
    ]
