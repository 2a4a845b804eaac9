"""The tables of resumable uploads: each one, and the segments in which its bytes are kept."""

from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, LargeBinary, Numeric, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.exchange.base import PLATFORM, Base
from services.exchange.models import Batch
from services.exchange.tables.formats import Content, Format, Packing
from shared import db
from shared.events import exchange as said
from shared.events.exchange import BatchMode, UploadEnding
from shared.ids import new_id

# However many bytes still come, an address is no standing permission.
LONGEST = 7


class UploadState(StrEnum):
    """Where a resumable upload stands."""

    OPEN = "open"
    HANDED_IN = "handed-in"
    ENDED = "ended"


class ResumableUpload(Base, kw_only=True):
    """A batch on its way in: what its provider stated of it, and how much of it is durable.

    Owner of `offset` is whoever holds the row's lock and has written a segment from there on.
    `wrapped` opens the segments; it passes to the batch, or is destroyed when the upload ends.
    """

    __tablename__ = "upload"
    __table_args__ = (
        Index(
            "ix_upload_key",
            "resource_id",
            "provider_key",
            unique=True,
            postgresql_where=text("state IN ('open', 'handed-in')"),
        ),
        Index("ix_upload_open", "provider", "id", postgresql_where=text("state = 'open'")),
        Index("ix_upload_batch", "batch_id", postgresql_where=text("batch_id IS NOT NULL")),
        {"info": {"runtime": "SELECT, INSERT, UPDATE"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resource.id"))
    provider: Mapped[UUID]
    provider_key: Mapped[str]
    mode: Mapped[BatchMode] = mapped_column(db.named(BatchMode))
    format: Mapped[Format | None] = mapped_column(db.named(Format))
    packing: Mapped[Packing] = mapped_column(db.named(Packing))
    charset: Mapped[str | None]
    sheet: Mapped[str | None]
    size: Mapped[int] = mapped_column(BigInteger)
    # Of the whole, as its provider stated it; the batch is refused when its bytes differ.
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    # As it came, for whoever asks how far the upload is.
    told: Mapped[str] = mapped_column(Text)
    dry_run: Mapped[bool]
    stated_rows: Mapped[int | None] = mapped_column(BigInteger)
    stated_item: Mapped[str | None]
    stated_sum: Mapped[Decimal | None] = mapped_column(Numeric)
    opened_by: Mapped[str] = mapped_column(index=True)
    opened_at: Mapped[datetime] = mapped_column(db.Timestamp)
    access_id: Mapped[UUID]
    expires_at: Mapped[datetime] = mapped_column(db.Timestamp)
    wrapped: Mapped[bytes | None] = mapped_column(LargeBinary)
    offset: Mapped[int] = mapped_column(BigInteger, default=0)
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[UploadState] = mapped_column(db.named(UploadState), default=UploadState.OPEN)
    ended_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    ended_because: Mapped[UploadEnding | None] = mapped_column(db.named(UploadEnding), default=None)
    batch_id: Mapped[UUID | None] = mapped_column(ForeignKey("batch.id"), default=None)

    @property
    def content(self) -> Content:
        """How its bytes are to be read."""
        return Content(self.format, self.packing, self.charset, self.sheet)

    def stands(self, at: datetime) -> bool:
        """Whether bytes may still come."""
        return self.state is UploadState.OPEN and self.expires_at > at

    def opened(self) -> said.UploadOpened:
        """That an address was given out, under which its bytes may come."""
        return said.UploadOpened(
            at=self.opened_at,
            actor=self.opened_by,
            department=self.provider,
            aggregate=self.id,
            version=self.version,
            access_id=self.access_id,
            upload=self.id,
            resource=self.resource_id,
            size=self.size,
            digest=self.digest.hex(),
        )

    def move(self, offset: int, at: datetime, life: timedelta) -> None:
        """Everything before `offset` is durable; while bytes come, the end is put off."""
        self.offset = offset
        self.expires_at = min(at + life, self.opened_at + LONGEST * life)

    def as_batch(self, resource_version: int, at: datetime) -> Batch:
        """The batch that it becomes."""
        return Batch(
            resource_id=self.resource_id,
            resource_version=resource_version,
            provider=self.provider,
            provider_key=self.provider_key,
            mode=self.mode,
            format=self.format,
            packing=self.packing,
            charset=self.charset,
            sheet=self.sheet,
            size=self.size,
            digest=self.digest,
            staging_key=self.wrapped,
            received_by=self.opened_by,
            received_at=at,
            dry_run=self.dry_run,
            stated_rows=self.stated_rows,
            stated_item=self.stated_item,
            stated_sum=self.stated_sum,
        )

    def hand_in(self, batch: Batch, at: datetime) -> None:
        """It became this batch, which has taken its key over."""
        self.state, self.ended_at, self.batch_id = UploadState.HANDED_IN, at, batch.id
        self.wrapped = None
        self.version += 1

    def end(self, reason: UploadEnding, at: datetime, actor: str = PLATFORM) -> said.UploadEnded:
        """Nothing becomes of it; without its key what lies there is noise."""
        self.state, self.ended_at, self.ended_because = UploadState.ENDED, at, reason
        self.wrapped = None
        self.version += 1
        return said.UploadEnded(
            at=at,
            actor=actor,
            department=self.provider,
            aggregate=self.id,
            version=self.version,
            upload=self.id,
            resource=self.resource_id,
            reason=reason,
            offset=self.offset,
        )


class Segment(Base, kw_only=True):
    """Durable bytes of an upload from `start` on, in a sealed file called `name`.

    Every segment has a key of its own: what was dropped is never sealed again under the same.
    """

    __tablename__ = "upload_segment"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT, DELETE"}},)

    upload_id: Mapped[UUID] = mapped_column(ForeignKey("upload.id"), primary_key=True)
    start: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    size: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[UUID]
