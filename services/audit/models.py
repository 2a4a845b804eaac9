"""The tables of the log. What proves something may only grow; the bookkeeping may change.

The tables under `GROWS` are the log: the runtime role may INSERT and SELECT, no more. The others
repeat what the log says in a handier shape; `verify` derives them again and compares.

The log is ready for partitions by ranges of `index`: no unique key of `entry` is without it, and
no foreign key points to it. Event ids are unique in a table of their own for that reason.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, SmallInteger, String, text
from sqlalchemy.orm import Mapped, mapped_column

from services.audit.entry import Kind
from shared import db

GROWS = {"info": {"runtime": "SELECT, INSERT"}}


class Base(db.Declarative, kw_only=True, eq=False):
    """The tables of audit."""

    __abstract__ = True
    metadata = db.metadata()


def _where(column: str) -> Index:
    """An index for questions by `column`, newest first; only over entries that have it."""
    return Index(
        f"ix_entry_{column}",
        column,
        "index",
        postgresql_where=text(f'"{column}" IS NOT NULL'),
    )


class LogEntry(Base, kw_only=True):
    """One entry: its canonical bytes, its leaf hash, and what can be asked for.

    Every column after `leaf` is derived from `body`, and checked against it by `verify`.
    """

    __tablename__ = "entry"

    index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    body: Mapped[bytes]
    leaf: Mapped[bytes]
    kind: Mapped[Kind] = mapped_column(db.named(Kind))
    time: Mapped[datetime] = mapped_column(db.Timestamp)
    recorded: Mapped[datetime] = mapped_column(db.Timestamp)
    department: Mapped[UUID | None]
    actor: Mapped[str | None] = mapped_column(String(300))
    resource: Mapped[UUID | None]
    grant: Mapped[UUID | None]
    access_id: Mapped[UUID | None]
    operation: Mapped[str | None] = mapped_column(String(300))
    decision: Mapped[str | None] = mapped_column(String(300))
    subject: Mapped[str | None] = mapped_column(String(300))
    provider: Mapped[UUID | None]
    grantee: Mapped[UUID | None]

    __table_args__ = (
        _where("department"),
        _where("provider"),
        _where("grantee"),
        _where("resource"),
        _where("grant"),
        _where("access_id"),
        _where("subject"),
        Index("ix_entry_time", "time"),
        Index("ix_entry_unreadable", "index", postgresql_where=text("kind = 'unreadable'")),
        GROWS,
    )


class TreeNode(Base, kw_only=True):
    """The hash of one complete subtree on a kept level above the leaves (tree.py)."""

    __tablename__ = "node"

    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes]

    __table_args__ = (GROWS,)


class SignedCheckpoint(Base, kw_only=True):
    """The head of the tree at one size, signed: one for each commit that grew the log."""

    __tablename__ = "checkpoint"

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[bytes]
    note: Mapped[str]
    signed: Mapped[datetime] = mapped_column(db.Timestamp)

    __table_args__ = (GROWS,)


class Seen(Base, kw_only=True):
    """The ids of the events, records and unreadable messages that have an entry."""

    __tablename__ = "seen"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    index: Mapped[int] = mapped_column(BigInteger)

    __table_args__ = (GROWS,)


class Unreadable(Base, kw_only=True):
    """A message, or a part of one, that nobody could read: its bytes, for an operator."""

    __tablename__ = "unreadable"

    index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    subject: Mapped[str]
    body: Mapped[bytes]

    __table_args__ = (GROWS,)


class Source(Base, kw_only=True):
    """How far a source has been heard."""

    __tablename__ = "source"

    name: Mapped[str] = mapped_column(String(300), primary_key=True)
    highest: Mapped[int] = mapped_column(BigInteger)
    arrived: Mapped[int] = mapped_column(BigInteger)
    repeated: Mapped[int] = mapped_column(BigInteger)


class MissingRange(Base, kw_only=True):
    """Numbers of a source, `first` to `last`, that were jumped over and have not come since."""

    __tablename__ = "gap"

    source: Mapped[str] = mapped_column(String(300), primary_key=True)
    first: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    last: Mapped[int] = mapped_column(BigInteger)
    noticed: Mapped[datetime] = mapped_column(db.Timestamp)


class KnownResource(Base, kw_only=True):
    """Whose a resource is, as last heard."""

    __tablename__ = "known_resource"

    resource: Mapped[UUID] = mapped_column(primary_key=True)
    provider: Mapped[UUID]


class KnownGrant(Base, kw_only=True):
    """Who holds a grant on whose resource, as last heard."""

    __tablename__ = "known_grant"

    grant: Mapped[UUID] = mapped_column(primary_key=True)
    resource: Mapped[UUID]
    provider: Mapped[UUID]
    grantee: Mapped[UUID]


class KnownHeir(Base, kw_only=True):
    """Who followed a department, as last heard; `whole` is who took over all but what is named.

    Of heirs of the whole also those at the end of a chain are here, so that one look-up suffices.
    """

    __tablename__ = "known_heir"
    __table_args__ = (GROWS,)

    predecessor: Mapped[UUID] = mapped_column(primary_key=True)
    successor: Mapped[UUID] = mapped_column(primary_key=True, index=True)
    whole: Mapped[bool]


class KnownDepartment(Base, kw_only=True):
    """Where a department stands, as last heard: a path of GB/T 2260 codes."""

    __tablename__ = "known_department"

    department: Mapped[UUID] = mapped_column(primary_key=True)
    region: Mapped[str] = mapped_column(String(300), index=True)
