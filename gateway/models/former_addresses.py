"""The table of an old platform's addresses, and the only methods that change one."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base
from shared import db
from shared.events.gateway import FormerAddressEnded
from shared.principal import Principal


class FormerAddress(Base, kw_only=True):
    """An address of an old platform, and the one at which the same is answered here."""

    __tablename__ = "former_address"
    __table_args__ = (
        Index(
            "uq_former_address_address",
            "address",
            unique=True,
            postgresql_where=text("ended_at IS NULL"),
        ),
        {"info": {"runtime": "SELECT, INSERT, UPDATE"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(default=1, init=False)
    platform: Mapped[str] = mapped_column(Text)
    address: Mapped[str] = mapped_column(Text)
    target: Mapped[str] = mapped_column(Text)
    reason: Mapped[str] = mapped_column(Text)
    taken_over_at: Mapped[datetime] = mapped_column(db.Timestamp)
    taken_over_by: Mapped[str]
    ended_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None, init=False)
    ended_by: Mapped[str | None] = mapped_column(default=None, init=False)

    def end(self, by: Principal, at: datetime) -> FormerAddressEnded:
        """From now on it leads nowhere."""
        self.ended_at, self.ended_by = at, by.actor
        self.version += 1
        return FormerAddressEnded(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=self.id,
            version=self.version,
            access_id=by.access_id,
            former_address=self.id,
        )
