"""The wire shapes of quarterly maintenance and of upkeep figures."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.catalog.maintenance.models import Maintenance
from services.catalog.maintenance.queries import Figures
from services.catalog.schemas import Body, Text


class ConfirmBody(Body):
    """That the whole catalogue of the department was gone through, and what came of it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"remarks": "逐项核对，两项已更新，其余无变化"}]},
    )

    remarks: Annotated[Text, Field(min_length=1)]


class MaintenanceView(BaseModel):
    """One department's full maintenance of one quarter."""

    id: UUID
    provider: UUID
    provider_name: str = Field(examples=["示例市市场监督管理局"])
    quarter: str = Field(examples=["2026Q4"])
    due_on: date = Field(description="The last day of the quarter.")
    article: str = Field(examples=["baoji-2017 §10"])
    overdue: bool = Field(description="The quarter is over, and nobody has confirmed it.")
    confirmed_at: datetime | None
    entries: int | None = Field(description="Entries in the catalogue when it was confirmed.")
    remarks: str | None

    @classmethod
    def of(cls, maintenance: Maintenance, today: date) -> Self:
        """The view on a local day; the department must be loaded."""
        return cls(
            id=maintenance.id,
            provider=maintenance.provider,
            provider_name=maintenance.department.name,
            quarter=maintenance.quarter,
            due_on=maintenance.due_on,
            article=maintenance.article,
            overdue=maintenance.confirmed_at is None and maintenance.due_on < today,
            confirmed_at=maintenance.confirmed_at,
            entries=maintenance.entries,
            remarks=maintenance.remarks,
        )


class FiguresView(BaseModel):
    """How one department keeps its catalogue."""

    department: UUID
    name: str = Field(examples=["示例市市场监督管理局"])
    published: int = Field(description="Entries in the catalogue.")
    shared: int = Field(description="Of these, shared with or without condition.")
    withdrawn: int
    under_way: int = Field(description="Drafts, and what is handed in.")
    last_published_at: datetime | None
    updates_open: int = Field(description="Changes of law or duty that are not settled.")
    updates_overdue: int
    updates_settled: int
    updates_settled_late: int
    quarters_confirmed: int
    quarters_overdue: int

    @classmethod
    def of(cls, figures: Figures) -> Self:
        """The view of a department's figures."""
        return cls(
            department=figures.department.id,
            name=figures.department.name,
            published=figures.published,
            shared=figures.shared,
            withdrawn=figures.withdrawn,
            under_way=figures.under_way,
            last_published_at=figures.last_published_at,
            updates_open=figures.updates_open,
            updates_overdue=figures.updates_overdue,
            updates_settled=figures.updates_settled,
            updates_settled_late=figures.updates_settled_late,
            quarters_confirmed=figures.quarters_confirmed,
            quarters_overdue=figures.quarters_overdue,
        )
