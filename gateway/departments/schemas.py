"""The wire shapes of departments."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from stdnum.cn import uscc


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
