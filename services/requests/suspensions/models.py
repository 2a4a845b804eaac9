"""The table of suspensions, and the only methods that change one."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index, Text, text
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from services.requests.base import Base
from services.requests.known import KnownDepartment
from services.requests.suspensions.rules import check_not_lifted
from shared import db
from shared.events import requests as said
from shared.principal import Principal


class Suspension(Base, kw_only=True):
    """One department's loss of the right to others' data, from one moment until it is lifted.

    `rulebook_version` is the law under which it was taken, `article` the one it rests on.
    """

    __tablename__ = "suspension"
    __table_args__ = (
        Index(
            "uq_suspension_in_force",
            "department",
            unique=True,
            postgresql_where=text("lifted_at IS NULL"),
        ),
        {"info": {"runtime": "SELECT, INSERT, UPDATE"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1, init=False)
    department: Mapped[UUID] = mapped_column(index=True)
    region: Mapped[str]
    violation: Mapped[str]
    reason: Mapped[str] = mapped_column(Text)
    notified_on: Mapped[date]
    rectify_by: Mapped[date]
    article: Mapped[str]
    rulebook: Mapped[str]
    rulebook_version: Mapped[str]
    suspended_at: Mapped[datetime] = mapped_column(db.Timestamp)
    suspended_by: Mapped[str]
    # The suspension of a department that this one followed, where it was passed on.
    continues: Mapped[UUID | None] = mapped_column(default=None)
    lifted_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)
    lifted_by: Mapped[str | None] = mapped_column(default=None, init=False)
    lifting_reason: Mapped[str | None] = mapped_column(Text, default=None, init=False)

    known_department: Mapped[KnownDepartment | None] = relationship(
        primaryjoin=lambda: foreign(Suspension.department) == KnownDepartment.id,
        init=False,
        default=None,
        viewonly=True,
        lazy="raise",
    )

    def begun(self, by: Principal) -> said.DepartmentSuspended:
        """That the department is suspended."""
        return self._begun(by.department, by.access_id)

    def passed_on(self) -> said.DepartmentSuspended:
        """That whoever followed a suspended department is suspended as it was."""
        return self._begun(None, None)

    def _begun(self, by: UUID | None, access_id: UUID | None) -> said.DepartmentSuspended:
        return said.DepartmentSuspended(
            at=self.suspended_at,
            actor=self.suspended_by,
            department=by,
            aggregate=self.id,
            version=self.version,
            access_id=access_id,
            suspension=self.id,
            suspended=self.department,
            violation=self.violation,
            reason=self.reason,
            notified_on=self.notified_on,
            rectify_by=self.rectify_by,
            article=self.article,
            rulebook=self.rulebook,
            rulebook_version=self.rulebook_version,
            continues=self.continues,
        )

    def lift(self, by: Principal, reason: str, at: datetime) -> said.SuspensionLifted:
        """The department may take again. Raises LiftedAlready."""
        check_not_lifted(self.lifted_at)
        self.lifted_at = at
        self.lifted_by = by.actor
        self.lifting_reason = reason
        self.version += 1
        return said.SuspensionLifted(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=self.id,
            version=self.version,
            access_id=by.access_id,
            suspension=self.id,
            suspended=self.department,
            since=self.suspended_at,
            article=self.article,
            reason=reason,
        )
