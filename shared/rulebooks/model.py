"""A rulebook: every parameter that differs between the laws, each with its article.

Each field's title is the law's own Chinese, its description the duties that rest on it. To add
a parameter, add a field here and a value (or `silent = true`) to every rulebook in `data/`:
the loader refuses a rulebook that leaves one out.
"""

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.rulebooks.duties import (
    AccessMeasure,
    ProjectDuty,
    Protection,
    ProvisionMethod,
    Quality,
    RecoveryDuty,
    SecurityDuty,
    Standard,
    Suspended,
)
from shared.rulebooks.ruled import Ruled
from shared.rulebooks.values import (
    AnnualReport,
    Application,
    Assessment,
    AuditTrail,
    BasicInformation,
    CatalogueCompilation,
    CatalogueEntry,
    CatalogueMaintenance,
    CatalogueRefresh,
    CompetentAuthority,
    ConfidentialityAgreement,
    DisputePath,
    DoubtfulData,
    Inconsistency,
    Migration,
    MustShareInformation,
    OffPlatform,
    PassingOnRule,
    Platforms,
    ProviderAnswer,
    Publication,
    PurposeBinding,
    RefusalForm,
    RepeatCollection,
    ResponsiblePersons,
    SanctionLadder,
    SecrecyDispute,
    SecrecyReview,
    SensitiveNetwork,
    ShareTypes,
    Supervision,
    Violation,
    WorkingDays,
    Years,
)
from shared.rulebooks.vocabulary import (
    BaseCatalogue,
    Body,
    CatalogueKind,
    CompilationMethod,
    LegalBasis,
    Level,
    Negotiable,
    Network,
    Party,
    RefreshDuty,
    RefusalGround,
    Sensitivity,
)

# A duty that a text states without any detail: it holds, or the text is silent.
Holds = Literal[True]


class Rulebook(BaseModel):
    """A regulation, resolved for one day: what it extends fallen through, overlays laid on.

    `version` names this resolved content; keep it with every decision.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    id: str
    version: str
    title: str
    number: str | None = Field(description="文号")
    level: Level
    region: str = Field(description="GB/T 2260 code of the jurisdiction that made it, a hint.")
    in_force_from: date
    in_force_article: str
    extends: str | None
    overlays: tuple[str, ...]

    # Who
    participants: Ruled[frozenset[Body]] = Field(title="适用单位", description="D47")
    competent_authority: Ruled[CompetentAuthority] = Field(title="主管部门", description="D02 D09")
    responsible_persons: Ruled[ResponsiblePersons] = Field(title="责任人", description="D28")

    # The catalogue
    catalogues: Ruled[frozenset[CatalogueKind]] = Field(title="目录", description="D34")
    catalogue_entry: Ruled[CatalogueEntry] = Field(title="目录条目必填内容", description="D01")
    catalogue_guide: Ruled[str] = Field(title="目录编制指南", description="D01")
    catalogue_compilation: Ruled[CatalogueCompilation] = Field(
        title="目录编制与汇总", description="D02"
    )
    compilation_methods: Ruled[frozenset[CompilationMethod]] = Field(
        title="编制方式", description="D03"
    )
    catalogue_refresh: Ruled[CatalogueRefresh] = Field(title="目录更新", description="D04")
    catalogue_refresh_limit: Ruled[WorkingDays] = Field(
        title="目录更新时限（工作日）", description="D04"
    )
    catalogue_maintenance: Ruled[CatalogueMaintenance] = Field(
        title="目录定期维护", description="D04"
    )
    catalogue_announced: Ruled[Holds] = Field(title="共享目录向社会公布", description="D10")
    year_plan: Ruled[Holds] = Field(title="共享目录年度工作计划", description="D34")
    share_types: Ruled[ShareTypes] = Field(title="共享类型", description="D05")
    not_shared_basis: Ruled[frozenset[LegalBasis]] = Field(
        title="不予共享的依据", description="D05"
    )
    basic_information: Ruled[BasicInformation] = Field(
        title="应无条件共享的信息", description="D06"
    )
    lead_departments: Ruled[frozenset[BaseCatalogue]] = Field(
        title="由牵头部门负责的目录", description="D06"
    )
    must_share: Ruled[MustShareInformation] = Field(title="应当共享的信息", description="D36")
    needs_coordinated_by: Ruled[Party] = Field(title="共享需求的协调", description="D09")
    service_guide: Ruled[Holds] = Field(title="信息化服务指引目录", description="D41")
    standards: Ruled[frozenset[Standard]] = Field(title="数据标准", description="D42")

    # Collection
    one_source: Ruled[Holds] = Field(title="一数一源", description="D08")
    lead_collector: Ruled[Holds] = Field(title="多来源时以一个部门为主采集", description="D08 D19")
    collection_assigned_by: Ruled[Party] = Field(title="采集责任的明确", description="D08")
    repeat_collection: Ruled[RepeatCollection] = Field(title="不得重复采集", description="D08 D44")
    inconsistency: Ruled[Inconsistency] = Field(title="数据不一致的核实", description="D19")

    # Sensitive data
    sensitive_kinds: Ruled[frozenset[Sensitivity]] = Field(title="敏感信息种类", description="D07")
    never_unconditional: Ruled[frozenset[Sensitivity]] = Field(
        title="不能无条件共享的信息", description="D07"
    )
    sensitive_consent: Ruled[frozenset[Sensitivity]] = Field(
        title="须经提供部门同意的信息", description="D07"
    )
    sensitive_network: Ruled[SensitiveNetwork] = Field(
        title="敏感信息的传输网络", description="D07 D31"
    )
    circle_of_knowledge: Ruled[frozenset[Sensitivity]] = Field(
        title="须明确知悉范围的信息", description="D38"
    )
    secrecy_review: Ruled[SecrecyReview] = Field(title="保密审查", description="D07")
    secrecy_duty: Ruled[frozenset[Party]] = Field(title="承担保密责任的单位", description="D07")
    secrecy_disputes: Ruled[tuple[SecrecyDispute, ...]] = Field(
        title="密级争议的确定", description="D40"
    )

    # Asking and answering
    unconditional_direct: Ruled[Holds] = Field(title="无条件共享类直接获取", description="D11")
    application: Ruled[Application] = Field(title="共享申请", description="D12")
    provider_answer: Ruled[ProviderAnswer] = Field(title="答复时限（工作日）", description="D12")
    refusal_grounds: Ruled[frozenset[RefusalGround]] = Field(
        title="拒绝共享的法定事由", description="D13"
    )
    refusal_form: Ruled[RefusalForm] = Field(title="不予共享的答复要求", description="D13")
    negotiable: Ruled[frozenset[Negotiable]] = Field(title="可以协商的事项", description="D14 D35")
    dispute_path: Ruled[DisputePath] = Field(title="争议协调", description="D14")
    confidentiality_agreement: Ruled[ConfidentialityAgreement] = Field(
        title="保密协议", description="D15"
    )

    # Using
    free_of_charge: Ruled[Holds] = Field(title="无偿共享", description="D33")
    purpose_binding: Ruled[PurposeBinding] = Field(title="使用用途限制", description="D16")
    passing_on: Ruled[PassingOnRule] = Field(title="提供给第三方", description="D16")
    publication: Ruled[Publication] = Field(title="向社会发布", description="D16")
    doubtful_data: Ruled[DoubtfulData] = Field(title="疑义数据快速校核", description="D20")

    # Providing
    provision_methods: Ruled[frozenset[ProvisionMethod]] = Field(
        title="提供方式", description="D17"
    )
    real_time_connection: Ruled[Holds] = Field(title="实时对接", description="D17")
    data_quality: Ruled[frozenset[Quality]] = Field(title="数据质量", description="D18")
    data_refresh: Ruled[RefreshDuty] = Field(title="数据更新", description="D18")
    data_refresh_limit: Ruled[WorkingDays] = Field(
        title="数据更新时限（工作日）", description="D18"
    )
    platform_only: Ruled[Holds] = Field(title="通过共享平台交换", description="D17 D22")
    off_platform: Ruled[OffPlatform] = Field(title="平台以外的共享", description="D22")
    migration: Ruled[Migration] = Field(title="原有交换系统迁移", description="D43")
    platforms: Ruled[Platforms] = Field(title="共享平台的层级", description="D32")
    provincial_centralisation: Ruled[Holds] = Field(title="省级数据集中", description="D21")

    # Security
    access_measures: Ruled[frozenset[AccessMeasure]] = Field(
        title="身份认证与授权", description="D23"
    )
    networks: Ruled[frozenset[Network]] = Field(title="平台的内网与外网", description="D31")
    protection: Ruled[frozenset[Protection]] = Field(title="等级保护", description="D46")
    security_duties: Ruled[frozenset[SecurityDuty]] = Field(title="安全管理", description="D37 D46")
    recovery: Ruled[frozenset[RecoveryDuty]] = Field(title="备份与恢复", description="D30")

    # Record and supervision
    audit_trail: Ruled[AuditTrail] = Field(title="日志审计", description="D24 D45")
    audit_retention: Ruled[Years] = Field(title="日志保留年限", description="D24")
    audit_push: Ruled[frozenset[Party]] = Field(title="日志推送", description="D24")
    supervision: Ruled[Supervision] = Field(title="监督", description="D39")
    assessment: Ruled[Assessment] = Field(title="考核评估", description="D25")
    annual_report: Ruled[AnnualReport] = Field(title="年度报告", description="D26")
    it_projects: Ruled[frozenset[ProjectDuty]] = Field(title="信息化项目", description="D29")

    # Sanctions
    violations: Ruled[tuple[Violation, ...]] = Field(title="违规情形", description="D27")
    complaints_to: Ruled[frozenset[Party]] = Field(title="违规情况的反映", description="D27")
    sanction_ladder: Ruled[SanctionLadder] = Field(title="处理措施", description="D27")
    suspension: Ruled[Suspended] = Field(title="资格暂停", description="D27")


PARAMETERS = tuple(name for name, field in Rulebook.model_fields.items() if field.title)
"""The names of the parameters, in the order of the class."""
