"""The table of older exchanges, and the only methods that change one."""

from datetime import date, datetime
from typing import TypedDict
from uuid import UUID

from sqlalchemy import Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.exchange.base import PLATFORM
from services.exchange.older.migration import MigrationState
from services.exchange.outside.models import Outside
from shared import db
from shared.events import exchange_outside as said
from shared.principal import Principal


class _Facts(TypedDict):
    at: datetime
    actor: str
    department: UUID | None
    aggregate: UUID
    version: int
    access_id: UUID | None
    exchange: UUID
    owner: UUID


class OlderExchange(Outside, kw_only=True):
    """An exchange that was there before the platform, and where its migration stands.

    `planned_on` is the local day by which it is to have moved, `resources` are those of the
    platform that take its place, `remarks` what was said with the last step.
    """

    __tablename__ = "older_exchange"
    __table_args__ = (
        Index(
            "ix_older_exchange_planned", "planned_on", postgresql_where=text("overdue_at IS NULL")
        ),
        {"info": {"runtime": "SELECT, INSERT, UPDATE"}},
    )

    system: Mapped[str] = mapped_column(Text)
    state: Mapped[MigrationState] = mapped_column(
        db.named(MigrationState), default=MigrationState.REGISTERED
    )
    planned_on: Mapped[date | None] = mapped_column(default=None)
    resources: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid), default_factory=list, init=False)
    remarks: Mapped[str | None] = mapped_column(Text, default=None, init=False)
    moved_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)
    overdue_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)

    def registered(self, by: Principal) -> said.OlderExchangeRegistered:
        """That the department registered it."""
        return said.OlderExchangeRegistered(
            **self._facts(self.stated_at, by),
            name=self.name,
            partners=self.partners,
            planned_on=self.planned_on,
            rulebook=self.rulebook,
            rulebook_version=self.rulebook_version,
        )

    def amended(self, by: Principal, at: datetime) -> said.OlderExchangeAmended:
        """Its department describes it otherwise; the fields are set."""
        self.version += 1
        return said.OlderExchangeAmended(
            **self._facts(at, by), name=self.name, partners=self.partners
        )

    def move(
        self,
        by: Principal,
        to: MigrationState,
        *,
        planned_on: date | None,
        resources: list[UUID],
        remarks: str | None,
        at: datetime,
    ) -> said.OlderExchangeMoved:
        """Its migration stands at `to` now; the step was checked."""
        formerly, self.state = self.state, to
        if planned_on != self.planned_on:
            self.overdue_at = None
        self.planned_on, self.resources, self.remarks = planned_on, resources, remarks
        self.moved_at = at
        self.version += 1
        return said.OlderExchangeMoved(
            **self._facts(at, by),
            state=to,
            formerly=formerly,
            planned_on=planned_on,
            resources=resources,
        )

    def fall_overdue(self, at: datetime) -> said.OlderExchangeOverdue:
        """The planned day has passed; said once."""
        if self.planned_on is None:
            raise LookupError("it has no planned day")
        self.overdue_at = at
        return said.OlderExchangeOverdue(**self._facts(at, None), planned_on=self.planned_on)

    def _facts(self, at: datetime, by: Principal | None) -> _Facts:
        return _Facts(
            at=at,
            actor=by.actor if by else PLATFORM,
            department=by.department if by else None,
            aggregate=self.id,
            version=self.version,
            access_id=by.access_id if by else None,
            exchange=self.id,
            owner=self.department,
        )
