"""The table of quarterly maintenance, and the only methods that change a row of it."""

from datetime import date, datetime
from typing import TypedDict
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.catalog.base import Base
from services.catalog.departments import Department
from services.catalog.maintenance.rules import MaintenanceConfirmed
from services.catalog.occasions.models import PLATFORM
from shared import db
from shared.events import catalog as said
from shared.principal import Principal


class _Facts(TypedDict):
    at: datetime
    actor: str
    department: UUID | None
    aggregate: UUID
    version: int
    access_id: UUID | None
    provider: UUID
    quarter: str
    due_on: date


class Maintenance(Base, kw_only=True):
    """One department's full maintenance (全面维护) of one quarter, asked for and confirmed.

    `entries` is how many entries of it were in the catalogue when it was confirmed.
    """

    __tablename__ = "maintenance"
    __table_args__ = (
        UniqueConstraint("provider", "quarter"),
        Index("ix_maintenance_open", "due_on", postgresql_where=text("confirmed_at IS NULL")),
        {"info": {"runtime": "SELECT, INSERT, UPDATE"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1, init=False)
    provider: Mapped[UUID] = mapped_column(ForeignKey("department.id"))
    quarter: Mapped[str]
    due_on: Mapped[date]
    article: Mapped[str]
    opened_at: Mapped[datetime] = mapped_column(db.Timestamp)
    reminded_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)
    overdue_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)
    confirmed_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)
    confirmed_by: Mapped[str | None] = mapped_column(default=None, init=False)
    entries: Mapped[int | None] = mapped_column(default=None, init=False)
    remarks: Mapped[str | None] = mapped_column(Text, default=None, init=False)

    department: Mapped[Department] = relationship(lazy="raise", init=False)

    def remind(self, at: datetime) -> said.MaintenanceReminded:
        """The end of the quarter is near; said once."""
        self.reminded_at = at
        self.version += 1
        return said.MaintenanceReminded(**self._facts(at, None))

    def fall_overdue(self, at: datetime) -> said.MaintenanceOverdue:
        """The quarter is over; said once."""
        self.overdue_at = at
        self.version += 1
        return said.MaintenanceOverdue(**self._facts(at, None))

    def confirm(
        self, by: Principal, entries: int, remarks: str, at: datetime
    ) -> said.MaintenanceConfirmed:
        """Somebody of the department went through its whole catalogue.

        Raises MaintenanceConfirmed.
        """
        if self.confirmed_at is not None:
            raise MaintenanceConfirmed(f"{self.quarter} was confirmed already.")
        self.confirmed_at, self.confirmed_by = at, by.actor
        self.entries, self.remarks = entries, remarks
        self.version += 1
        return said.MaintenanceConfirmed(**self._facts(at, by), entries=entries, remarks=remarks)

    def _facts(self, at: datetime, by: Principal | None) -> _Facts:
        return _Facts(
            at=at,
            actor=by.actor if by else PLATFORM,
            department=by.department if by else None,
            aggregate=self.id,
            version=self.version,
            access_id=by.access_id if by else None,
            provider=self.provider,
            quarter=self.quarter,
            due_on=self.due_on,
        )
