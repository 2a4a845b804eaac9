"""The tables of what the gateway knows from the events of others."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base
from shared import db


class GrantCopy(Base, kw_only=True):
    """What the gateway knows of a grant, and the event of requests from which it knows it."""

    __tablename__ = "grant_copy"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    resource: Mapped[UUID]
    provider: Mapped[UUID]
    grantee: Mapped[UUID]
    purpose: Mapped[str]
    grade: Mapped[str]
    valid_from: Mapped[datetime] = mapped_column(db.Timestamp)
    valid_until: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    revoked_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    # Who inside the grantee may use it, null for all of it; and what demands that one be named.
    circle: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid), default=None)
    circle_article: Mapped[str | None] = mapped_column(default=None)
    personal: Mapped[bool] = mapped_column(default=False)
    # What may be used of it on one local day; null is not bounded.
    calls_per_day: Mapped[int | None] = mapped_column(default=None)
    keys_per_day: Mapped[int | None] = mapped_column(default=None)
    sequence: Mapped[int] = mapped_column(BigInteger, default=0, index=True)


class SuspensionCopy(Base, kw_only=True):
    """What the gateway knows of a department's suspension, and the event that it knows it from."""

    __tablename__ = "suspension_copy"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    department: Mapped[UUID]
    article: Mapped[str]
    since: Mapped[datetime] = mapped_column(db.Timestamp)
    lifted_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    sequence: Mapped[int] = mapped_column(BigInteger, default=0)
