"""The wire shapes of loans."""

from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from gateway.departments.schemas import Basis


class LoanBody(BaseModel):
    """Whom to lend to which department, from when until when."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "operator": "0197c1e0-0000-7000-8000-000000000031",
                    "department": "0197c1e0-0000-7000-8000-000000000022",
                    "until": "2027-03-31T18:00:00+08:00",
                    "basis": "锡数发〔2026〕12号",
                }
            ]
        },
    )

    operator: UUID = Field(description="An account of another department.")
    department: UUID = Field(description="The department that has nobody to review.")
    since: AwareDatetime | None = Field(default=None, description="Now when left out.")
    until: AwareDatetime
    basis: Basis


class LoanView(BaseModel):
    """A reviewer on loan."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    operator: UUID
    department: UUID
    since: datetime
    until: datetime
    basis: str
    lent_at: datetime
    ended_at: datetime | None
