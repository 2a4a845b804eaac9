"""The tables of exchange, and the only methods that change a batch."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    LargeBinary,
    Numeric,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.exchange.base import PLATFORM as PLATFORM
from services.exchange.base import Base as Base
from services.exchange.delivered import Address as Address
from services.exchange.delivered import Cut as Cut
from services.exchange.delivered import CutKind as CutKind
from services.exchange.delivered import Form as Form
from services.exchange.delivered import View as View
from services.exchange.documents import Documents
from services.exchange.known import Department as Department
from services.exchange.known import Grant as Grant
from services.exchange.known import Suspension as Suspension
from services.exchange.tables.counts import Counts
from services.exchange.tables.formats import Content, Format, Packing
from services.exchange.tables.reasons import Rule, Severity
from shared import db
from shared.events import exchange as said
from shared.events.catalog import Grade, PublishedItem
from shared.events.exchange import BatchMode
from shared.ids import new_id
from shared.principal import Principal


class Resource(Base, kw_only=True):
    """A resource as the catalogue published it, and how far its data has come.

    `sequence` is the last published batch of `epoch`, 0 before the first. The epoch rises when
    the data's shape changes in a way that old rows do not fit, or a restored platform numbers
    anew: what a consumer holds of an earlier epoch is no base for changes.
    """

    __tablename__ = "resource"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    heard: Mapped[int]
    version: Mapped[int]
    code: Mapped[str]
    name: Mapped[str]
    provider: Mapped[UUID] = mapped_column(index=True)
    grade: Mapped[Grade] = mapped_column(db.named(Grade))
    items: Mapped[list[PublishedItem]] = mapped_column(Documents(PublishedItem))
    withdrawn_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    epoch: Mapped[int] = mapped_column(default=1)
    sequence: Mapped[int] = mapped_column(BigInteger, default=0)
    # The shape of the rows that are published: the items as they were then.
    shape: Mapped[list[PublishedItem] | None] = mapped_column(
        Documents(PublishedItem), default=None
    )
    data_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    lookup_table: Mapped[str | None] = mapped_column(default=None)
    # Shares of 1: a batch of which more is rejected is refused (None: none is), a snapshot
    # that keeps less of the rows that stand waits for the provider (None: half).
    most_rejected: Mapped[float | None] = mapped_column(default=None)
    least_kept: Mapped[float | None] = mapped_column(default=None)
    # For how many days history is kept (None: for ever), and from which sequence on it is (None:
    # from the beginning of the epoch).
    kept_days: Mapped[int | None] = mapped_column(default=None)
    kept_from: Mapped[int | None] = mapped_column(BigInteger, default=None)


class SeverityRule(Base, kw_only=True):
    """How severe the provider wants a rule to be; `item` is empty for all items."""

    __tablename__ = "severity_rule"

    resource_id: Mapped[UUID] = mapped_column(
        ForeignKey("resource.id", ondelete="CASCADE"), primary_key=True
    )
    rule: Mapped[Rule] = mapped_column(db.named(Rule), primary_key=True)
    item: Mapped[str] = mapped_column(primary_key=True, default="")
    severity: Mapped[Severity] = mapped_column(db.named(Severity))


class BatchState(StrEnum):
    """Where a batch stands."""

    RECEIVED = "received"
    CHECKING = "checking"
    HELD = "held"
    PUBLISHED = "published"
    REFUSED = "refused"
    CHECKED = "checked"
    CANCELLED = "cancelled"
    RECALLED = "recalled"


class Phase(StrEnum):
    """What the worker is doing with a batch."""

    WAITING = "waiting"
    SCANNING = "scanning"
    READING = "reading"
    COMPARING = "comparing"
    PUBLISHING = "publishing"
    DONE = "done"


UNFINISHED = text("state IN ('received', 'checking', 'held')")


class Batch(Base, kw_only=True):
    """What a provider handed in, and what came of it. Its rows are in files, never here.

    Owner of `state`: the API until RECEIVED, from then on the one worker that holds the
    resource's lock; HELD is left by the provider's word. What is PUBLISHED can only become
    RECALLED, by a batch whose `recalls` names it; every other end is final.
    """

    __tablename__ = "batch"
    __table_args__ = (
        UniqueConstraint("resource_id", "provider_key"),
        UniqueConstraint("resource_id", "epoch", "sequence"),
        Index("ix_batch_unfinished", "resource_id", "id", postgresql_where=UNFINISHED),
        Index("ix_batch_recalls", "recalls", postgresql_where=text("recalls IS NOT NULL")),
        {"info": {"runtime": "SELECT, INSERT, UPDATE"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resource.id"))
    resource_version: Mapped[int]
    provider: Mapped[UUID]
    provider_key: Mapped[str]
    mode: Mapped[BatchMode] = mapped_column(db.named(BatchMode))
    # None where the name of the file in a ZIP says it.
    format: Mapped[Format | None] = mapped_column(db.named(Format))
    packing: Mapped[Packing] = mapped_column(db.named(Packing))
    charset: Mapped[str | None]
    sheet: Mapped[str | None]
    size: Mapped[int] = mapped_column(BigInteger)
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    staging_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    received_by: Mapped[str]
    received_at: Mapped[datetime] = mapped_column(db.Timestamp)
    version: Mapped[int] = mapped_column(default=1)
    state: Mapped[BatchState] = mapped_column(db.named(BatchState), default=BatchState.RECEIVED)
    phase: Mapped[Phase] = mapped_column(db.named(Phase), default=Phase.WAITING)
    attempt: Mapped[int] = mapped_column(default=0)
    rows_read: Mapped[int] = mapped_column(BigInteger, default=0)
    rows_in: Mapped[int | None] = mapped_column(BigInteger, default=None)
    accepted: Mapped[int | None] = mapped_column(BigInteger, default=None)
    rejected: Mapped[int | None] = mapped_column(BigInteger, default=None)
    flagged: Mapped[int | None] = mapped_column(BigInteger, default=None)
    reasons: Mapped[dict[str, int]] = mapped_column(JSONB, default_factory=dict)
    flags: Mapped[dict[str, int]] = mapped_column(JSONB, default_factory=dict)
    refusal: Mapped[str | None] = mapped_column(default=None)
    refusal_detail: Mapped[str | None] = mapped_column(Text, default=None)
    epoch: Mapped[int | None] = mapped_column(default=None)
    sequence: Mapped[int | None] = mapped_column(BigInteger, default=None)
    changed: Mapped[int | None] = mapped_column(BigInteger, default=None)
    # Whether its ROWS files are the whole state at its sequence, and whether nothing stood
    # before it, so that they are at the same time all that it changed; items new in the shape.
    whole: Mapped[bool] = mapped_column(default=False)
    first: Mapped[bool] = mapped_column(default=False)
    added: Mapped[list[str] | None] = mapped_column(ARRAY(Text), default=None)
    finished_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    dry_run: Mapped[bool] = mapped_column(default=False)
    # The provider's control totals: rows in the file, and the sum of one of its items.
    stated_rows: Mapped[int | None] = mapped_column(BigInteger, default=None)
    stated_item: Mapped[str | None] = mapped_column(default=None)
    stated_sum: Mapped[Decimal | None] = mapped_column(Numeric, default=None)
    # How many rows stand after it.
    rows_after: Mapped[int | None] = mapped_column(BigInteger, default=None)
    hold: Mapped[str | None] = mapped_column(default=None)
    hold_detail: Mapped[str | None] = mapped_column(Text, default=None)
    held_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    confirmed_by: Mapped[str | None] = mapped_column(default=None)
    # Of a recall: which batch it undoes, and why; of what is recalled: under which sequence.
    recalls: Mapped[UUID | None] = mapped_column(ForeignKey("batch.id"), default=None)
    recall_reason: Mapped[str | None] = mapped_column(Text, default=None)
    recalled_as: Mapped[int | None] = mapped_column(BigInteger, default=None)

    @property
    def content(self) -> Content:
        """How its bytes are to be read."""
        return Content(self.format, self.packing, self.charset, self.sheet)

    def received(self, access_id: UUID) -> said.BatchReceived:
        """That the batch is here, whole."""
        return said.BatchReceived(
            at=self.received_at,
            actor=self.received_by,
            department=self.provider,
            aggregate=self.id,
            version=self.version,
            access_id=access_id,
            batch=self.id,
            resource=self.resource_id,
            resource_version=self.resource_version,
            mode=self.mode,
            size=self.size,
            digest=self.digest.hex(),
            dry_run=self.dry_run,
        )

    def begin(self) -> None:
        """A worker takes the batch, for the first time or after one that died."""
        self.state, self.phase = BatchState.CHECKING, Phase.READING
        self.attempt += 1
        self.rows_read = 0

    def publish(
        self, counts: Counts, *, epoch: int, sequence: int, changed: int, digest: str, at: datetime
    ) -> said.BatchPublished:
        """The batch becomes `sequence` of its resource; `changed` keys differ from before."""
        self._finish(BatchState.PUBLISHED, at)
        self.epoch, self.sequence, self.changed = epoch, sequence, changed
        self.count(counts)
        return said.BatchPublished(
            at=at,
            actor=PLATFORM,
            department=self.provider,
            aggregate=self.id,
            version=self.version,
            batch=self.id,
            resource=self.resource_id,
            resource_version=self.resource_version,
            sequence=sequence,
            epoch=epoch,
            mode=self.mode,
            rows_in=counts.rows_in,
            accepted=counts.accepted,
            rejected=counts.rejected,
            flagged=counts.flagged,
            digest=digest,
        )

    def refuse(self, code: str, detail: str, at: datetime) -> said.BatchRefused:
        """The batch cannot be taken as a whole."""
        self._finish(BatchState.REFUSED, at)
        self.refusal, self.refusal_detail = code, detail
        return said.BatchRefused(
            at=at,
            actor=PLATFORM,
            department=self.provider,
            aggregate=self.id,
            version=self.version,
            batch=self.id,
            resource=self.resource_id,
            resource_version=self.resource_version,
            reason=code,
        )

    def keep_waiting(
        self, code: str, detail: str, *, before: int, after: int, at: datetime
    ) -> said.BatchHeld:
        """The batch waits for its provider's word."""
        self.state, self.phase, self.held_at = BatchState.HELD, Phase.WAITING, at
        self.hold, self.hold_detail = code, detail
        self.version += 1
        return said.BatchHeld(
            at=at,
            actor=PLATFORM,
            department=self.provider,
            aggregate=self.id,
            version=self.version,
            batch=self.id,
            resource=self.resource_id,
            resource_version=self.resource_version,
            reason=code,
            before=before,
            after=after,
        )

    def confirm(self, by: Principal, at: datetime) -> said.BatchConfirmed:
        """It is right as it is: the worker goes through it again and publishes it."""
        self.state, self.phase = BatchState.RECEIVED, Phase.WAITING
        self.confirmed_by = by.actor
        self.version += 1
        return said.BatchConfirmed(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=self.id,
            version=self.version,
            access_id=by.access_id,
            batch=self.id,
            resource=self.resource_id,
            resource_version=self.resource_version,
        )

    def cancel(self, by: Principal, at: datetime) -> said.BatchCancelled:
        """The provider takes it back; nothing of it was published."""
        self._finish(BatchState.CANCELLED, at)
        return said.BatchCancelled(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=self.id,
            version=self.version,
            access_id=by.access_id,
            batch=self.id,
            resource=self.resource_id,
            resource_version=self.resource_version,
        )

    def end_dry_run(self, counts: Counts, at: datetime) -> said.BatchChecked:
        """All is checked, and nothing published."""
        self._finish(BatchState.CHECKED, at)
        return said.BatchChecked(
            at=at,
            actor=PLATFORM,
            department=self.provider,
            aggregate=self.id,
            version=self.version,
            batch=self.id,
            resource=self.resource_id,
            resource_version=self.resource_version,
            rows_in=counts.rows_in,
            accepted=counts.accepted,
            rejected=counts.rejected,
        )

    def undo(self, recall: "Batch", holders: Sequence[UUID], at: datetime) -> said.BatchRecalled:
        """`recall` was published: this one is served no more."""
        if self.sequence is None or recall.sequence is None or recall.epoch is None:
            raise ValueError("only what was published is undone, by what is published")
        self.state, self.recalled_as = BatchState.RECALLED, recall.sequence
        self.version += 1
        return said.BatchRecalled(
            at=at,
            actor=PLATFORM,
            department=self.provider,
            aggregate=self.id,
            version=self.version,
            batch=self.id,
            resource=self.resource_id,
            recall=recall.id,
            epoch=recall.epoch,
            recalled=self.sequence,
            sequence=recall.sequence,
            reason=recall.recall_reason or "",
            holders=list(holders),
        )

    def _finish(self, state: BatchState, at: datetime) -> None:
        self.state, self.phase, self.finished_at = state, Phase.DONE, at
        self.version += 1
        # The upload is removed next; without this key what is left of it is noise.
        self.staging_key = None

    def count(self, counts: Counts) -> None:
        """Keep how many rows came in and what became of them."""
        self.rows_read = self.rows_in = counts.rows_in
        self.accepted, self.rejected = counts.accepted, counts.rejected
        self.flagged = counts.flagged
        self.reasons = {rule.value: n for rule, n in counts.reasons.items() if n}
        self.flags = {rule.value: n for rule, n in counts.flags.items() if n}


class FileKind(StrEnum):
    """What a batch's file holds: all rows of the state, what changed, or the reject report."""

    ROWS = "rows"
    CHANGES = "changes"
    REPORT = "report"


class BatchFile(Base, kw_only=True):
    """One sealed part of a published batch; `size` and `digest` are the plaintext's."""

    __tablename__ = "batch_file"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT, DELETE"}},)

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"), primary_key=True)
    kind: Mapped[FileKind] = mapped_column(db.named(FileKind), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str]
    size: Mapped[int] = mapped_column(BigInteger)
    rows: Mapped[int] = mapped_column(BigInteger)


class BatchKey(Base, kw_only=True):
    """The key of a batch's shelf, wrapped by the master key: without it the files are noise."""

    __tablename__ = "batch_key"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT, DELETE"}},)

    batch_id: Mapped[UUID] = mapped_column(ForeignKey("batch.id"), primary_key=True)
    attempt: Mapped[int]
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)
