"""The tables of departments' machines: their secrets, keys, addresses and permissions."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base
from gateway.roles import ClientKind
from shared import db
from shared.events.gateway import (
    ClientAddressesChanged,
    ClientPermissionsChanged,
    ClientRegistered,
    ClientRevoked,
)
from shared.ids import new_id
from shared.principal import Permission, Principal


class Client(Base, kw_only=True):
    """A department's machine and the hash of its secret."""

    __tablename__ = "client"

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    department: Mapped[UUID] = mapped_column(ForeignKey("department.id"), index=True)
    kind: Mapped[ClientKind] = mapped_column(db.named(ClientKind))
    name: Mapped[str]
    registered_at: Mapped[datetime] = mapped_column(db.Timestamp)
    revoked_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)

    def register(self, actor: str, by: UUID | None, at: datetime) -> ClientRegistered:
        """Tell the platform of this client."""
        return ClientRegistered(
            at=at,
            actor=actor,
            department=by,
            aggregate=self.id,
            client=self.id,
            owner=self.department,
            kind=self.kind,
        )

    def revoke(self, actor: str, by: UUID | None, at: datetime) -> ClientRevoked | None:
        """Refuse the client from now on; nothing new the second time."""
        if self.revoked_at is not None:
            return None
        self.revoked_at = at
        return ClientRevoked(
            at=at,
            actor=actor,
            department=by,
            aggregate=self.id,
            version=2,
            client=self.id,
            owner=self.department,
        )


class ClientSecret(Base, kw_only=True):
    """One of a machine's secrets, hashed; two may be valid at once, so that one can follow."""

    __tablename__ = "client_secret"

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    client: Mapped[UUID] = mapped_column(ForeignKey("client.id"), index=True)
    secret_hash: Mapped[str]
    added_at: Mapped[datetime] = mapped_column(db.Timestamp)
    expires_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    removed_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    last_used_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)


class ClientKeys(Base, kw_only=True):
    """The public keys (RFC 7517) with which a machine signs its assertions."""

    __tablename__ = "client_keys"

    client: Mapped[UUID] = mapped_column(ForeignKey("client.id"), primary_key=True)
    keys: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
    # Whether it proves who it is by such a key alone: then its secrets open nothing.
    only: Mapped[bool] = mapped_column(default=False)
    set_at: Mapped[datetime] = mapped_column(db.Timestamp)
    version: Mapped[int] = mapped_column(default=1)


class ClientCertificates(Base, kw_only=True):
    """The certificates that a machine may show (gateway/certificates/schemas.py)."""

    __tablename__ = "client_certificates"

    client: Mapped[UUID] = mapped_column(ForeignKey("client.id"), primary_key=True)
    accepted: Mapped[list[dict[str, str]]] = mapped_column(JSONB)
    # Whether it gets no token without one of them.
    only: Mapped[bool]
    set_at: Mapped[datetime] = mapped_column(db.Timestamp)
    version: Mapped[int] = mapped_column(default=1)


class UsedAssertion(Base, kw_only=True):
    """An assertion that a machine has used: by the digest of client and jti, until it expires."""

    __tablename__ = "used_assertion"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(db.Timestamp, index=True)


class ClientAddresses(Base, kw_only=True):
    """Where a machine may call from, as networks in CIDR; null is anywhere."""

    __tablename__ = "client_addresses"

    client: Mapped[UUID] = mapped_column(ForeignKey("client.id"), primary_key=True)
    networks: Mapped[list[str] | None] = mapped_column(ARRAY(String))
    version: Mapped[int]

    def set_to(
        self, networks: list[str] | None, owner: UUID, by: Principal, at: datetime
    ) -> ClientAddressesChanged:
        """From these only, from now on."""
        self.networks = networks
        self.version += 1
        return ClientAddressesChanged(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=self.client,
            version=self.version,
            access_id=by.access_id,
            client=self.client,
            owner=owner,
            addresses=networks,
        )


class ClientPermissions(Base, kw_only=True):
    """What a machine is limited to, of what its kind may do; null is all of it."""

    __tablename__ = "client_permissions"

    client: Mapped[UUID] = mapped_column(ForeignKey("client.id"), primary_key=True)
    permissions: Mapped[list[str] | None] = mapped_column(ARRAY(String))
    version: Mapped[int]

    @property
    def limit(self) -> frozenset[Permission] | None:
        """What it is limited to. A permission that there is no more is none."""
        if self.permissions is None:
            return None
        return frozenset(p for p in Permission if p.value in self.permissions)

    def set_to(
        self, limit: list[Permission] | None, owner: UUID, by: Principal, at: datetime
    ) -> ClientPermissionsChanged:
        """These only, from now on."""
        self.permissions = None if limit is None else [p.value for p in limit]
        self.version += 1
        return ClientPermissionsChanged(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=self.client,
            version=self.version,
            access_id=by.access_id,
            client=self.client,
            owner=owner,
            permissions=self.permissions,
        )
