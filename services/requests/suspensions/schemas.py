"""The wire shapes of suspensions."""

from datetime import date, datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.requests.schemas import Duty
from services.requests.suspensions.models import Suspension

_TAX = "0197c1e0-0000-7000-8000-000000000001"


class SuspendBody(BaseModel):
    """Which department, for what, and the notice that it let pass."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "department": _TAX,
                    "violation": "outside-duties",
                    "reason": "将共享的法人登记信息用于履行职责以外的用途，经通知未在期限内整改",
                    "notified_on": "2026-03-02",
                    "rectify_by": "2026-03-31",
                }
            ]
        },
    )

    department: UUID = Field(description="The department to suspend.")
    violation: str = Field(
        max_length=100, description="The violation, by its id in the rulebook's list."
    )
    reason: Duty = Field(description="What was found; the department reads it.")
    notified_on: date = Field(description="通知整改: the day of the notice to rectify.")
    rectify_by: date = Field(description="整改期限: the last day that the notice gave.")


class LiftBody(BaseModel):
    """Why the suspension ends."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "已按通知完成整改"}]}
    )

    reason: Duty = Field(description="The reason; the department reads it.")


class SuspensionView(BaseModel):
    """A suspension as the department and the competent authority see it."""

    id: UUID
    version: int = Field(description="Counts the changes of this suspension.")
    department: UUID = Field(examples=[_TAX])
    department_name: str | None = Field(examples=["示例市税务局"])
    violation: str
    reason: str
    notified_on: date
    rectify_by: date
    article: str = Field(examples=["baoji-2017 §29"])
    rulebook: str = Field(examples=["baoji-2017"])
    rulebook_version: str
    suspended_at: datetime
    in_force: bool = Field(description="Whether the department may not take others' data now.")
    lifted_at: datetime | None
    lifting_reason: str | None

    @classmethod
    def of(cls, suspension: Suspension) -> "SuspensionView":
        """The view of a complete suspension."""
        known = suspension.known_department
        return cls(
            id=suspension.id,
            version=suspension.version,
            department=suspension.department,
            department_name=known.name if known else None,
            violation=suspension.violation,
            reason=suspension.reason,
            notified_on=suspension.notified_on,
            rectify_by=suspension.rectify_by,
            article=suspension.article,
            rulebook=suspension.rulebook,
            rulebook_version=suspension.rulebook_version,
            suspended_at=suspension.suspended_at,
            in_force=suspension.lifted_at is None,
            lifted_at=suspension.lifted_at,
            lifting_reason=suspension.lifting_reason,
        )
