"""The wire shapes of harvest."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.catalog.harvest.models import HarvestedRecord, HarvestRun, HarvestSource, RunState
from services.catalog.harvest.models import Protocol as SourceProtocol
from services.catalog.schemas import Name


class SourceBody(BaseModel):
    """A source to read."""

    model_config = ConfigDict(extra="forbid")

    name: Name = Field(examples=["示例市公共数据开放平台"])
    protocol: SourceProtocol = Field(
        description="`ckan`: `package_search` under the address. `dcat`: one document at the "
        "address, Turtle or JSON-LD."
    )
    address: Annotated[str, Field(min_length=8, max_length=500)] = Field(
        description="At a host that the installation allows.",
        examples=["https://data.example.gov.cn"],
    )
    mapping: Annotated[str, Field(max_length=64)] | None = Field(
        default=None, description="代码映射: gives the source's own members a meaning."
    )
    every_hours: Annotated[int, Field(ge=1, le=24 * 31)] = Field(
        default=24, description="How often it is read."
    )


class SourceView(BaseModel):
    """采集来源: a source as it is registered."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    protocol: SourceProtocol
    address: str
    mapping: str | None
    every_hours: int
    registered_at: datetime
    next_at: datetime | None = Field(description="When it is read next; null: no more.")

    @classmethod
    def of(cls, source: HarvestSource) -> Self:
        """The wire shape of a source."""
        return cls.model_validate(source)


class RunView(BaseModel):
    """One reading of a source, with its counts; the report of what came in is the import's."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    state: RunState
    began_at: datetime
    ended_at: datetime | None
    found: int = Field(description="Datasets that the source has.")
    unread: int = Field(description="Of which this many more could not be understood.")
    sent: int = Field(description="New or changed, handed in as the import.")
    gone: int = Field(description="That the source had before, and now has no more.")
    import_id: UUID | None = Field(description="See `GET /v1/imports/{import}`.")
    reason: str | None = Field(description="Why it failed.", examples=["source-not-reached"])
    reason_zh: str | None
    reason_en: str | None

    @classmethod
    def of(cls, run: HarvestRun) -> Self:
        """The wire shape of a run."""
        return cls.model_validate(run)


class GoneView(BaseModel):
    """A dataset that the source has no more; what became of it here stays until people decide."""

    model_config = ConfigDict(from_attributes=True)

    key: str = Field(description="The department's identifier of it.")
    identifier: str = Field(description="What the source called it.")
    name: str
    gone_at: datetime | None

    @classmethod
    def of(cls, record: HarvestedRecord) -> Self:
        """The wire shape of a record that has gone."""
        return cls.model_validate(record)
