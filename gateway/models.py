"""The gateway's tables, and the only methods that change them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, String, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gateway.roles import ClientKind, Role
from shared import db
from shared.events.gateway import (
    ClientAddressesChanged,
    ClientRegistered,
    ClientRevoked,
    DepartmentRegistered,
    OperatorRegistered,
)
from shared.idempotency import IdempotencyTable
from shared.ids import new_id
from shared.inbox import InboxTable, ParkedTable
from shared.outbox import CounterTable, OutboxTable
from shared.principal import Principal


class Base(db.Declarative, kw_only=True, eq=False):
    """Every table of the gateway."""

    __abstract__ = True
    metadata = db.metadata()


class Outbox(OutboxTable, Base, kw_only=True):
    """The gateway's outbox."""


class Counter(CounterTable, Base, kw_only=True):
    """The gateway's outbox counter."""


class Inbox(InboxTable, Base, kw_only=True):
    """The gateway's inbox."""


class Parked(ParkedTable, Base, kw_only=True):
    """What the gateway could not handle."""


class Idempotency(IdempotencyTable, Base, kw_only=True):
    """The gateway's idempotency keys."""


class Department(Base, kw_only=True):
    """A department: only its id, which outlives every name, code and parent."""

    __tablename__ = "department"

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    registered_at: Mapped[datetime] = mapped_column(db.Timestamp)
    version: Mapped[int] = mapped_column(default=1)


class Particulars(Base, kw_only=True):
    """What a department is called and where it belongs, from one moment until the next."""

    __tablename__ = "department_particulars"
    __table_args__ = (
        Index(
            "uq_department_particulars_current",
            "department",
            unique=True,
            postgresql_where=text("until IS NULL"),
        ),
        Index(
            "uq_department_particulars_credit_code",
            "credit_code",
            unique=True,
            postgresql_where=text("until IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    department: Mapped[UUID] = mapped_column(ForeignKey("department.id"), index=True)
    since: Mapped[datetime] = mapped_column(db.Timestamp)
    until: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    name: Mapped[str]
    short_name: Mapped[str]
    credit_code: Mapped[str] = mapped_column(String(18))
    region: Mapped[str]
    parent: Mapped[UUID | None] = mapped_column(ForeignKey("department.id"), default=None)
    is_authority: Mapped[bool] = mapped_column(default=False)

    def announce(
        self, actor: str, by: UUID | None, at: datetime, version: int
    ) -> DepartmentRegistered:
        """Tell the platform these particulars."""
        return DepartmentRegistered(
            at=at,
            actor=actor,
            department=by,
            aggregate=self.department,
            version=version,
            name=self.name,
            short_name=self.short_name,
            credit_code=self.credit_code,
            region=self.region,
            parent=self.parent,
            is_authority=self.is_authority,
        )


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
    set_at: Mapped[datetime] = mapped_column(db.Timestamp)
    version: Mapped[int] = mapped_column(default=1)


class UsedAssertion(Base, kw_only=True):
    """An assertion that a machine has used: by the digest of client and jti, until it expires."""

    __tablename__ = "used_assertion"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(db.Timestamp, index=True)


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


class LogIn(Base, kw_only=True):
    """A person's log-in: the family of all refresh tokens that follow from it."""

    __tablename__ = "log_in"

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    operator: Mapped[UUID] = mapped_column(ForeignKey("operator.id"), index=True)
    application: Mapped[str]
    acr: Mapped[str]
    authenticated_at: Mapped[datetime] = mapped_column(db.Timestamp)
    expires_at: Mapped[datetime] = mapped_column(db.Timestamp)
    ended_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)


class RefreshToken(Base, kw_only=True):
    """A refresh token by its digest, and the access token that was given beside it."""

    __tablename__ = "refresh_token"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    log_in: Mapped[UUID] = mapped_column(ForeignKey("log_in.id"), index=True)
    access_token: Mapped[UUID]
    access_expires_at: Mapped[datetime] = mapped_column(db.Timestamp)
    expires_at: Mapped[datetime] = mapped_column(db.Timestamp)
    used_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)


class RevokedToken(Base, kw_only=True):
    """An access token that is refused though it has not expired, by its jti, until it has."""

    __tablename__ = "revoked_token"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(db.Timestamp, index=True)


class AuthorizationCode(Base, kw_only=True):
    """A code of the OAuth 2 authorization code flow, by its digest, usable once."""

    __tablename__ = "authorization_code"

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    operator: Mapped[UUID] = mapped_column(ForeignKey("operator.id"))
    application: Mapped[str]
    redirect_uri: Mapped[str]
    challenge: Mapped[str]
    acr: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(db.Timestamp)
    used_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    # What the code was changed for: a second try with it ends that log-in.
    log_in: Mapped[UUID | None] = mapped_column(ForeignKey("log_in.id"), default=None)


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
