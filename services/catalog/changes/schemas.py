"""The wire shapes of changes."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.catalog.changes.models import CatalogueChange
from services.catalog.changes.rules import ChangeState, Successor
from services.catalog.schemas import Body, Text, Word
from shared.events.catalog import ChangeKind, NamedSuccessor, ShareType

_TENEMENT = "0197c1ee-1f00-7c11-9b00-0242ac120009"


class PublishBody(Body):
    """When the entry enters the catalogue, and words to stay on record."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"remarks": "同意发布", "effective_on": "2026-12-01"}]},
    )

    remarks: Text | None = Field(
        default=None, description="Where two articles pull apart: the authority's ruling."
    )
    effective_on: date | None = Field(
        default=None,
        description="The local day from which it holds; null: at once, where no notice is asked.",
    )


class SuccessorBody(Body):
    """A resource that takes the place of the one withdrawn, whole or in part."""

    resource: UUID = Field(examples=[_TENEMENT])
    items: Annotated[dict[Word, Word], Field(max_length=1000)] = Field(
        default={},
        description="Codes of the items that were, to the codes of those in the successor.",
        examples=[{"uscc": "credit_code"}],
    )

    def successor(self) -> Successor:
        """The successor as the rules see it."""
        return Successor(self.resource, self.items)


class WithdrawBody(Body):
    """Why and when a resource leaves the catalogue, and what takes its place."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"remarks": "职能划转，由新目录替代", "effective_on": "2026-12-01"}]
        },
    )

    remarks: Text | None = Field(
        default=None, description="The reason; needed for what is in the catalogue."
    )
    effective_on: date | None = Field(
        default=None,
        description="The local day from which it is gone; null: at once, where no notice is asked.",
    )
    successors: Annotated[list[SuccessorBody], Field(max_length=100)] = Field(
        default=[], description="Of a resource that is split, merged or replaced."
    )


class CancelBody(Body):
    """Why a change is called off."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "待使用部门完成切换"}]}
    )

    reason: Annotated[Text, Field(min_length=1)] = Field(description="Everybody reads it.")


class ChangeView(BaseModel):
    """One change of the catalogue."""

    id: UUID
    resource: UUID
    code: str | None = Field(description="信息资源代码.", examples=["102/000001"])
    name: str = Field(examples=["法人单位基本信息"])
    provider: UUID
    provider_name: str = Field(examples=["示例市市场监督管理局"])
    kind: ChangeKind
    version: int = Field(description="The version that enters, or that leaves.")
    share_type: ShareType | None = Field(description="Of that version.")
    state: ChangeState
    effective_on: date = Field(description="A local day.")
    effective_at: datetime
    announced_at: datetime
    reason: str | None
    successors: list[NamedSuccessor]
    cancellation_reason: str | None

    @classmethod
    def of(cls, change: CatalogueChange) -> Self:
        """The view of a change; resource, department and successors must be loaded."""
        resource = change.resource
        return cls(
            id=change.id,
            resource=change.resource_id,
            code=resource.code,
            name=change.name,
            provider=resource.provider,
            provider_name=resource.department.name,
            kind=change.kind,
            version=change.number,
            share_type=change.share_type,
            state=change.state,
            effective_on=change.effective_on,
            effective_at=change.effective_at,
            announced_at=change.announced_at,
            reason=change.reason,
            successors=change.named_successors,
            cancellation_reason=change.cancellation_reason,
        )
