"""The wire shapes of deputies."""

from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class DeputyBody(BaseModel):
    """Who acts for the person, and when."""

    model_config = ConfigDict(extra="forbid")

    deputy: UUID = Field(description="The account of a colleague of the same department.")
    since: AwareDatetime | None = Field(default=None, description="From now on when left out.")
    until: AwareDatetime = Field(
        description="It ends then by itself.", examples=["2026-12-31T16:00:00Z"]
    )


class DeputyView(BaseModel):
    """Who acts for whom, from when until when."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    operator: UUID = Field(description="The absent person's account.")
    deputy: UUID
    since: datetime
    until: datetime
    named_by: UUID
    named_at: datetime
    ended_at: datetime | None = Field(description="Ended before its time.")
