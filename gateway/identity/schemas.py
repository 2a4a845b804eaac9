"""The wire shapes of the registry."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from stdnum.cn import uscc

from gateway.roles import ClientKind, Role
from shared.principal import Permission, PrincipalKind


def _credit_code(text: str) -> str:
    if not uscc.is_valid(text):
        raise ValueError("not a unified social credit code with a correct check character")
    return text


CreditCode = Annotated[
    str,
    Field(
        min_length=18,
        max_length=18,
        description="统一社会信用代码 (GB 32100), 18 characters with its check character.",
        examples=["11320200014011518R"],
    ),
    AfterValidator(_credit_code),
]
Region = Annotated[
    str,
    Field(
        pattern=r"^\d{6}(/\d{6}){0,3}$",
        description="Path of GB/T 2260 codes from the province down.",
        examples=["320000/320200"],
    ),
]


class DepartmentBody(BaseModel):
    """A department to register."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=2, max_length=100, examples=["无锡市民政局"])
    short_name: str = Field(
        pattern=r"^[a-z][a-z0-9-]{1,40}$",
        description="A short ascii name for machines.",
        examples=["civil-affairs"],
    )
    credit_code: CreditCode
    region: Region
    parent: UUID | None = Field(default=None, description="The department above it, if any.")
    is_authority: bool = Field(
        default=False, description="Whether it is the competent authority (主管部门) of its region."
    )


class DepartmentView(BaseModel):
    """A department as it is called today."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    name: str
    short_name: str
    credit_code: str
    region: str
    parent: UUID | None
    is_authority: bool
    since: datetime


class ClientBody(BaseModel):
    """A department's machine to register."""

    model_config = ConfigDict(extra="forbid")

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

    model_config = ConfigDict(extra="forbid")

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
    disabled_at: datetime | None


class Profile(BaseModel):
    """Who you are to the platform, and what you may do."""

    kind: PrincipalKind
    id: UUID
    department: DepartmentView
    authority: str | None = Field(description="The region you are the competent authority of.")
    permissions: list[Permission]
    acr: str = Field(description="How you authenticated.")
