"""The tables of people's accounts and their second factors."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base
from gateway.roles import Role
from shared import db
from shared.events.gateway import (
    OperatorRegistered,
)
from shared.ids import new_id


class Operator(Base, kw_only=True):
    """A person's account: opaque, with roles in exactly one department."""

    __tablename__ = "operator"

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    department: Mapped[UUID] = mapped_column(ForeignKey("department.id"), index=True)
    username: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(ARRAY(String))
    registered_at: Mapped[datetime] = mapped_column(db.Timestamp)
    disabled_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)

    def register(self, actor: str, by: UUID | None, at: datetime) -> OperatorRegistered:
        """Tell the platform of this account; neither name nor password travels."""
        return OperatorRegistered(
            at=at,
            actor=actor,
            department=by,
            aggregate=self.id,
            operator=self.id,
            owner=self.department,
            roles=[Role(role).value for role in self.roles],
        )


class SecondFactor(Base, kw_only=True):
    """A person's one-time codes (RFC 6238); the secret is sealed under the gateway's key.

    `last_step` is the newest time step whose code was used: none at or before it is good again.
    """

    __tablename__ = "second_factor"

    operator: Mapped[UUID] = mapped_column(ForeignKey("operator.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(unique=True, default_factory=new_id)
    sealed_secret: Mapped[bytes]
    enrolled_at: Mapped[datetime] = mapped_column(db.Timestamp)
    confirmed_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    last_step: Mapped[int] = mapped_column(BigInteger, default=0)


class RecoveryCode(Base, kw_only=True):
    """A code for the day when the telephone is lost: by its keyed digest, usable once."""

    __tablename__ = "recovery_code"

    operator: Mapped[UUID] = mapped_column(ForeignKey("operator.id"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    used_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
