"""The tables of filings: whom a department named for its duties, every change kept with dates."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base
from shared import db
from shared.events.gateway import FilingChanged, FilingOverdue
from shared.ids import new_id
from shared.principal import Principal
from shared.rulebooks.duties import ResponsibleRole


class Filing(Base, kw_only=True):
    """A department's filing: its version, and when the department was last reminded."""

    __tablename__ = "filing"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT, UPDATE"}},)

    department: Mapped[UUID] = mapped_column(ForeignKey("department.id"), primary_key=True)
    version: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    reminded_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    # Counts changes and reminders together: the events of one aggregate.
    told: Mapped[int] = mapped_column(default=0)

    def change(self, by: Principal, roles: list[str], at: datetime) -> FilingChanged:
        """The filing is another from now on; names stay here."""
        self.version += 1
        self.told += 1
        self.changed_at = at
        return FilingChanged(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=self.department,
            version=self.told,
            access_id=by.access_id,
            owner=self.department,
            roles=roles,
        )

    def remind(
        self, roles: list[str], article: str | None, since: datetime, at: datetime
    ) -> FilingOverdue:
        """The department still has to file these."""
        self.told += 1
        self.reminded_at = at
        return FilingOverdue(
            at=at,
            actor="platform:gateway",
            department=None,
            aggregate=self.department,
            version=self.told,
            owner=self.department,
            roles=roles,
            article=article,
            since=since,
        )


class FiledPerson(Base, kw_only=True):
    """One line of a filing, from a day on and until another; nobody changes what was filed.

    For an internal unit `name` is the unit's. `operator` is the account of a compiler or
    reviewer. `ended_at` is when it was filed that the line no longer holds.
    """

    __tablename__ = "filed_person"
    __table_args__ = (
        Index("ix_filed_person_current", "department", postgresql_where=text("ended_at IS NULL")),
        {"info": {"runtime": "SELECT, INSERT, UPDATE"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    department: Mapped[UUID] = mapped_column(ForeignKey("department.id"), index=True)
    role: Mapped[ResponsibleRole] = mapped_column(db.named(ResponsibleRole))
    name: Mapped[str]
    unit: Mapped[str | None] = mapped_column(default=None)
    position: Mapped[str | None] = mapped_column(default=None)
    office_phone: Mapped[str | None] = mapped_column(default=None)
    operator: Mapped[UUID | None] = mapped_column(ForeignKey("operator.id"), default=None)
    since: Mapped[date]
    filed_at: Mapped[datetime] = mapped_column(db.Timestamp)
    filed_by: Mapped[str]
    ended_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    ended_by: Mapped[str | None] = mapped_column(default=None)
