"""The tables of log-ins and of the tokens and codes that belong to them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base
from shared import db
from shared.ids import new_id


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
