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
    OperatorClosed,
    OperatorRegistered,
    OperatorReopened,
    OperatorRolesChanged,
    SecondFactorChanged,
)
from shared.ids import new_id
from shared.principal import Principal


class Operator(Base, kw_only=True):
    """A person's account: opaque, with roles in exactly one department.

    `version` counts the changes that others made. While `temporary_until` is set, the password
    was given by somebody else: it opens nothing but its own change, and only until then.
    """

    __tablename__ = "operator"

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    department: Mapped[UUID] = mapped_column(ForeignKey("department.id"), index=True)
    username: Mapped[str] = mapped_column(unique=True)
    password_hash: Mapped[str]
    roles: Mapped[list[str]] = mapped_column(ARRAY(String))
    registered_at: Mapped[datetime] = mapped_column(db.Timestamp)
    disabled_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    version: Mapped[int] = mapped_column(default=1)
    temporary_until: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)

    @property
    def held(self) -> frozenset[Role]:
        """Its own roles."""
        return frozenset(Role(role) for role in self.roles)

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

    def close(self, by: Principal, successor: UUID | None, at: datetime) -> OperatorClosed:
        """Refuse the account from now on; what was the person's goes to the successor."""
        self.disabled_at = at
        self.version += 1
        return OperatorClosed(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=self.id,
            version=self.version,
            access_id=by.access_id,
            operator=self.id,
            owner=self.department,
            successor=successor,
        )

    def reopen(self, by: Principal, at: datetime) -> OperatorReopened:
        """Let the account in again."""
        self.disabled_at = None
        self.version += 1
        return OperatorReopened(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=self.id,
            version=self.version,
            access_id=by.access_id,
            operator=self.id,
            owner=self.department,
        )

    def change_roles(
        self, by: Principal, roles: frozenset[Role], at: datetime
    ) -> OperatorRolesChanged:
        """These roles and no others, from now on."""
        self.roles = sorted(role.value for role in roles)
        self.version += 1
        return OperatorRolesChanged(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=self.id,
            version=self.version,
            access_id=by.access_id,
            operator=self.id,
            owner=self.department,
            roles=self.roles,
        )

    def set_password(self, password_hash: str, temporary_until: datetime | None) -> None:
        """Another password: the person's own, or one that must be changed by that time."""
        self.password_hash = password_hash
        self.temporary_until = temporary_until
        self.version += 1


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
    version: Mapped[int] = mapped_column(default=0)


class NextSecondFactor(Base, kw_only=True):
    """The key that is to follow a person's present one, which stays good until it is confirmed."""

    __tablename__ = "next_second_factor"

    operator: Mapped[UUID] = mapped_column(ForeignKey("operator.id"), primary_key=True)
    sealed_secret: Mapped[bytes]
    begun_at: Mapped[datetime] = mapped_column(db.Timestamp)


class RecoveryCode(Base, kw_only=True):
    """A code for the day when the telephone is lost: by its keyed digest, usable once."""

    __tablename__ = "recovery_code"

    operator: Mapped[UUID] = mapped_column(ForeignKey("operator.id"), primary_key=True)
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    used_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)


class OperatorCertificate(Base, kw_only=True):
    """A person's certificate that stands in for a one-time code; by its digest alone.

    One certificate is one person's. From `expires_at`, the certificate's own end, it opens nothing.
    """

    __tablename__ = "operator_certificate"

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    operator: Mapped[UUID] = mapped_column(ForeignKey("operator.id"), index=True)
    thumbprint: Mapped[str] = mapped_column(unique=True)
    enrolled_at: Mapped[datetime] = mapped_column(db.Timestamp)
    expires_at: Mapped[datetime] = mapped_column(db.Timestamp)

    def told(
        self, change: str, owner: UUID, by: Principal, version: int, at: datetime
    ) -> SecondFactorChanged:
        """Tell the platform that it was enrolled, or is no more; never which one it is."""
        return SecondFactorChanged(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=self.id,
            version=version,
            access_id=by.access_id,
            operator=self.operator,
            owner=owner,
            change=change,
        )
