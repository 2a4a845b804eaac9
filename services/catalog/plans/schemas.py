"""The wire shapes of yearly plans."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.catalog.plans.models import YearPlan
from services.catalog.plans.rules import PlanState, Progress, Promise
from services.catalog.schemas import Body, Name

_MARKET = "0197c1e0-0000-7000-8000-000000000002"


class PromiseBody(Body):
    """One resource that is to be shared."""

    provider: UUID = Field(examples=[_MARKET])
    name: Name = Field(description="信息资源名称, as it will be published.")
    due_on: date = Field(description="The last local day, inside the year.")

    def promise(self) -> Promise:
        """The item as the rules see it."""
        return Promise(name=self.name, due_on=self.due_on)


class PlanBody(Body):
    """What is to be shared in a year."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "title": "2027年政务信息资源共享目录工作计划",
                    "items": [
                        {"provider": _MARKET, "name": "食品经营许可信息", "due_on": "2027-06-30"}
                    ],
                }
            ]
        },
    )

    title: Name
    items: Annotated[list[PromiseBody], Field(max_length=5000)] = Field(default=[])


class NewPlanBody(PlanBody):
    """A plan and the year that it is for."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "year": 2027,
                    "title": "2027年政务信息资源共享目录工作计划",
                    "items": [
                        {"provider": _MARKET, "name": "食品经营许可信息", "due_on": "2027-06-30"}
                    ],
                }
            ]
        },
    )

    year: Annotated[int, Field(ge=2000, le=2999)]


class PromiseView(BaseModel):
    """One item of a plan."""

    provider: UUID
    name: str
    due_on: date


class PlanSummary(BaseModel):
    """A yearly plan in a list."""

    id: UUID
    version: int
    region: str
    year: int
    title: str
    state: PlanState
    article: str = Field(examples=["baoji-2017 §5 §23"])
    drawn_up_at: datetime
    adopted_at: datetime | None

    @classmethod
    def of(cls, plan: YearPlan) -> Self:
        """The summary of a plan."""
        return cls(
            id=plan.id,
            version=plan.version,
            region=plan.region,
            year=plan.year,
            title=plan.title,
            state=plan.state,
            article=plan.article,
            drawn_up_at=plan.drawn_up_at,
            adopted_at=plan.adopted_at,
        )


class PlanView(PlanSummary):
    """A yearly plan with its items."""

    items: list[PromiseView]

    @classmethod
    def complete(cls, plan: YearPlan) -> Self:
        """The view of a plan; its items must be loaded."""
        promises = [
            PromiseView(provider=item.provider, name=item.name, due_on=item.due_on)
            for item in plan.items
        ]
        return cls(**PlanSummary.of(plan).model_dump(), items=promises)


class PromiseProgressView(PromiseView):
    """How far one item has come."""

    answerable: UUID = Field(description="Who answers for it now: it, or who followed it.")
    progress: Progress
    shared_on: date | None = Field(description="The local day on which it was first shared.")


class PlanProgressView(BaseModel):
    """How far a plan has come on a day."""

    plan: UUID
    year: int
    on: date
    done: int
    done_late: int
    open: int
    overdue: int
    items: list[PromiseProgressView]
