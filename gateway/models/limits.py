"""The tables of how much callers and grants may use, and have used."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base
from shared.events.gateway import ClientLimitsChanged
from shared.principal import Principal


class ClientLimits(Base, kw_only=True):
    """How fast a machine may call where it is not as fast as others; null is as others."""

    __tablename__ = "client_limits"

    client: Mapped[UUID] = mapped_column(ForeignKey("client.id"), primary_key=True)
    requests: Mapped[int | None]
    seconds: Mapped[int | None]
    version: Mapped[int]

    @property
    def rate(self) -> tuple[int, int] | None:
        """Requests and seconds, None where it is as fast as others."""
        if self.requests is None or self.seconds is None:
            return None
        return self.requests, self.seconds

    def set_to(
        self, rate: tuple[int, int] | None, owner: UUID, by: Principal, at: datetime
    ) -> ClientLimitsChanged:
        """So fast, from now on."""
        self.requests, self.seconds = rate or (None, None)
        self.version += 1
        return ClientLimitsChanged(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=self.client,
            version=self.version,
            access_id=by.access_id,
            client=self.client,
            owner=owner,
            requests=self.requests,
            seconds=self.seconds,
        )


class GrantUsage(Base, kw_only=True):
    """What was used of a grant on one local day, as one gateway process has counted it.

    `source` is that process on that day; the numbers of all sources together are the day's.
    """

    __tablename__ = "grant_usage"
    __table_args__ = (Index("ix_grant_usage_day", "day"),)

    grant: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    source: Mapped[UUID] = mapped_column(primary_key=True)
    calls: Mapped[int] = mapped_column(BigInteger)
    keys: Mapped[int] = mapped_column(BigInteger)
