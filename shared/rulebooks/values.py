"""The shapes of the values that have more than one part."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from shared.rulebooks.duties import (
    AssessmentOutcome,
    AuditedOperation,
    ForbiddenUse,
    Measure,
    Reporter,
    ResponsibleRole,
    SanctionStep,
    SanctionTrigger,
)
from shared.rulebooks.vocabulary import (
    BasicCategory,
    CatalogueField,
    Change,
    Cycle,
    DisputeStep,
    LegalBasis,
    Level,
    MustShare,
    Network,
    Party,
    PassingOn,
    RequestClass,
    Sensitivity,
    ShareType,
    Statement,
    Terms,
    Theme,
)

WorkingDays = Annotated[int, Field(gt=0)]
Years = Annotated[int, Field(gt=0)]


class Value(BaseModel):
    """A value of several parts: closed, unchangeable, and never coerced."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class CompetentAuthority(Value):
    """Who is in charge. `superior` is the body above it that decides what it may not."""

    name: str = Field(title="名称")
    superior: str | None = Field(default=None, title="上级")
    each_level_has_its_own: bool = Field(title="各级自行明确")


class ShareTypes(Value):
    """The types a resource can have.

    `stated` is false where the text names no types: then an entry with an empty sharing
    condition is unconditional and one with a condition is conditional (design).
    """

    types: frozenset[ShareType] = Field(title="类型", min_length=1)
    stated: bool = Field(title="文本明确划分")


class CatalogueEntry(Value):
    """The fields that an entry must state, beside the platform's own."""

    required: frozenset[CatalogueField] = Field(title="应标明", min_length=1)


class CatalogueCompilation(Value):
    """Who compiles entries and who gathers them into the catalogue."""

    compiled_by: Party = Field(title="编制")
    gathered_by: Party = Field(title="汇总")


class CatalogueRefresh(Value):
    """What makes a refresh due, who is told, and whether in writing."""

    after: frozenset[Change] = Field(title="触发", min_length=1)
    told: Party | None = Field(default=None, title="告知")
    in_writing: bool = Field(title="书面")


class CatalogueMaintenance(Value):
    """The recurring upkeep of the catalogue; `full` when every entry is gone through."""

    every: Cycle = Field(title="周期")
    by: Party = Field(title="由")
    full: bool = Field(title="全面")


class SensitiveNetwork(Value):
    """Data of these kinds travels over this network only."""

    kinds: frozenset[Sensitivity] = Field(title="信息种类", min_length=1)
    network: Network = Field(title="网络")


class SecrecyReview(Value):
    """A review before anything is shared; `excluded` kinds may not pass it."""

    by: Party = Field(title="由")
    before_sharing: bool = Field(title="事先")
    excluded: frozenset[Sensitivity] = Field(title="不得涉及")


class SecrecyDispute(Value):
    """Who decides whether something is a secret, or private, when the parties disagree."""

    kinds: frozenset[Sensitivity] = Field(title="信息种类", min_length=1)
    decided_by: str = Field(title="确定机关")


class BasicInformation(Value):
    """Information that must be unconditional.

    `basic_items_only`: the categories' basic items are, their business items need not be.
    `examples`: the text names the categories as examples.
    """

    categories: frozenset[BasicCategory] = Field(title="类别", min_length=1)
    basic_items_only: bool = Field(title="仅基础信息项")
    examples: bool = Field(title="举例")


class MustShareInformation(Value):
    """Categories that must be shared in some way, and the themes among them."""

    categories: frozenset[MustShare] = Field(title="类别", min_length=1)
    themes: frozenset[Theme] = Field(title="主题")


class RepeatCollection(Value):
    """What sharing gives is not collected again, unless such a basis says otherwise.

    `public_spared`: the text says that persons and enterprises are not asked again.
    """

    public_spared: bool = Field(title="不得要求公众重复提交")
    in_principle: bool = Field(title="原则上")
    except_under: frozenset[LegalBasis] = Field(title="例外依据")


class Inconsistency(Value):
    """Who clears up that two sources differ."""

    resolved_by: frozenset[Party] = Field(title="核实", min_length=1)


class Application(Value):
    """What a request must state and what the provider fixes when it shares."""

    states: frozenset[Statement] = Field(title="申请应说明", min_length=1)
    provider_fixes: frozenset[Terms] = Field(title="提供部门明确")


class ProviderAnswer(Value):
    """Working days from receipt of the request within which the provider answers."""

    working_days: WorkingDays = Field(title="工作日")
    applies_to: RequestClass = Field(title="适用")


class RefusalForm(Value):
    """What a refusal must carry."""

    applies_to: RequestClass = Field(title="适用")
    reasons: bool = Field(title="说明理由")
    in_writing: bool = Field(title="书面")
    filed_with_authority: bool = Field(title="报主管部门备案")


class DisputePath(Value):
    """The ordered steps; `provincial` replaces them where provincial organs are concerned.

    `direct`: a need can go to the authority without negotiating first.
    """

    steps: tuple[DisputeStep, ...] = Field(title="步骤", min_length=1)
    provincial: tuple[DisputeStep, ...] | None = Field(default=None, title="涉及省级部门")
    direct: bool = Field(title="可直接报主管部门")


class ConfidentialityAgreement(Value):
    """Who signs before data flows. Empty `kinds` = every request of the class."""

    parties: frozenset[Party] = Field(title="签订方", min_length=2)
    led_by: Party | None = Field(default=None, title="牵头")
    applies_to: RequestClass = Field(title="适用")
    kinds: frozenset[Sensitivity] = Field(title="信息种类")


class PurposeBinding(Value):
    """Own duties only; `granted_purpose`: within them, only what was granted."""

    granted_purpose: bool = Field(title="限于明确的用途")
    forbidden: frozenset[ForbiddenUse] = Field(title="禁止", min_length=1)


class PassingOnRule(Value):
    """Whether data may go to a third party; `altered_form`: the rule names altered form too."""

    rule: PassingOn = Field(title="规则")
    altered_form: bool = Field(title="包括改变形式")


class Publication(Value):
    """Publishing what was obtained. `open_information`: what open-government law covers is
    exempt from consent, and then names its source if `source_named`."""

    consent_of: Party = Field(title="须经同意")
    open_information: bool = Field(title="政府信息公开范围除外")
    source_named: bool = Field(title="明示来源")


class AuditTrail(Value):
    """What is recorded; an empty set where the text demands a trail and names no operation."""

    operations: frozenset[AuditedOperation] = Field(title="操作")
    copies: bool = Field(title="包括副本")


class AnnualReport(Value):
    """Due by this day of each year, about the year before."""

    by: frozenset[Reporter] = Field(title="由", min_length=1)
    month: int = Field(title="月", ge=1, le=12)
    day: int = Field(title="日", ge=1, le=31)
    to: str = Field(title="报送")
    summarised_to: str | None = Field(default=None, title="汇总报告")


class Assessment(Value):
    """How often, at what, by whom, and what of it is published."""

    every: Cycle = Field(title="周期")
    by: str = Field(title="由")
    measures: frozenset[Measure] = Field(title="内容")
    publishes: frozenset[AssessmentOutcome] = Field(title="公布")
    against_year_plan: bool = Field(title="按年度计划")
    feeds: str | None = Field(default=None, title="纳入")


class Sanction(Value):
    """A rung of the ladder and what leads to it; rungs of one trigger come together."""

    step: SanctionStep = Field(title="措施")
    when: SanctionTrigger = Field(title="条件")


class SanctionLadder(Value):
    """Rungs in order, from what is done first."""

    by: str = Field(title="由")
    steps: tuple[Sanction, ...] = Field(title="步骤", min_length=1)

    @model_validator(mode="after")
    def _starts_when_something_is_found(self) -> Self:
        if self.steps[0].when is not SanctionTrigger.FOUND:
            raise ValueError("the first rung must be reached when a violation is found")
        return self


class Violation(Value):
    """One listed violation: a stable id, the item of the article, and the law's sentence."""

    id: str = Field(title="编号", pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    item: str = Field(title="款项")
    text: str = Field(title="情形")


class OffPlatform(Value):
    """Exchange that does not go over the platform, and what it owes the authority."""

    only_for_special_reasons: bool = Field(title="限特殊原因")
    filed_with_authority: bool = Field(title="报主管部门备案")
    statistics: Cycle = Field(title="报送统计")


class Migration(Value):
    """Older exchanges and systems move to the platform; new ones must start there."""

    existing_moves: bool = Field(title="原有系统迁移")
    new_must_use_platform: bool = Field(title="新建系统通过平台")
    lower_platforms_move: bool = Field(title="下级平台迁移")


class Platforms(Value):
    """Levels with a platform of their own, and whether they connect upward."""

    levels: frozenset[Level] = Field(title="层级", min_length=1)
    connects_upward: bool = Field(title="与上级互联")


class DoubtfulData(Value):
    """Who verifies what is doubted; `served_meanwhile`: valid proof is honoured as usual."""

    verified_by: Party = Field(title="校核")
    served_meanwhile: bool = Field(title="校核期间照常办理")


class Supervision(Value):
    """Who looks on, and whether at the whole process."""

    by: frozenset[Party] = Field(title="由", min_length=1)
    whole_process: bool = Field(title="全过程")


class ResponsiblePersons(Value):
    """Whom a department names, and whether names and their changes are filed."""

    roles: frozenset[ResponsibleRole] = Field(title="人员", min_length=1)
    filed_with_authority: bool = Field(title="报主管部门备案")
