"""The wire shapes of what a client is limited to."""

from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.principal import Permission


class PermissionsBody(BaseModel):
    """What a machine may do."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"permissions": ["data:read", "grant:read"]}]},
    )

    permissions: Annotated[list[Permission], Field(min_length=1, max_length=64)] | None = Field(
        description="These only, all of them among those of its kind; null: all of its kind."
    )


class LimitedView(BaseModel):
    """What a machine may do."""

    client: UUID
    permissions: list[Permission] | None = Field(
        description="What it is limited to; null: not limited.",
        examples=[["data:read", "grant:read"]],
    )
    of_kind: list[Permission] = Field(description="What machines of its kind may do.")
    version: int = Field(description="Counts the changes; the ETag.")
