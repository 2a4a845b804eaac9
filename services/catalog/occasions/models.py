"""The table of occasions, and the only methods that change one."""

from datetime import date, datetime
from typing import TypedDict
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column, relationship

from services.catalog.base import Base
from services.catalog.departments import Department
from services.catalog.occasions.rules import SettledAlready
from shared import db
from shared.events import catalog as said
from shared.principal import Principal
from shared.rulebooks.vocabulary import Change

PLATFORM = "service:catalog"
"""The actor of what nobody did but the passing of time."""


class _Facts(TypedDict):
    at: datetime
    actor: str
    department: UUID | None
    aggregate: UUID
    version: int
    access_id: UUID | None
    occasion: UUID
    provider: UUID
    due_on: date | None


class Occasion(Base, kw_only=True):
    """A change of law or duty (更新事由), and the update of the catalogue that it makes due.

    `resources` are the entries concerned; none when no entry is. `due_on` is a local day, None
    where the rulebook sets no limit; provisional while it crosses a year that is not announced.
    """

    __tablename__ = "occasion"
    __table_args__ = (
        Index("ix_occasion_open", "due_on", postgresql_where=text("settled_at IS NULL")),
        {"info": {"runtime": "SELECT, INSERT, UPDATE"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1, init=False)
    provider: Mapped[UUID] = mapped_column(ForeignKey("department.id"), index=True)
    cause: Mapped[Change] = mapped_column(db.named(Change))
    description: Mapped[str] = mapped_column(Text)
    changed_on: Mapped[date]
    resources: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    due_on: Mapped[date | None]
    due_provisional: Mapped[bool]
    article: Mapped[str | None]
    rulebook: Mapped[str]
    rulebook_version: Mapped[str]
    registered_at: Mapped[datetime] = mapped_column(db.Timestamp)
    registered_by: Mapped[str]
    reminded_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)
    overdue_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)
    settled_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)
    settled_by: Mapped[str | None] = mapped_column(default=None, init=False)
    remarks: Mapped[str | None] = mapped_column(Text, default=None, init=False)

    department: Mapped[Department] = relationship(lazy="raise", init=False)

    def registered(self, by: Principal | None) -> said.UpdateRegistered:
        """That the department registered it, or that it came with what the department took over."""
        return said.UpdateRegistered(
            **self._facts(self.registered_at, by),
            cause=str(self.cause),
            description=self.description,
            changed_on=self.changed_on,
            resources=self.resources,
            rulebook=self.rulebook,
            rulebook_version=self.rulebook_version,
        )

    def remind(self, at: datetime) -> said.UpdateReminded:
        """The last day is near; said once."""
        self.reminded_at = at
        self.version += 1
        return said.UpdateReminded(**self._facts(at, None))

    def fall_overdue(self, at: datetime) -> said.UpdateOverdue:
        """The last day has passed; said once."""
        self.overdue_at = at
        self.version += 1
        return said.UpdateOverdue(**self._facts(at, None))

    def settle(self, by: Principal, remarks: str, at: datetime) -> said.UpdateSettled:
        """The catalogue is up to date with the change. Raises SettledAlready."""
        if self.settled_at is not None:
            raise SettledAlready("This update was settled already.")
        self.settled_at, self.settled_by, self.remarks = at, by.actor, remarks
        self.version += 1
        return said.UpdateSettled(**self._facts(at, by), remarks=remarks)

    def _facts(self, at: datetime, by: Principal | None) -> _Facts:
        return _Facts(
            at=at,
            actor=by.actor if by else PLATFORM,
            department=by.department if by else None,
            aggregate=self.id,
            version=self.version,
            access_id=by.access_id if by else None,
            occasion=self.id,
            provider=self.provider,
            due_on=self.due_on,
        )
