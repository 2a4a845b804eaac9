"""The tables of what happens to people's accounts: their history, recoveries and deputies."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base
from shared import db
from shared.events.gateway import DeputyEnded, DeputyNamed, RecoveryAsked, RecoveryDecided
from shared.ids import new_id
from shared.principal import Principal


class Change(StrEnum):
    """What was done to an account."""

    REGISTERED = "registered"
    ROLES_CHANGED = "roles-changed"
    CLOSED = "closed"
    REOPENED = "reopened"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105 - the name of a change
    PASSWORD_GIVEN = "password-given"  # noqa: S105 - the name of a change
    RECOVERY_ASKED = "recovery-asked"
    RECOVERY_APPROVED = "recovery-approved"
    RECOVERY_REFUSED = "recovery-refused"
    SECOND_FACTOR_CONFIRMED = "second-factor-confirmed"
    SECOND_FACTOR_REPLACED = "second-factor-replaced"
    SECOND_FACTOR_REMOVED = "second-factor-removed"
    CERTIFICATE_ENROLLED = "certificate-enrolled"
    CERTIFICATE_REMOVED = "certificate-removed"
    DEPUTY_NAMED = "deputy-named"
    DEPUTY_ENDED = "deputy-ended"


class Credential(StrEnum):
    """What a person may lose."""

    PASSWORD = "password"  # noqa: S105 - a kind of credential, not one
    SECOND_FACTOR = "second-factor"


class AccountChange(Base, kw_only=True):
    """One line of an account's history; nobody changes or deletes one."""

    __tablename__ = "account_change"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT"}},)

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    operator: Mapped[UUID] = mapped_column(ForeignKey("operator.id"), index=True)
    at: Mapped[datetime] = mapped_column(db.Timestamp)
    actor: Mapped[str]
    change: Mapped[Change] = mapped_column(db.named(Change))
    reason: Mapped[str | None] = mapped_column(Text, default=None)
    roles: Mapped[list[str] | None] = mapped_column(ARRAY(String), default=None)
    # Whom the change concerns beside the account: the successor, the deputy.
    other: Mapped[UUID | None] = mapped_column(default=None)


class Recovery(Base, kw_only=True):
    """A lost password or second factor that one person asks to reset and another one lets."""

    __tablename__ = "recovery"
    __table_args__ = (
        Index(
            "uq_recovery_waiting",
            "operator",
            "credential",
            unique=True,
            postgresql_where=text("decided_at IS NULL"),
        ),
        {"info": {"runtime": "SELECT, INSERT, UPDATE"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    operator: Mapped[UUID] = mapped_column(ForeignKey("operator.id"), index=True)
    owner: Mapped[UUID] = mapped_column(ForeignKey("department.id"), index=True)
    credential: Mapped[Credential] = mapped_column(db.named(Credential))
    reason: Mapped[str] = mapped_column(Text)
    asked_by: Mapped[UUID]
    asked_at: Mapped[datetime] = mapped_column(db.Timestamp)
    expires_at: Mapped[datetime] = mapped_column(db.Timestamp)
    decided_by: Mapped[UUID | None] = mapped_column(default=None)
    decided_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    approved: Mapped[bool | None] = mapped_column(default=None)
    version: Mapped[int] = mapped_column(default=1)

    def asked(self, by: Principal) -> RecoveryAsked:
        """That somebody asks for it."""
        return RecoveryAsked(
            at=self.asked_at,
            actor=by.actor,
            department=by.department,
            aggregate=self.id,
            version=self.version,
            access_id=by.access_id,
            operator=self.operator,
            owner=self.owner,
            credential=self.credential.value,
        )

    def decide(self, by: Principal, at: datetime, *, approved: bool) -> RecoveryDecided:
        """The second person's word."""
        self.decided_by = by.id
        self.decided_at = at
        self.approved = approved
        self.version += 1
        return RecoveryDecided(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=self.id,
            version=self.version,
            access_id=by.access_id,
            operator=self.operator,
            owner=self.owner,
            credential=self.credential.value,
            approved=approved,
        )


class Deputy(Base, kw_only=True):
    """Who acts for an absent colleague, from one moment until another, or until ended before."""

    __tablename__ = "deputy"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT, UPDATE"}},)

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    operator: Mapped[UUID] = mapped_column(ForeignKey("operator.id"), index=True)
    deputy: Mapped[UUID] = mapped_column(ForeignKey("operator.id"), index=True)
    owner: Mapped[UUID] = mapped_column(ForeignKey("department.id"))
    since: Mapped[datetime] = mapped_column(db.Timestamp)
    until: Mapped[datetime] = mapped_column(db.Timestamp, index=True)
    named_by: Mapped[UUID]
    named_at: Mapped[datetime] = mapped_column(db.Timestamp)
    ended_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    version: Mapped[int] = mapped_column(default=1)

    def named(self, by: Principal) -> DeputyNamed:
        """That the deputy is named."""
        return DeputyNamed(
            at=self.named_at,
            actor=by.actor,
            department=by.department,
            aggregate=self.id,
            version=self.version,
            access_id=by.access_id,
            operator=self.operator,
            owner=self.owner,
            deputy=self.deputy,
            since=self.since,
            until=self.until,
        )

    def end(self, by: Principal, at: datetime) -> DeputyEnded:
        """Nobody acts for the other any more, before the time."""
        return self._end(by.actor, by.department, by.access_id, at)

    def lapse(self, actor: str, by: UUID, at: datetime) -> DeputyEnded:
        """The same, where the two became people of two departments."""
        return self._end(actor, by, None, at)

    def _end(self, actor: str, by: UUID, access_id: UUID | None, at: datetime) -> DeputyEnded:
        self.ended_at = at
        self.version += 1
        return DeputyEnded(
            at=at,
            actor=actor,
            department=by,
            aggregate=self.id,
            version=self.version,
            access_id=access_id,
            operator=self.operator,
            owner=self.owner,
            deputy=self.deputy,
        )
