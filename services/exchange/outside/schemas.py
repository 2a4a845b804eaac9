"""The wire shapes that both kinds of exchange outside the platform have in common."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, model_validator

from services.exchange.outside.models import Act, Direction, Outside, OutsideStep
from shared.texts import filled, printable

Text = Annotated[str, Field(max_length=2000), AfterValidator(printable), AfterValidator(filled)]
Word = Annotated[str, Field(max_length=200), AfterValidator(printable), AfterValidator(filled)]
Day = Annotated[date, Field(ge=date(1980, 1, 1), le=date(2099, 12, 31))]


class Body(BaseModel):
    """What comes from outside: a field that nobody knows is a mistake."""

    model_config = ConfigDict(extra="forbid")


class OutsideBody(Body):
    """What is exchanged, with whom, and how. At least one partner."""

    name: Word = Field(examples=["车辆登记信息交换"])
    information: Text = Field(
        description="What information goes.", examples=["机动车登记和检验状态，按号牌"]
    )
    partners: list[UUID] = Field(
        default=[], max_length=50, description="Other departments of the platform, by id."
    )
    other_partners: list[Word] = Field(
        default=[],
        max_length=50,
        description="Partners that are not on the platform, by name.",
        examples=[["省级垂直管理部门"]],
    )
    direction: Direction = Field(description="Seen from your department.", examples=["takes"])
    way: Text = Field(description="How it goes.", examples=["专线，每日导出文件"])
    since: Day = Field(description="Since when.", examples=["2024-03-01"])

    @model_validator(mode="after")
    def has_partners(self) -> Self:
        """Refuse an exchange with nobody."""
        if not self.partners and not self.other_partners:
            raise ValueError("name at least one partner")
        return self


class PartnerView(BaseModel):
    """A department that takes part."""

    department: UUID
    name: str | None = Field(examples=["示例市公安局"])


class OutsideView(BaseModel):
    """What every exchange outside the platform shows."""

    id: UUID
    department: UUID
    department_name: str | None = Field(examples=["示例市市场监督管理局"])
    name: str
    information: str
    partners: list[PartnerView]
    other_partners: list[str]
    direction: Direction
    way: str
    since: date
    article: str | None = Field(description="On which it is stated.")
    rulebook_version: str
    stated_at: datetime

    @staticmethod
    def common(found: Outside, names: Mapping[UUID, str]) -> "OutsideView":
        """What both kinds show."""
        return OutsideView(
            id=found.id,
            department=found.department,
            department_name=names.get(found.department),
            name=found.name,
            information=found.information,
            partners=[PartnerView(department=p, name=names.get(p)) for p in found.partners],
            other_partners=found.other_partners,
            direction=found.direction,
            way=found.way,
            since=found.since,
            article=found.article,
            rulebook_version=found.rulebook_version,
            stated_at=found.stated_at,
        )


class StepView(BaseModel):
    """One thing that was done, in whose name, and what was said with it."""

    model_config = ConfigDict(from_attributes=True)

    act: Act
    at: datetime
    actor: str = Field(examples=["operator:0197c1ee-1f00-7c11-9b00-0242ac120002"])
    department: UUID | None
    stated: dict[str, JsonValue]

    @classmethod
    def of(cls, step: OutsideStep) -> Self:
        """The step on the wire."""
        return cls.model_validate(step)
