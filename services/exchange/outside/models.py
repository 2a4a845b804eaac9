"""What every exchange outside the platform states, and what was done with it."""

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import Index, Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.exchange.base import Base
from shared import db
from shared.ids import new_id


class Direction(StrEnum):
    """Which way the information goes, seen from the department that states it."""

    GIVES = "gives"
    TAKES = "takes"
    BOTH = "both"


class Act(StrEnum):
    """What was done with such an exchange."""

    FILED = "filed"
    AMENDED = "amended"
    RECORDED = "recorded"
    RETURNED = "returned"
    REPORTED = "reported"
    MOVED = "moved"
    KEPT = "kept"
    ENDED = "ended"
    HANDED_OVER = "handed-over"


class Outside(Base, kw_only=True):
    """An exchange outside the platform, as `department` stated it.

    `partners` are departments of the platform, `other_partners` whoever else takes part.
    `region` is the one that the department stood in when it stated it.
    """

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1, init=False)
    department: Mapped[UUID] = mapped_column(index=True)
    region: Mapped[str]
    name: Mapped[str] = mapped_column(Text)
    information: Mapped[str] = mapped_column(Text)
    partners: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    other_partners: Mapped[list[str]] = mapped_column(ARRAY(Text))
    direction: Mapped[Direction] = mapped_column(db.named(Direction))
    way: Mapped[str] = mapped_column(Text)
    since: Mapped[date]
    article: Mapped[str | None]
    rulebook: Mapped[str]
    rulebook_version: Mapped[str]
    stated_at: Mapped[datetime] = mapped_column(db.Timestamp)
    stated_by: Mapped[str]

    def hand_over(self, department: UUID) -> None:
        """The department was followed by another, whose exchange this is now."""
        self.department = department
        self.partners = [partner for partner in self.partners if partner != department]
        self.version += 1


class OutsideStep(Base, kw_only=True):
    """One thing that was done with an exchange outside the platform; never changed.

    `stated` is what was said with it, as it came.
    """

    __tablename__ = "outside_step"
    __table_args__ = (
        Index("ix_outside_step_exchange", "exchange", "id"),
        {"info": {"runtime": "SELECT, INSERT"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    exchange: Mapped[UUID]
    act: Mapped[Act] = mapped_column(db.named(Act))
    at: Mapped[datetime] = mapped_column(db.Timestamp)
    actor: Mapped[str]
    department: Mapped[UUID | None]
    stated: Mapped[dict[str, JsonValue]] = mapped_column(JSONB)
