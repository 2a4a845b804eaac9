"""The table of reviewers whom an authority lends to a department."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base
from shared import db
from shared.events.gateway import ReviewerLent, ReviewerLoanEnded
from shared.principal import Principal


class ReviewerLoan(Base, kw_only=True):
    """A person of one department who reviews for another, from one moment until another."""

    __tablename__ = "reviewer_loan"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT, UPDATE"}},)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    operator: Mapped[UUID] = mapped_column(ForeignKey("operator.id"), index=True)
    department: Mapped[UUID] = mapped_column(ForeignKey("department.id"), index=True)
    since: Mapped[datetime] = mapped_column(db.Timestamp)
    until: Mapped[datetime] = mapped_column(db.Timestamp)
    basis: Mapped[str] = mapped_column(Text)
    lent_at: Mapped[datetime] = mapped_column(db.Timestamp)
    lent_by: Mapped[str]
    ended_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    version: Mapped[int] = mapped_column(default=1)

    def lent(self, by: Principal) -> ReviewerLent:
        """That the person may review for the department."""
        return ReviewerLent(
            at=self.lent_at,
            actor=by.actor,
            department=by.department,
            aggregate=self.id,
            version=self.version,
            access_id=by.access_id,
            operator=self.operator,
            owner=self.department,
            since=self.since,
            until=self.until,
        )

    def end(self, by: Principal, at: datetime) -> ReviewerLoanEnded:
        """The person reviews for the department no more, before the time."""
        self.ended_at = at
        self.version += 1
        return ReviewerLoanEnded(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=self.id,
            version=self.version,
            access_id=by.access_id,
            operator=self.operator,
            owner=self.department,
        )
