"""The wire shapes of takeover."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from services.catalog.takeover.models import FormerCode

Code = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=200, strip_whitespace=True, pattern=r"^[^\x00-\x1f]*$"
    ),
]


class PairBody(BaseModel):
    """An old code, and the resource that it means."""

    model_config = ConfigDict(extra="forbid")

    code: Code = Field(examples=["JS-3202-0017/2013"])
    resource: UUID


class TakeoverBody(BaseModel):
    """The old codes of one platform."""

    model_config = ConfigDict(extra="forbid")

    platform: Code = Field(description="Whose codes they were.", examples=["旧资源目录系统"])
    codes: Annotated[list[PairBody], Field(min_length=1, max_length=2000)]


class TakenView(BaseModel):
    """How many of the codes are new here; the others were known and mean the same."""

    new: int
    known: int


class FormerCodeView(BaseModel):
    """旧代码: what another platform called a resource."""

    model_config = ConfigDict(from_attributes=True)

    platform: str
    code: str
    resource_id: UUID
    taken_over_at: datetime

    @classmethod
    def of(cls, former: FormerCode) -> Self:
        """The wire shape of a former code."""
        return cls.model_validate(former)
