"""The wire shapes of account administration."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from gateway.models import Change
from gateway.roles import Role

Reason = Annotated[
    str,
    Field(
        min_length=2,
        max_length=500,
        pattern=r"^[^\x00]*$",
        description="Why; it stays in the account's history.",
        examples=["调离本部门"],
    ),
]


class OwnPasswordBody(BaseModel):
    """Your present password and the next one."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    current: SecretStr = Field(max_length=128)
    new: SecretStr = Field(
        max_length=128, description="12 to 128 characters, not among those guessed first."
    )


class CloseBody(BaseModel):
    """Why the account is closed, and who goes on with the person's work."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason
    successor: UUID | None = Field(
        default=None, description="A colleague of the same department who takes the work over."
    )


class ReopenBody(BaseModel):
    """Why the account is opened again."""

    model_config = ConfigDict(extra="forbid")

    reason: Reason


class RolesBody(BaseModel):
    """The roles from now on, all of them."""

    model_config = ConfigDict(extra="forbid")

    roles: list[Role] = Field(min_length=1, max_length=len(Role), examples=[["compiler"]])
    reason: Reason


class TemporaryPassword(BaseModel):
    """A password that opens nothing but its own change; shown this once."""

    password: str = Field(examples=["Vb3x-…"])
    until: datetime = Field(description="After that it is refused.")


class ChangeView(BaseModel):
    """One line of an account's history."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    at: datetime
    actor: str = Field(examples=["operator:0197c1e4-0000-7000-8000-000000000007"])
    change: Change
    reason: str | None
    roles: list[Role] | None
    other: UUID | None = Field(description="The successor or the deputy.")
