"""The table of deliveries, and the only methods that change one."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.exchange.base import Base
from services.exchange.delivered import CutKind
from shared import db
from shared.events import exchange as said
from shared.ids import new_id
from shared.principal import Principal


class DeliveryState(StrEnum):
    """Whether the holder said that it holds what it was handed."""

    UNCONFIRMED = "unconfirmed"
    DIFFERS = "differs"
    CONFIRMED = "confirmed"


class Delivery(Base, kw_only=True):
    """What one manifest handed out under a grant: a snapshot at `sequence`, or what changed after
    `after` up to it. `digest` is of the files' digests in the manifest's order; the same handed
    out again is the same delivery. Once confirmed it stays so."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("grant_id", "epoch", "sequence", "after", "kind", "digest"),
        {"info": {"runtime": "SELECT, INSERT, UPDATE"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    version: Mapped[int] = mapped_column(default=1)
    grant_id: Mapped[UUID]
    resource_id: Mapped[UUID] = mapped_column(index=True)
    epoch: Mapped[int]
    after: Mapped[int] = mapped_column(BigInteger)
    sequence: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[CutKind] = mapped_column(db.named(CutKind))
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    rows: Mapped[int] = mapped_column(BigInteger)
    told_at: Mapped[datetime] = mapped_column(db.Timestamp)
    told_to: Mapped[str]
    confirmed_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    confirmed_by: Mapped[str | None] = mapped_column(default=None)
    # When somebody said last that it holds something else, and the digest of that.
    differed_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    differing: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)

    @property
    def state(self) -> DeliveryState:
        """What its holder said of it last."""
        if self.confirmed_at is not None:
            return DeliveryState.CONFIRMED
        return DeliveryState.UNCONFIRMED if self.differed_at is None else DeliveryState.DIFFERS

    def confirm(self, by: Principal, at: datetime) -> said.DeliveryConfirmed:
        """The holder holds just this."""
        self.confirmed_at, self.confirmed_by = at, by.actor
        self.version += 1
        return said.DeliveryConfirmed(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=self.id,
            version=self.version,
            access_id=by.access_id,
            grant=self.grant_id,
            resource=self.resource_id,
            epoch=self.epoch,
            sequence=self.sequence,
            digest=self.digest.hex(),
        )

    def differ(self, by: Principal, holds: bytes, at: datetime) -> said.DeliveryDiffered:
        """The holder holds something else; what was confirmed before stays confirmed."""
        self.differed_at, self.differing = at, holds
        self.version += 1
        return said.DeliveryDiffered(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=self.id,
            version=self.version,
            access_id=by.access_id,
            grant=self.grant_id,
            resource=self.resource_id,
            epoch=self.epoch,
            sequence=self.sequence,
            digest=self.digest.hex(),
            holds=holds.hex(),
        )
