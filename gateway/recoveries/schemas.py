"""The wire shapes of recoveries."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from gateway.accounts.schemas import Reason
from gateway.models import Credential


class RecoveryBody(BaseModel):
    """What the person lost, and how you made sure who asks."""

    model_config = ConfigDict(extra="forbid")

    credential: Credential
    reason: Reason


class RefusalBody(BaseModel):
    """Why the reset is refused."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class RecoveryView(BaseModel):
    """A recovery: asked by one person, decided by another."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    operator: UUID
    owner: UUID = Field(description="The department of the account.")
    credential: Credential
    reason: str
    asked_by: UUID
    asked_at: datetime
    expires_at: datetime = Field(description="Nobody can decide it after that.")
    decided_by: UUID | None
    decided_at: datetime | None
    approved: bool | None


class ApprovedRecovery(RecoveryView):
    """A recovery just approved, with the password that it gave, shown this once."""

    password: str | None = Field(description="Opens nothing but its own change; null otherwise.")
    until: datetime | None = Field(description="Until when the password can be changed.")
