"""The wire shapes of IT projects. No field is a sum of money, and none will be."""

from datetime import date, datetime
from typing import Annotated, Final, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field
from pydantic.config import JsonDict

from services.catalog.projects.models import Project
from services.catalog.projects.rules import (
    BudgetSource,
    Opinion,
    Purpose,
    Result,
    Stage,
    Verdict,
)
from services.catalog.schemas import Body, Name, Text

_PROJECT: Final[JsonDict] = {
    "name": "食品安全监管信息化项目（一期）",
    "aim": "汇聚食品经营许可与抽检结果，支撑跨部门核验。",
    "source": "department-budget",
    "entries": [
        {"name": "食品经营许可信息", "items": ["许可证编号", "经营者名称", "有效期至"]},
        {"name": "食品抽检结果信息", "items": ["样品名称", "抽检日期", "检验结论"]},
    ],
}
_DONE: Final[JsonDict] = {"on": "2026-11-20", "reference": "示发改审〔2026〕12号"}
Filled = Annotated[Text, Field(min_length=1)]


class PlannedBody(Body):
    """One resource that the project will bring."""

    name: Name
    items: Annotated[list[Name], Field(min_length=1, max_length=500)]


class ProjectBody(Body):
    """What a department plans; sums of money are not asked for."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_PROJECT]})

    name: Name
    aim: Filled = Field(description="What the project is for.")
    source: BudgetSource
    entries: Annotated[list[PlannedBody], Field(max_length=500)] = Field(
        default=[], description="项目信息资源目录: what it will bring, drawn up before approval."
    )


class OpinionBody(Body):
    """What the authority says before approval."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"opinion": "favourable", "remarks": "资源清单完整，无重复采集"}]
        },
    )

    opinion: Opinion
    remarks: Filled


class DoneBody(Body):
    """When something was decided elsewhere, and in which paper."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_DONE]})

    on: Annotated[date, Field(ge=date(2000, 1, 1))] = Field(description="A local day, not to come.")
    reference: Name = Field(description="文号 of the approval, or of the record of acceptance.")


class LinkBody(Body):
    """Which planned resource has become which resource."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"position": 0, "resource": "0197c1ee-1f00-7c11-9b00-0242ac120002"}]
        },
    )

    position: Annotated[int, Field(ge=0, le=499)] = Field(description="Of the list, from 0.")
    resource: UUID


class FundingBody(Body):
    """What funding is applied for."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"purpose": "construction"}]}
    )

    purpose: Purpose


class StatementBody(Body):
    """Whether the duties of sharing are met, for a decision on funding."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "purpose": "construction",
                    "verdict": "not-compliant",
                    "grounds": "上一期项目三项资源未编入目录",
                }
            ]
        },
    )

    purpose: Purpose
    verdict: Verdict
    grounds: Filled


class EvaluationBody(Body):
    """What came of an evaluation."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"result": "met", "remarks": "资源均已共享并按期更新"}]},
    )

    result: Result
    remarks: Filled


class EndBody(Body):
    """Why a project is given up."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "并入全市统一建设"}]}
    )

    reason: Filled


class PlannedView(BaseModel):
    """One resource that the project will bring, and what it has become."""

    position: int
    name: str
    items: list[str]
    resource: UUID | None


class StepView(BaseModel):
    """One thing that was done with a project."""

    step: str = Field(examples=["review"])
    at: datetime
    actor: str
    said: str | None = Field(description="The opinion, verdict, result or purpose.")
    remarks: str | None


class StatementView(BaseModel):
    """A statement; digest and signature are over the UTF-8 bytes of `document`."""

    id: UUID
    purpose: Purpose
    verdict: Verdict
    document: str
    digest_name: str = Field(examples=["sha-256"])
    digest: str = Field(description="Hexadecimal.")
    signature: str | None = Field(description="Hexadecimal; null where the installation signs not.")
    public_key: str | None = Field(description="Hexadecimal, raw.")
    issued_at: datetime


class ProjectSummary(BaseModel):
    """A project in a list."""

    id: UUID
    version: int
    provider: UUID
    provider_name: str = Field(examples=["示例市市场监督管理局"])
    name: str
    source: BudgetSource
    stage: Stage
    opinion: Opinion | None
    result: Result | None
    planned: int
    linked: int
    approved_on: date | None
    accepted_on: date | None
    construction_registered_at: datetime | None
    operation_registered_at: datetime | None

    @classmethod
    def of(cls, project: Project) -> Self:
        """The summary of a project; department and entries must be loaded."""
        return cls(
            id=project.id,
            version=project.version,
            provider=project.provider,
            provider_name=project.department.name,
            name=project.name,
            source=project.source,
            stage=project.stage,
            opinion=project.opinion,
            result=project.result,
            planned=len(project.entries),
            linked=sum(entry.resource_id is not None for entry in project.entries),
            approved_on=project.approved_on,
            accepted_on=project.accepted_on,
            construction_registered_at=project.construction_at,
            operation_registered_at=project.operation_at,
        )


class ProjectView(ProjectSummary):
    """A project with its list, its history and what was stated on it."""

    aim: str
    approval: str | None
    acceptance: str | None
    entries: list[PlannedView]
    steps: list[StepView]
    statements: list[StatementView]

    @classmethod
    def complete(cls, project: Project) -> Self:
        """The view of a project; all of it must be loaded."""
        return cls(
            **ProjectSummary.of(project).model_dump(),
            aim=project.aim,
            approval=project.approval,
            acceptance=project.acceptance,
            entries=[
                PlannedView(
                    position=entry.position,
                    name=entry.name,
                    items=entry.items,
                    resource=entry.resource_id,
                )
                for entry in project.entries
            ],
            steps=[
                StepView(
                    step=step.step,
                    at=step.at,
                    actor=step.actor,
                    said=step.said,
                    remarks=step.remarks,
                )
                for step in project.steps
            ],
            statements=[
                StatementView(
                    id=statement.id,
                    purpose=statement.purpose,
                    verdict=statement.verdict,
                    document=statement.document,
                    digest_name=statement.digest_name,
                    digest=statement.digest,
                    signature=statement.signature,
                    public_key=statement.public_key,
                    issued_at=statement.issued_at,
                )
                for statement in project.statements
            ],
        )
