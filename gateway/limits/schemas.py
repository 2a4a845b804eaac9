"""The wire shapes of limits and of what was used."""

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

Requests = Annotated[int, Field(ge=1, le=10_000_000)]
Seconds = Annotated[int, Field(ge=1, le=3600)]


class RateBody(BaseModel):
    """How fast: so many requests at once at most, and as many again in so many seconds."""

    model_config = ConfigDict(extra="forbid")

    requests: Requests = Field(examples=[5000])
    seconds: Seconds = Field(examples=[10])


class LimitsBody(BaseModel):
    """How fast a machine may call."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"rate": {"requests": 5000, "seconds": 10}}]},
    )

    rate: RateBody | None = Field(description="Null: as fast as machines may without one.")


class LimitsView(BaseModel):
    """How fast a machine may call."""

    client: UUID
    rate: RateBody | None = Field(description="What was set for it; null: as `usual`.")
    usual: RateBody = Field(description="How fast machines may call for which nothing was set.")
    version: int = Field(description="Counts the changes; the ETag.")


class DayView(BaseModel):
    """What was used of a grant on one local day."""

    day: date = Field(examples=["2026-11-22"])
    calls: int = Field(description="Data operations that were admitted.", examples=[1834])
    keys: int = Field(description="Keys that look-ups asked for.", examples=[4410])


class UsageView(BaseModel):
    """What was used of a grant, and what is left today."""

    grant: UUID
    calls_per_day: int | None = Field(description="Null: not bounded.", examples=[2000])
    keys_per_day: int | None = Field(description="Null: not bounded.", examples=[5000])
    calls_left: int | None = Field(description="Today; null: not bounded.", examples=[166])
    keys_left: int | None = Field(description="Today; null: not bounded.", examples=[590])
    resets_at: datetime = Field(description="When the next day begins where the platform stands.")
    days: list[DayView] = Field(description="Today first, then the 30 days before it.")
