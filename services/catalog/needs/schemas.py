"""The wire shapes of needs."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator

from services.catalog.needs.life import NeedState, NeedStep, Urgency
from services.catalog.needs.matching import Likeness
from services.catalog.needs.models import Need
from services.catalog.needs.proposing import Proposal
from services.catalog.schemas import Body, Name, Text
from services.catalog.views import ResourceSummary
from shared.events.catalog import NeedRuling, UpdateCycle

_RESOURCE = "0197c1ee-1f00-7c11-9b00-0242ac120002"
_LEAD = "0197c1e0-0000-7000-8000-000000000002"
Filled = Annotated[Text, Field(min_length=1)]


class NeedBody(Body):
    """What a department needs, and for which duty."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "企业参保缴费情况",
                    "items": ["统一社会信用代码", "参保人数", "缴费月份"],
                    "duty": "核查企业年度报告公示信息",
                    "legal_basis": "《企业信息公示暂行条例》第十四条",
                    "purpose": "抽查企业年度报告中的参保信息",
                    "cycle": "monthly",
                    "urgency": "routine",
                }
            ]
        },
    )

    name: Name = Field(description="What the needed information is called.")
    items: Annotated[list[Name], Field(max_length=50)] = Field(
        default=[], description="The items wanted, by their Chinese names."
    )
    duty: Filled = Field(description="The duty for which it is needed (履行职责需要).")
    legal_basis: Filled = Field(description="The law or the list of powers that gives the duty.")
    purpose: Filled = Field(description="What it will be used for (使用用途).")
    cycle: UpdateCycle = Field(description="How often it is needed anew.")
    urgency: Urgency = Urgency.ROUTINE


class ChooseBody(Body):
    """The published resource that fits."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"resource": _RESOURCE}]}
    )

    resource: UUID


class NeedRemarksBody(Body):
    """Why nothing fits, or why it is needed no more."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"remarks": "现有目录均无缴费月份"}]}
    )

    remarks: Filled


class RulingBody(Body):
    """What the authority rules: a resource, a department that collects, or that there is a gap."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "ruling": "collection-assigned",
                    "lead": _LEAD,
                    "remarks": "由人社局牵头采集并于年内编目",
                },
                {"ruling": "resource-named", "resource": _RESOURCE, "remarks": "见该目录第三项"},
                {"ruling": "gap-recorded", "remarks": "尚无部门依职责掌握"},
            ]
        },
    )

    ruling: NeedRuling
    resource: UUID | None = Field(default=None, description="For `resource-named` alone.")
    lead: UUID | None = Field(default=None, description="For `collection-assigned` alone.")
    remarks: Filled

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.resource is not None) != (self.ruling is NeedRuling.RESOURCE_NAMED):
            raise ValueError("`resource` belongs to `resource-named`, and only to it")
        if (self.lead is not None) != (self.ruling is NeedRuling.COLLECTION_ASSIGNED):
            raise ValueError("`lead` belongs to `collection-assigned`, and only to it")
        return self


class NeedView(BaseModel):
    """What a department needs, and what came of it."""

    id: UUID
    version: int
    department: UUID
    department_name: str = Field(examples=["示例市市场监督管理局"])
    name: str
    items: list[str]
    duty: str
    legal_basis: str
    purpose: str
    cycle: UpdateCycle
    urgency: Urgency
    registered_at: datetime
    state: NeedState
    ruling: NeedRuling | None = Field(description="Set while the need is `ruled`.")
    resource: UUID | None = Field(
        description="The resource chosen or named; ask for it by a share request."
    )
    lead: UUID | None = Field(description="The department assigned to collect.")
    remarks: str | None = Field(description="The remarks of the latest step.")
    ruled_at: datetime | None

    @classmethod
    def of(cls, need: Need) -> Self:
        """The view of a need; its department must be loaded."""
        return cls(
            id=need.id,
            version=need.version,
            department=need.needing,
            department_name=need.department.name,
            name=need.name,
            items=need.items,
            duty=need.duty,
            legal_basis=need.legal_basis,
            purpose=need.purpose,
            cycle=need.cycle,
            urgency=need.urgency,
            registered_at=need.registered_at,
            state=need.state,
            ruling=need.ruling,
            resource=need.resource,
            lead=need.lead,
            remarks=need.remarks,
            ruled_at=need.ruled_at,
        )


class NeedRecordView(BaseModel):
    """One step in the life of a need, with what it said then."""

    model_config = ConfigDict(from_attributes=True)

    step: NeedStep
    state: NeedState
    at: datetime
    actor: str = Field(examples=["operator:0197c1e0-0000-7000-8000-000000000007"])
    department: UUID
    name: str
    items: list[str]
    ruling: NeedRuling | None
    resource: UUID | None
    lead: UUID | None
    remarks: str | None
    rulebook: str = Field(examples=["baoji-2017"])
    rulebook_version: str


class ReasonView(BaseModel):
    """In what the resource resembles what is needed."""

    model_config = ConfigDict(from_attributes=True)

    likeness: Likeness
    wanted: str
    found: str


class ProposalView(BaseModel):
    """A published resource that may meet the need."""

    resource: ResourceSummary
    score: int = Field(ge=0, le=100, description="How well it fits; 100: same name, all items.")
    reasons: list[ReasonView]

    @classmethod
    def of(cls, proposal: Proposal) -> Self:
        """The view of a proposal."""
        return cls(
            resource=ResourceSummary.of(proposal.version),
            score=proposal.fit.score,
            reasons=[ReasonView.model_validate(reason) for reason in proposal.fit.reasons],
        )


class ProposalsView(BaseModel):
    """What may meet a need, the best first."""

    items: list[ProposalView] = Field(description="At most 20.")
