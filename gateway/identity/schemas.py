"""The wire shapes of machines and people."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from gateway.departments.schemas import DepartmentView
from gateway.roles import ClientKind, Role
from shared.principal import Permission, PrincipalKind


class ClientBody(BaseModel):
    """A department's machine to register."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "民政业务系统", "kind": "system"}]},
    )

    name: str = Field(min_length=2, max_length=100, examples=["民政业务系统"])
    kind: ClientKind
    department: UUID | None = Field(
        default=None,
        description="Whose machine; your own department's when left out, which is the only one "
        "that a department administrator may name.",
    )


class ClientView(BaseModel):
    """A department's machine."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    department: UUID
    kind: ClientKind
    name: str
    registered_at: datetime
    revoked_at: datetime | None


class ClientSecret(ClientView):
    """A machine just registered, with its secret, which is shown this once and stored hashed."""

    secret: str | None = Field(
        description="Shown once; null when the same Idempotency-Key is sent again."
    )


class OperatorBody(BaseModel):
    """A person's account to open."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "username": "civil-affairs.second-compiler",
                    "department": "0197c1e0-0000-7000-8000-000000000001",
                    "roles": ["compiler"],
                    "password": "a-first-password-to-be-changed",
                }
            ]
        },
    )

    username: str = Field(pattern=r"^[a-z][a-z0-9._-]{2,60}$", examples=["civil-affairs.compiler"])
    department: UUID
    roles: list[Role] = Field(min_length=1, max_length=len(Role))
    password: str = Field(min_length=12, max_length=128, description="Kept as an argon2id hash.")


class OperatorView(BaseModel):
    """A person's account."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    username: str
    department: UUID
    roles: list[Role]
    registered_at: datetime
    disabled_at: datetime | None = Field(description="Closed since; null while it is open.")
    version: int = Field(description="Counts the changes; its ETag.")
    temporary_until: datetime | None = Field(
        description="The password was given by another and must be changed by then."
    )


class Profile(BaseModel):
    """Who you are to the platform, and what you may do."""

    kind: PrincipalKind
    id: UUID
    department: DepartmentView
    authority: str | None = Field(description="The region you are the competent authority of.")
    permissions: list[Permission]
    acr: str = Field(description="How you authenticated.")
