"""The wire shapes of history."""

from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.exchange.retention.usecases import Kept

_DAYS = (
    "历史保留天数: states and changes older than so many days go, as soon as a later whole state "
    "is that old; what stands stays. Null: for ever."
)


class HistoryBody(BaseModel):
    """For how long history is kept."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"kept_days": 365}]})

    kept_days: int | None = Field(ge=1, le=36500, description=_DAYS)


class HistoryView(BaseModel):
    """What is kept of a resource's history."""

    resource: UUID
    kept_days: int | None = Field(description=_DAYS)
    epoch: int
    oldest: int | None = Field(description="The first sequence number whose state can be had.")
    since: datetime | None = Field(description="When that was published.")
    newest: int = Field(description="The newest sequence number.")

    @classmethod
    def of(cls, found: Kept) -> Self:
        """The history on the wire."""
        resource = found.resource
        return cls(
            resource=resource.id,
            kept_days=resource.kept_days,
            epoch=resource.epoch,
            oldest=found.oldest,
            since=found.since,
            newest=resource.sequence,
        )
