"""The tables of what this service heard and follows: departments, grants, who may not take."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.exchange.base import Base
from shared import db
from shared.narrowed import Narrowed, Narrowing


class Department(Base, kw_only=True):
    """A department's name, for the attribution of data."""

    __tablename__ = "known_department"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    heard: Mapped[int]
    name: Mapped[str]


class Grant(Base, kw_only=True):
    """A grant as requests issued it; this service follows it and decides nothing.

    `circle` holds the clients and operators who may use it, null for the whole department;
    `narrowing` which rows it lets through and what comes masked, null for all rows as they are.
    """

    __tablename__ = "known_grant"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT, UPDATE"}},)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    heard: Mapped[int]
    resource_id: Mapped[UUID] = mapped_column(index=True)
    provider: Mapped[UUID]
    grantee: Mapped[UUID] = mapped_column(index=True)
    purpose: Mapped[str] = mapped_column(Text)
    items: Mapped[list[str]] = mapped_column(ARRAY(Text))
    grade: Mapped[str]
    valid_from: Mapped[datetime] = mapped_column(db.Timestamp)
    valid_until: Mapped[datetime | None] = mapped_column(db.Timestamp)
    circle: Mapped[list[UUID] | None] = mapped_column(ARRAY(Uuid), default=None)
    revoked_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    narrowing: Mapped[Narrowing | None] = mapped_column(Narrowed, default=None)


class Suspension(Base, kw_only=True):
    """One loss of a department's right to others' data, as requests told of it."""

    __tablename__ = "known_suspension"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT, UPDATE"}},)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    department: Mapped[UUID]
    since: Mapped[datetime] = mapped_column(db.Timestamp)
    lifted_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)


class EndedHolder(Base, kw_only=True):
    """A client or an operator that was revoked or closed; `ended_at` is null once reopened."""

    __tablename__ = "known_ended_holder"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT, UPDATE"}},)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    heard: Mapped[int]
    ended_at: Mapped[datetime | None] = mapped_column(db.Timestamp)
