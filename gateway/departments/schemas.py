"""The wire shapes of departments."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from stdnum.cn import uscc

from gateway.departments.rules import Level
from gateway.models.departments import DepartmentChange, Said
from shared.events.gateway import DepartmentStatus


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


Name = Annotated[str, Field(min_length=2, max_length=100, examples=["无锡市民政局"])]
ShortName = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9-]{1,40}$",
        description="A short ascii name for machines.",
        examples=["civil-affairs"],
    ),
]
Basis = Annotated[
    str,
    Field(
        min_length=4,
        max_length=500,
        description="The document, by its number, or the provision that this rests on.",
        examples=["锡编办发〔2026〕41号"],
    ),
]


class DepartmentBody(BaseModel):
    """A department to register."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "无锡市人力资源和社会保障局",
                    "short_name": "human-resources",
                    "credit_code": "11320200000000012R",
                    "region": "320000/320200",
                }
            ]
        },
    )

    name: Name
    short_name: ShortName
    credit_code: CreditCode
    region: Region
    parent: UUID | None = Field(default=None, description="The department above it, if any.")
    is_authority: bool = Field(
        default=False, description="Whether it is the competent authority (主管部门) of its region."
    )


class DepartmentView(BaseModel):
    """A department as it is called now, or was at the moment asked for."""

    id: UUID
    version: int = Field(description="Counts its particulars; the ETag.")
    name: str
    short_name: str
    credit_code: str
    region: str
    level: Level = Field(description="层级: follows from the region.")
    parent: UUID | None
    is_authority: bool
    status: DepartmentStatus = Field(description="Whether it is there, or how it ended.")
    since: datetime
    until: datetime | None = Field(description="When other particulars followed; null: they hold.")
    basis: str | None = Field(description="What these particulars rest on, where that was said.")


class ChangeBody(BaseModel):
    """New particulars of a department, from today or a later day on. What is left out stays."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "无锡市民政与社会事务局",
                    "effective_on": "2027-01-01",
                    "basis": "锡编办发〔2026〕41号",
                }
            ]
        },
    )

    name: Name | None = None
    short_name: ShortName | None = None
    credit_code: CreditCode | None = None
    region: Region | None = None
    parent: UUID | None = Field(default=None, description="The department above it; null: none.")
    is_authority: bool | None = None
    effective_on: date | None = Field(
        default=None, description="The local day with whose beginning it holds; now when left out."
    )
    basis: Basis

    @model_validator(mode="after")
    def _states_something(self) -> Self:
        nothing = [n for n in self.model_fields_set if n != "parent" and getattr(self, n) is None]
        if any(name != "effective_on" for name in nothing):
            raise ValueError("leave out what stays; only the parent can be null")
        if not self.model_fields_set - {"effective_on", "basis"}:
            raise ValueError("state what changes")
        return self

    @property
    def said(self) -> Said:
        """The particulars that it states, as they are kept."""
        stated = self.model_fields_set - {"effective_on", "basis"}
        found: Said = self.model_dump(mode="json", include=stated)  # type: ignore[assignment]  # its keys are these fields
        return found


class ChangeState(StrEnum):
    """Where a change of particulars stands."""

    PLANNED = "planned"
    TAKEN_EFFECT = "taken-effect"
    CANCELLED = "cancelled"


class ChangeView(BaseModel):
    """A change of a department's particulars."""

    id: UUID
    department: UUID
    state: ChangeState
    changes: dict[str, str | bool | None] = Field(
        description="The particulars that it states.", examples=[{"name": "无锡市民政与社会事务局"}]
    )
    basis: str
    effective_at: datetime
    planned_at: datetime
    taken_effect_at: datetime | None
    cancelled_at: datetime | None
    hindered_by: str | None = Field(
        description="Why it could not take effect when its time had come; it is tried again."
    )

    @classmethod
    def of(cls, change: DepartmentChange) -> Self:
        """The wire shape of a change."""
        state = ChangeState.TAKEN_EFFECT if change.taken_effect_at else ChangeState.PLANNED
        return cls(
            id=change.id,
            department=change.department,
            state=ChangeState.CANCELLED if change.cancelled_at else state,
            changes=dict(change.said),
            basis=change.basis,
            effective_at=change.effective_at,
            planned_at=change.planned_at,
            taken_effect_at=change.taken_effect_at,
            cancelled_at=change.cancelled_at,
            hindered_by=change.hindered_by,
        )
