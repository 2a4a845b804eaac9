"""The wire shapes of the service guide."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from services.catalog.guide import rules
from services.catalog.guide.models import GuideService, GuideVersion
from services.catalog.guide.rules import ChannelKind, GuideState
from services.catalog.schemas import Body, Name, Text, Word

_SERVICE: Final[JsonDict] = {
    "name": "食品经营许可办理进度查询",
    "abstract": "申请人凭受理编号查询食品经营许可的办理进度和结果。",
    "audience": "食品经营许可的申请人",
    "basis": "食品经营许可管理办法",
    "channels": [
        {"kind": "web", "address": "https://data.example.gov.cn/food", "hours": None},
        {"kind": "window", "address": "政务服务大厅三楼12号窗口", "hours": "工作日9:00-17:00"},
        {"kind": "telephone", "address": "0917-3260000", "hours": "工作日9:00-17:00"},
    ],
    "resources": [],
}


class ChannelBody(Body):
    """One way to a service."""

    kind: ChannelKind
    address: Annotated[Word, Field(min_length=1)] = Field(
        description="The address of a page, where the window is, or the office's telephone."
    )
    hours: Word | None = Field(default=None, examples=["工作日9:00-17:00"])

    @model_validator(mode="after")
    def fits_its_kind(self) -> Self:
        """Refuse what is no page, or is somebody's own telephone."""
        fault = rules.fault_of(self.kind, self.address)
        if fault is not None:
            raise ValueError(f"not {self.kind}: {fault}")
        return self


class ServiceBody(Body):
    """What a department offers the public."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [_SERVICE]})

    name: Name
    abstract: Annotated[Text, Field(min_length=1)] = Field(description="What it is good for.")
    audience: Annotated[Text, Field(min_length=1)] = Field(description="Who may use it.")
    basis: Annotated[Text, Field(min_length=1)] = Field(description="What it rests on.")
    channels: Annotated[list[ChannelBody], Field(min_length=1, max_length=20)]
    resources: Annotated[list[UUID], Field(max_length=100)] = Field(
        default=[], description="Resources of the catalogue that it rests on."
    )


class ConfirmBody(Body):
    """What the authority says to a description."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"decision": "publish", "remarks": None}]}
    )

    decision: Literal["publish", "return"]
    remarks: Text | None = Field(default=None, description="Needed when it is sent back.")


class EndBody(Body):
    """Why a service is offered no more."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "已并入一网通办"}]}
    )

    reason: Annotated[Text, Field(min_length=1)]


class ChannelView(BaseModel):
    """One way to a service."""

    kind: ChannelKind
    address: str
    hours: str | None


class DescriptionView(BaseModel):
    """One description of a service."""

    number: int
    name: str
    abstract: str
    audience: str
    basis: str
    channels: list[ChannelView]
    resources: list[UUID]
    written_at: datetime
    published_at: datetime | None
    remarks: str | None = Field(description="What the authority wanted otherwise.")

    @classmethod
    def of(cls, version: GuideVersion) -> Self:
        """The view of a description."""
        return cls(
            number=version.number,
            name=version.name,
            abstract=version.abstract,
            audience=version.audience,
            basis=version.basis,
            channels=[
                ChannelView(kind=way.kind, address=way.address, hours=way.hours)
                for way in version.channels
            ],
            resources=version.resources,
            written_at=version.written_at,
            published_at=version.published_at,
            remarks=version.remarks,
        )


class ServiceView(BaseModel):
    """A service, as it stands for who reads it."""

    id: UUID
    version: int
    provider: UUID
    provider_name: str = Field(examples=["示例市市场监督管理局"])
    state: GuideState = Field(description="Of the latest description that you may see.")
    published: int | None = Field(description="The number of the description in the guide.")
    confirmed_on: date | None = Field(description="The local day on which it was last confirmed.")
    due_on: date | None = Field(description="The last local day to confirm it again.")
    overdue: bool
    reason: str | None = Field(description="Why it ended.")
    description: DescriptionView

    @classmethod
    def of(cls, service: GuideService, today: date, *, whole: bool) -> Self:
        """The view of a service; department and versions must be loaded.

        Who is not of its department or authority sees what is published, and not `whole`.
        """
        number = service.latest if whole or service.published is None else service.published
        return cls(
            id=service.id,
            version=service.version,
            provider=service.provider,
            provider_name=service.department.name,
            state=service.state if whole else GuideState.PUBLISHED,
            published=service.published,
            confirmed_on=service.confirmed_on,
            due_on=service.due_on,
            overdue=service.due_on is not None and service.due_on < today,
            reason=service.reason,
            description=DescriptionView.of(service.numbered(number)),
        )


class PublicServiceView(BaseModel):
    """A service as the public reads it."""

    id: UUID
    provider: UUID
    provider_name: str
    name: str
    abstract: str
    audience: str
    basis: str
    channels: list[ChannelView]
    confirmed_on: date | None
    resources: list[UUID] = Field(description="Of the public catalogue.")

    @classmethod
    def of(cls, service: GuideService, announced: Collection[UUID]) -> Self:
        """The view of what stands in the guide, with those resources that are public."""
        seen = DescriptionView.of(service.numbered(service.published or service.latest))
        return cls(
            id=service.id,
            provider=service.provider,
            provider_name=service.department.name,
            name=seen.name,
            abstract=seen.abstract,
            audience=seen.audience,
            basis=seen.basis,
            channels=seen.channels,
            confirmed_on=service.confirmed_on,
            resources=[resource for resource in seen.resources if resource in announced],
        )


class PublicServices(BaseModel):
    """One page of the guide as the public reads it."""

    items: list[PublicServiceView]
    next: str | None
