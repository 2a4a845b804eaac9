"""The table of what is expected of each resource's data, and the methods that change it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.exchange.base import PLATFORM, Base
from services.exchange.freshness.rules import Expected
from services.exchange.models import Resource
from shared import db
from shared.events import exchange_freshness as said
from shared.events.catalog import UpdateCycle
from shared.principal import Principal


class Freshness(Base, kw_only=True):
    """What the catalogue promises of a resource's data, and what follows from the newest; none
    of a resource whose data does not come in batches.

    `counted_from` is the moment that the data is of, or that the resource entered the catalogue
    while it has none; None until it was counted. A provider's word that nothing has changed counts
    as data of that moment, as long as the data is still that of `confirmed_sequence`.
    """

    __tablename__ = "freshness"
    __table_args__ = (
        Index("ix_freshness_untold", "last_on", postgresql_where=text("late_told_at IS NULL")),
        {"info": {"runtime": "SELECT, INSERT, UPDATE, DELETE"}},
    )

    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resource.id"), primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    region: Mapped[str] = mapped_column(index=True)
    cycle: Mapped[UpdateCycle] = mapped_column(db.named(UpdateCycle))
    catalogued_at: Mapped[datetime] = mapped_column(db.Timestamp)
    confirmed_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    confirmed_epoch: Mapped[int | None] = mapped_column(default=None)
    confirmed_sequence: Mapped[int | None] = mapped_column(BigInteger, default=None)
    counted_from: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    rulebook_version: Mapped[str | None] = mapped_column(default=None)
    expected_on: Mapped[date | None] = mapped_column(default=None)
    last_on: Mapped[date | None] = mapped_column(default=None)
    provisional: Mapped[bool] = mapped_column(default=False)
    late_told_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)

    def as_of(self, resource: Resource) -> datetime:
        """The moment that its data is of."""
        if self.confirmed_at is not None and (resource.epoch, resource.sequence) == (
            self.confirmed_epoch,
            self.confirmed_sequence,
        ):
            return self.confirmed_at
        return resource.data_at or self.catalogued_at

    def count(self, since: datetime, found: Expected | None, rulebook_version: str) -> None:
        """What follows from data of `since`."""
        self.counted_from, self.rulebook_version = since, rulebook_version
        self.expected_on = found.on if found else None
        self.last_on = found.last if found else None
        self.provisional = found.provisional if found else False

    def confirm(self, resource: Resource, by: Principal, at: datetime) -> said.DataConfirmed:
        """The provider says that its data is as it was: nothing has changed."""
        self.confirmed_at = at
        self.confirmed_epoch, self.confirmed_sequence = resource.epoch, resource.sequence
        self.version += 1
        return said.DataConfirmed(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=self.resource_id,
            version=self.version,
            access_id=by.access_id,
            resource=self.resource_id,
            provider=resource.provider,
            epoch=resource.epoch,
            sequence=resource.sequence,
        )

    def fall_late(self, resource: Resource, holders: list[UUID], at: datetime) -> said.DataLate:
        """The last day has passed; said once until newer data comes."""
        if self.expected_on is None or self.last_on is None:
            raise LookupError("nothing is expected of it")
        self.late_told_at = at
        self.version += 1
        return said.DataLate(
            at=at,
            actor=PLATFORM,
            department=None,
            aggregate=self.resource_id,
            version=self.version,
            resource=self.resource_id,
            provider=resource.provider,
            expected_on=self.expected_on,
            last_on=self.last_on,
            holders=holders,
        )

    def catch_up(
        self, resource: Resource, holders: list[UUID], over: int, at: datetime
    ) -> said.DataCaughtUp:
        """Newer data came after all, `over` working days late."""
        self.late_told_at = None
        self.version += 1
        return said.DataCaughtUp(
            at=at,
            actor=PLATFORM,
            department=None,
            aggregate=self.resource_id,
            version=self.version,
            resource=self.resource_id,
            provider=resource.provider,
            working_days_late=over,
            holders=holders,
        )
