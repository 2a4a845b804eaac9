"""The wire shapes of occasions."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.catalog.occasions.models import Occasion
from services.catalog.schemas import Body, Text
from shared.rulebooks.vocabulary import Change


class OccasionBody(Body):
    """What changed, when, and which entries it concerns."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "cause": "functions",
                    "description": "知识产权管理职能划入本局",
                    "changed_on": "2026-11-02",
                    "resources": ["0197c1ee-1f00-7c11-9b00-0242ac120002"],
                }
            ]
        },
    )

    cause: Change = Field(description="What makes the update due by the rulebook.")
    description: Annotated[Text, Field(min_length=1)] = Field(
        description="The law or the duty that changed, and how."
    )
    changed_on: Annotated[date, Field(ge=date(2000, 1, 1))] = Field(
        description="The local day from which it holds."
    )
    resources: Annotated[list[UUID], Field(max_length=1000)] = Field(
        default=[], description="The entries of your department that have to be updated."
    )


class SettleBody(Body):
    """How the catalogue was brought up to date."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"remarks": "两项目录已重新编制并提交"}]}
    )

    remarks: Annotated[Text, Field(min_length=1)]


class OccasionView(BaseModel):
    """A change of law or duty and the update that it makes due."""

    id: UUID
    provider: UUID
    provider_name: str = Field(examples=["示例市市场监督管理局"])
    cause: Change
    description: str
    changed_on: date
    resources: list[UUID]
    due_on: date | None = Field(description="The last day; null where the rulebook sets no limit.")
    due_provisional: bool
    article: str | None = Field(examples=["baoji-2017 §10"])
    rulebook_version: str
    registered_at: datetime
    overdue: bool = Field(description="Due before today, and not settled.")
    settled_at: datetime | None
    remarks: str | None

    @classmethod
    def of(cls, occasion: Occasion, today: date) -> Self:
        """The view of an occasion on a local day; its department must be loaded."""
        late = occasion.due_on is not None and occasion.due_on < today
        return cls(
            id=occasion.id,
            provider=occasion.provider,
            provider_name=occasion.department.name,
            cause=occasion.cause,
            description=occasion.description,
            changed_on=occasion.changed_on,
            resources=occasion.resources,
            due_on=occasion.due_on,
            due_provisional=occasion.due_provisional,
            article=occasion.article,
            rulebook_version=occasion.rulebook_version,
            registered_at=occasion.registered_at,
            overdue=late and occasion.settled_at is None,
            settled_at=occasion.settled_at,
            remarks=occasion.remarks,
        )
