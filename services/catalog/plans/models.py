"""The tables of yearly plans, and the only methods that change one.

An adopted plan never changes again: the database refuses it by trigger (see the migration).
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.catalog.base import Base
from services.catalog.plans.rules import PlanEmpty, PlanFrozen, PlanState
from shared import db
from shared.events.catalog import YearPlanAdopted
from shared.principal import Principal


class YearPlanItem(Base, kw_only=True):
    """One resource that a department is to share until a day.

    It is known by name, since what is planned need not exist yet; `name_key` finds it.
    """

    __tablename__ = "year_plan_item"

    plan_id: Mapped[UUID] = mapped_column(
        ForeignKey("year_plan.id", ondelete="CASCADE"), primary_key=True, init=False
    )
    position: Mapped[int] = mapped_column(primary_key=True)
    provider: Mapped[UUID] = mapped_column(ForeignKey("department.id"))
    name: Mapped[str] = mapped_column(Text)
    name_key: Mapped[str] = mapped_column(Text)
    due_on: Mapped[date]


class YearPlan(Base, kw_only=True):
    """One region's plan for one year, of what its departments are to share."""

    __tablename__ = "year_plan"
    __table_args__ = (
        UniqueConstraint("region", "year"),
        {"info": {"runtime": "SELECT, INSERT, UPDATE"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1, init=False)
    region: Mapped[str]
    year: Mapped[int]
    title: Mapped[str] = mapped_column(Text)
    article: Mapped[str]
    rulebook_version: Mapped[str]
    state: Mapped[PlanState] = mapped_column(
        db.named(PlanState), default=PlanState.DRAFT, init=False
    )
    drawn_up_at: Mapped[datetime] = mapped_column(db.Timestamp)
    drawn_up_by: Mapped[str]
    adopted_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)
    adopted_by: Mapped[str | None] = mapped_column(default=None, init=False)
    items: Mapped[list[YearPlanItem]] = relationship(
        order_by=YearPlanItem.position,
        cascade="all, delete-orphan",
        lazy="raise",
        default_factory=list,
    )

    def draw_up(self, title: str, items: list[YearPlanItem], by: Principal, at: datetime) -> None:
        """Let the draft hold these items. Raises PlanFrozen."""
        self._check_open()
        self.title, self.items = title, items
        self.drawn_up_at, self.drawn_up_by = at, by.actor
        self.version += 1

    def adopt(self, by: Principal, at: datetime) -> YearPlanAdopted:
        """The plan holds, and never changes again. Raises PlanFrozen and PlanEmpty."""
        self._check_open()
        if not self.items:
            raise PlanEmpty("Put into the plan what is to be shared in the year.")
        self.state, self.adopted_at, self.adopted_by = PlanState.ADOPTED, at, by.actor
        self.version += 1
        return YearPlanAdopted(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=self.id,
            version=self.version,
            access_id=by.access_id,
            region=self.region,
            year=self.year,
            title=self.title,
            items=len(self.items),
            rulebook_version=self.rulebook_version,
        )

    def _check_open(self) -> None:
        if self.state is PlanState.ADOPTED:
            raise PlanFrozen("An adopted plan never changes: the year is assessed against it.")
