"""The tables of exchanges outside the platform that were filed, and of their statistics."""

from datetime import date, datetime
from typing import TypedDict
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.exchange.base import PLATFORM, Base
from services.exchange.off_platform.periods import Period
from services.exchange.off_platform.rules import FilingState, OffPlatformStateUnfit
from services.exchange.outside.models import Outside
from shared import db
from shared.events import exchange_outside as said
from shared.principal import Principal
from shared.workdays import Due


class _Facts(TypedDict):
    at: datetime
    actor: str
    department: UUID | None
    aggregate: UUID
    version: int
    access_id: UUID | None
    exchange: UUID
    owner: UUID


class OffPlatform(Outside, kw_only=True):
    """An exchange that for a special reason does not go over the platform.

    `months` is the length of a period of its statistics. `next_period` is the earliest one without
    them, due on the local day `due_on`; both None once it has ended and all are there.
    """

    __tablename__ = "off_platform"
    __table_args__ = (
        Index("ix_off_platform_due", "due_on", postgresql_where=text("due_on IS NOT NULL")),
        {"info": {"runtime": "SELECT, INSERT, UPDATE"}},
    )

    reason: Mapped[str] = mapped_column(Text)
    months: Mapped[int]
    first_period: Mapped[str]
    next_period: Mapped[str | None]
    due_on: Mapped[date | None]
    due_provisional: Mapped[bool]
    state: Mapped[FilingState] = mapped_column(
        db.named(FilingState), default=FilingState.FILED, init=False
    )
    remarks: Mapped[str | None] = mapped_column(Text, default=None, init=False)
    decided_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)
    ended_on: Mapped[date | None] = mapped_column(default=None, init=False)
    reminded_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)
    overdue_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)

    @property
    def first(self) -> Period:
        """The period in which it was filed."""
        found = Period.named(self.first_period, self.months)
        if found is None:
            raise LookupError("a period that was given is none")
        return found

    def filed(self, by: Principal) -> said.OffPlatformFiled:
        """That the department filed it."""
        if self.due_on is None:
            raise LookupError("what is filed owes statistics")
        return said.OffPlatformFiled(
            **self._facts(self.stated_at, by),
            name=self.name,
            reason=self.reason,
            partners=self.partners,
            due_on=self.due_on,
            rulebook=self.rulebook,
            rulebook_version=self.rulebook_version,
        )

    def amended(self, by: Principal, at: datetime) -> said.OffPlatformAmended:
        """Its department states it otherwise; the fields are set. Raises OffPlatformStateUnfit."""
        self._check_not_ended()
        self.state = FilingState.FILED
        self.version += 1
        return said.OffPlatformAmended(
            **self._facts(at, by), name=self.name, reason=self.reason, partners=self.partners
        )

    def take_on_record(
        self, by: Principal, remarks: str | None, at: datetime
    ) -> said.OffPlatformRecorded:
        """The authority takes it on record. Raises OffPlatformStateUnfit."""
        self._decide(FilingState.RECORDED, remarks, at)
        return said.OffPlatformRecorded(**self._facts(at, by))

    def send_back(self, by: Principal, remarks: str, at: datetime) -> said.OffPlatformReturned:
        """The authority wants it otherwise. Raises OffPlatformStateUnfit."""
        self._decide(FilingState.RETURNED, remarks, at)
        return said.OffPlatformReturned(**self._facts(at, by), remarks=remarks)

    def end(
        self, by: Principal, ended_on: date, reason: str, at: datetime
    ) -> said.OffPlatformEnded:
        """It came to its end. Raises OffPlatformStateUnfit."""
        self._check_not_ended()
        self.state, self.ended_on = FilingState.ENDED, ended_on
        self.version += 1
        return said.OffPlatformEnded(**self._facts(at, by), ended_on=ended_on, reason=reason)

    def expect(self, period: Period | None, due: Due | None) -> None:
        """Statistics of `period` are due next; None once all are there."""
        name = period.name if period else None
        if name != self.next_period:
            self.reminded_at = self.overdue_at = None
        self.next_period = name
        self.due_on = due.date if due else None
        self.due_provisional = due.provisional if due else False

    def remind(self, at: datetime) -> said.StatisticsReminded:
        """The last day is near; said once."""
        period, due_on = self._awaited()
        self.reminded_at = at
        return said.StatisticsReminded(**self._facts(at, None), period=period, due_on=due_on)

    def fall_overdue(self, at: datetime) -> said.StatisticsOverdue:
        """The last day has passed; said once."""
        period, due_on = self._awaited()
        self.overdue_at = at
        return said.StatisticsOverdue(**self._facts(at, None), period=period, due_on=due_on)

    def reported(
        self, by: Principal, report: "Statistics", *, corrected: bool, at: datetime
    ) -> said.StatisticsReported:
        """That its department handed in the statistics of a period."""
        return said.StatisticsReported(
            **self._facts(at, by),
            period=report.period,
            times=report.times,
            rows=report.rows,
            due_on=report.due_on,
            late=report.late,
            corrected=corrected,
        )

    def _awaited(self) -> tuple[str, date]:
        if self.next_period is None or self.due_on is None:
            raise LookupError("nothing is due of it")
        return self.next_period, self.due_on

    def _decide(self, state: FilingState, remarks: str | None, at: datetime) -> None:
        if self.state is not FilingState.FILED:
            raise OffPlatformStateUnfit("Nothing of this filing waits for the authority.")
        self.state, self.remarks, self.decided_at = state, remarks, at
        self.version += 1

    def _check_not_ended(self) -> None:
        if self.state is FilingState.ENDED:
            raise OffPlatformStateUnfit("This exchange has ended; file a new one.")

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


class Statistics(Base, kw_only=True):
    """How often, and with how many rows, an exchange took place in one period."""

    __tablename__ = "off_platform_statistics"
    __table_args__ = (
        Index("ix_off_platform_statistics_first_day", "first_day"),
        {"info": {"runtime": "SELECT, INSERT, UPDATE"}},
    )

    exchange: Mapped[UUID] = mapped_column(ForeignKey("off_platform.id"), primary_key=True)
    period: Mapped[str] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1, init=False)
    first_day: Mapped[date]
    last_day: Mapped[date]
    due_on: Mapped[date]
    times: Mapped[int] = mapped_column(BigInteger)
    rows: Mapped[int] = mapped_column(BigInteger)
    remarks: Mapped[str | None] = mapped_column(Text)
    reported_at: Mapped[datetime] = mapped_column(db.Timestamp)
    late: Mapped[bool]
    corrected_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)

    def correct(self, times: int, rows: int, remarks: str | None, at: datetime) -> None:
        """Other figures are right; when they were first handed in stays."""
        self.times, self.rows, self.remarks, self.corrected_at = times, rows, remarks, at
        self.version += 1
