"""The wire shapes of filings."""

import re
from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from gateway.filings.rules import Lack
from gateway.models import FiledPerson
from shared.rulebooks.duties import ResponsibleRole

_MOBILE = re.compile(r"^(\+?86)?1[3-9]\d{9}$")


def _office(text: str) -> str:
    # What is not filed cannot leak: the duty wants the office's telephone, not the person's own.
    if _MOBILE.fullmatch(re.sub(r"[ ()-]", "", text)):
        raise ValueError("an office telephone, not a mobile number")
    return text


def _plain(text: str) -> str:
    if "\x00" in text or text != text.strip():
        raise ValueError("no blanks at either end")
    return text


Text = Annotated[str, Field(min_length=1, max_length=100), AfterValidator(_plain)]
OfficePhone = Annotated[
    str,
    Field(
        pattern=r"^[0-9+() -]{5,30}$",
        description="办公电话: never a mobile number.",
        examples=["0510-8888 0000"],
    ),
    AfterValidator(_office),
]


class FiledPersonBody(BaseModel):
    """One person, or the internal unit, with the duty."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    role: ResponsibleRole = Field(examples=["named-person"])
    name: Text = Field(description="The person's name, or the internal unit's.")
    unit: Text | None = Field(default=None, description="所在内设机构", examples=["信息化处"])
    position: Text | None = Field(default=None, description="职务", examples=["处长"])
    office_phone: OfficePhone | None = None
    operator: UUID | None = Field(
        default=None, description="The account; compilers and reviewers must have one."
    )
    since: date = Field(description="In force since that day.", examples=["2026-03-02"])


class FilingBody(BaseModel):
    """The whole filing as it is from now on."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    persons: list[FiledPersonBody] = Field(max_length=50)


class FiledPersonView(BaseModel):
    """One line of a filing, with since when it holds and until when it did."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    role: ResponsibleRole
    name: str
    unit: str | None
    position: str | None
    office_phone: str | None
    operator: UUID | None
    since: date
    filed_at: datetime
    filed_by: str
    ended_at: datetime | None = Field(description="Filed as no longer holding at that moment.")

    @classmethod
    def of(cls, line: FiledPerson) -> "FiledPersonView":
        """The view of a line."""
        return cls.model_validate(line)


class MissingView(BaseModel):
    """A duty that nobody is filed for."""

    model_config = ConfigDict(from_attributes=True)

    role: ResponsibleRole
    title: str = Field(description="The duty in the law's own words.", examples=["目录审核专人"])
    lack: Lack
    since: datetime


class FilingView(BaseModel):
    """A department's filing, and what its rulebook still misses."""

    department: UUID
    version: int
    changed_at: datetime | None
    persons: list[FiledPersonView]
    article: str | None = Field(examples=["baoji-2017 §10 §28"])
    filed_with_authority: bool = Field(
        description="Whether the rulebook demands that it be filed with the authority."
    )
    missing: list[MissingView]


class OverdueView(BaseModel):
    """A department that has not filed what its rulebook demands."""

    department: UUID
    department_name: str = Field(examples=["示例市民政局"])
    region: str
    article: str | None
    missing: list[MissingView]
    reminded_at: datetime | None
