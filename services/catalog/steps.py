"""The steps in the life of a resource, on record: never changed, never removed."""

from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.catalog.base import Base
from services.catalog.workflow import Act, Action, State
from shared import db
from shared.ids import new_id

if TYPE_CHECKING:
    from services.catalog.models import Resource


class ResourceStep(Base, kw_only=True):
    """One step in the life of a resource: who took it, when, and under which rulebook."""

    __tablename__ = "resource_step"
    __table_args__ = (
        Index("ix_resource_step_version", "resource_id", "number"),
        {"info": {"runtime": "SELECT, INSERT"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resource.id"))
    number: Mapped[int]
    action: Mapped[Action] = mapped_column(db.named(Action))
    state: Mapped[State] = mapped_column(db.named(State))
    at: Mapped[datetime] = mapped_column(db.Timestamp)
    actor: Mapped[str]
    department: Mapped[UUID]
    rulebook: Mapped[str]
    rulebook_version: Mapped[str]
    remarks: Mapped[str | None] = mapped_column(Text, default=None)

    @classmethod
    def taken(
        cls, action: Action, resource: "Resource", act: Act, remarks: str | None = None
    ) -> Self:
        """The record of a step that `resource` has just taken."""
        return cls(
            resource_id=resource.id,
            number=resource.latest,
            action=action,
            state=resource.state,
            at=act.at,
            actor=act.by.actor,
            department=act.by.department,
            rulebook=act.rulebook.id,
            rulebook_version=act.rulebook.version,
            remarks=remarks,
        )
