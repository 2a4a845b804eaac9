"""The tables of what is given out: views, the files cut for them, and addresses handed out."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.exchange.base import PLATFORM, Base
from services.exchange.documents import CutFile, Documents
from shared import db
from shared.events import exchange as said
from shared.ids import new_id
from shared.narrowed import Narrowed, Narrowing


class View(Base, kw_only=True):
    """One way to see a resource: its items, cut for all grants of the same items and narrowing,
    or for one grant alone where the key is not shown and pseudonyms stand in its place. With
    `marks` it also shows which rows are irregular or stale. `narrowed` is the digest of its
    narrowing, empty where all rows are shown as they are."""

    __tablename__ = "view"
    __table_args__ = (
        UniqueConstraint(
            "resource_id",
            "items",
            "marks",
            "grant_id",
            "narrowed",
            postgresql_nulls_not_distinct=True,
        ),
        {"info": {"runtime": "SELECT, INSERT, DELETE"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resource.id"))
    items: Mapped[list[str]] = mapped_column(ARRAY(Text))
    marks: Mapped[bool]
    grant_id: Mapped[UUID | None]
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
    narrowing: Mapped[Narrowing | None] = mapped_column(Narrowed, default=None)
    narrowed: Mapped[str] = mapped_column(default="")


class CutKind(StrEnum):
    """What a cut shows: all rows at a sequence, or what one sequence changed."""

    SNAPSHOT = "snapshot"
    CHANGES = "changes"


class Form(StrEnum):
    """The format of served files: CSV in UTF-8, without or with a byte-order mark, or in GB18030
    for machines that know no other; JSON lines. Addresses count them: new ones go to the end."""

    PARQUET = "parquet"
    CSV = "csv"
    CSV_MARKED = "csv-bom"
    CSV_GB18030 = "csv-gb18030"
    JSON_LINES = "jsonl"

    @property
    def suffix(self) -> str:
        """What the name of a file ends with."""
        return self.value.partition("-")[0]

    @property
    def media_type(self) -> str:
        """What HTTP calls it."""
        return _MEDIA_TYPES[self]


_MEDIA_TYPES = {
    Form.PARQUET: "application/vnd.apache.parquet",
    Form.CSV: "text/csv; charset=utf-8",
    Form.CSV_MARKED: "text/csv; charset=utf-8",
    Form.CSV_GB18030: "text/csv; charset=gb18030",
    Form.JSON_LINES: "application/x-ndjson",
}


class Cut(Base, kw_only=True):
    """Files of one view at one sequence: wanted, then made once and kept.

    `files` lists them in order: digest, size and rows of each. Null until the worker made them.
    """

    __tablename__ = "cut"
    __table_args__ = (
        UniqueConstraint("view_id", "epoch", "sequence", "kind", "form"),
        Index("ix_cut_wanted", "wanted_at", postgresql_where=text("files IS NULL")),
        {"info": {"runtime": "SELECT, INSERT, UPDATE, DELETE"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    view_id: Mapped[UUID] = mapped_column(ForeignKey("view.id"))
    epoch: Mapped[int]
    sequence: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[CutKind] = mapped_column(db.named(CutKind))
    form: Mapped[Form] = mapped_column(db.named(Form))
    wanted_at: Mapped[datetime] = mapped_column(db.Timestamp)
    files: Mapped[list[CutFile] | None] = mapped_column(Documents(CutFile), default=None)


class Address(Base, kw_only=True):
    """A capability address that was handed out: which file, to whom, and what left under it."""

    __tablename__ = "address"
    __table_args__ = (
        Index("ix_address_opened", "id", postgresql_where=text("opened_at IS NOT NULL")),
        {"info": {"runtime": "SELECT, INSERT, UPDATE"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    grant_id: Mapped[UUID] = mapped_column(index=True)
    cut_id: Mapped[UUID] = mapped_column(index=True)
    digest: Mapped[str]
    issued_at: Mapped[datetime] = mapped_column(db.Timestamp)
    expires_at: Mapped[datetime] = mapped_column(db.Timestamp)
    access_id: Mapped[UUID]
    # Set before the first byte of a download leaves, taken back when its bytes are told.
    opened_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    last_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    served: Mapped[int] = mapped_column(BigInteger, default=0)
    reported: Mapped[int] = mapped_column(BigInteger, default=0)
    version: Mapped[int] = mapped_column(default=0)

    def opened(self, at: datetime) -> None:
        """Bytes are about to leave."""
        if self.opened_at is None:
            self.opened_at = at

    def count(self, bytes_sent: int, last: datetime) -> None:
        """So many bytes left, the last of them then."""
        self.served += bytes_sent
        self.last_at = last

    def tell(self, resource: UUID, grantee: UUID, at: datetime) -> said.FileServed:
        """That bytes left since it was opened; until it is opened again there are no others."""
        first = self.opened_at or at
        last = max(self.last_at or first, first)
        bytes_sent = self.served - self.reported
        self.opened_at, self.reported = None, self.served
        self.version += 1
        return said.FileServed(
            at=at,
            actor=PLATFORM,
            department=grantee,
            aggregate=self.id,
            version=self.version,
            access_id=self.access_id,
            grant=self.grant_id,
            resource=resource,
            address=self.id,
            file=self.digest,
            bytes=bytes_sent,
            first=first,
            last=last,
        )
