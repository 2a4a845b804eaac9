"""The tables of harvest: sources, their runs, and what each source said when it was last read."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.catalog.base import Base
from shared import db
from shared.events.catalog import HarvestFinished, SourceEnded, SourceRegistered
from shared.ids import new_id
from shared.principal import Permission, Principal, PrincipalKind


class Protocol(StrEnum):
    """What a source speaks."""

    CKAN = "ckan"
    DCAT = "dcat"


class RunState(StrEnum):
    """How a run ended; `failed` says why, and the next run tries again."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


class HarvestSource(Base, kw_only=True):
    """A catalogue elsewhere that a department has read into its own, every so many hours.

    What is read becomes drafts of the department, compiled in the name of whoever registered
    the source. `next_at` is when it is due, None once the source has ended.
    """

    __tablename__ = "harvest_source"
    __table_args__ = (
        Index("ix_harvest_source_department", "department", "id"),
        {"info": {"runtime": "SELECT, INSERT, UPDATE"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    department: Mapped[UUID] = mapped_column(ForeignKey("department.id"))
    actor_kind: Mapped[PrincipalKind] = mapped_column(db.named(PrincipalKind))
    actor_id: Mapped[UUID]
    access_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(Text)
    protocol: Mapped[Protocol] = mapped_column(db.named(Protocol))
    address: Mapped[str] = mapped_column(Text)
    mapping: Mapped[str | None]
    every_hours: Mapped[int]
    registered_at: Mapped[datetime] = mapped_column(db.Timestamp)
    next_at: Mapped[datetime | None] = mapped_column(db.Timestamp, index=True)

    @property
    def by(self) -> Principal:
        """Whoever registered it, as admitted then: a run acts for nobody else."""
        return Principal(
            kind=self.actor_kind,
            id=self.actor_id,
            department=self.department,
            region="",
            authority=None,
            permissions=frozenset({Permission.RESOURCE_COMPILE}),
            acr="harvest",
            network="",
            grant=None,
            access_id=self.access_id,
        )

    def registered(self) -> SourceRegistered:
        """The fact that it was registered."""
        return SourceRegistered(
            at=self.registered_at,
            actor=self.by.actor,
            department=self.department,
            aggregate=self.id,
            access_id=self.access_id,
            protocol=self.protocol.value,
            address=self.address,
        )

    def end(self, by: Principal, at: datetime) -> SourceEnded:
        """It is read no more; what came in stays."""
        self.next_at = None
        return SourceEnded(
            at=at,
            actor=by.actor,
            department=self.department,
            aggregate=self.id,
            version=2,
            access_id=by.access_id,
        )

    def begin(self, at: datetime) -> "HarvestRun":
        """A run begins; the next one is due so many hours later."""
        if self.next_at is not None:
            self.next_at = at + timedelta(hours=self.every_hours)
        return HarvestRun(id=new_id(), source_id=self.id, began_at=at)


class HarvestRun(Base, kw_only=True):
    """One reading of a source: what it had, what is new or changed, and what has gone.

    `unread` counts datasets that could not be understood. `import_id` is the import that the new
    and changed ones were handed in as.
    """

    __tablename__ = "harvest_run"
    __table_args__ = (
        Index("ix_harvest_run_source", "source_id", "id"),
        {"info": {"runtime": "SELECT, INSERT, UPDATE"}},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    source_id: Mapped[UUID] = mapped_column(ForeignKey("harvest_source.id"))
    began_at: Mapped[datetime] = mapped_column(db.Timestamp)
    state: Mapped[RunState] = mapped_column(db.named(RunState), default=RunState.RUNNING)
    ended_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    found: Mapped[int] = mapped_column(default=0)
    unread: Mapped[int] = mapped_column(default=0)
    sent: Mapped[int] = mapped_column(default=0)
    gone: Mapped[int] = mapped_column(default=0)
    import_id: Mapped[UUID | None] = mapped_column(default=None)
    reason: Mapped[str | None] = mapped_column(default=None)
    reason_zh: Mapped[str | None] = mapped_column(Text, default=None)
    reason_en: Mapped[str | None] = mapped_column(Text, default=None)

    def end(self, source: HarvestSource, at: datetime) -> HarvestFinished:
        """It is over, as its fields say."""
        self.state = RunState.DONE if self.reason is None else RunState.FAILED
        self.ended_at = at
        return HarvestFinished(
            at=at,
            actor=source.by.actor,
            department=source.department,
            aggregate=self.id,
            source_id=source.id,
            outcome=self.state.value,
            reason=self.reason,
            found=self.found,
            sent=self.sent,
            gone=self.gone,
            import_id=self.import_id,
        )


class HarvestedRecord(Base, kw_only=True):
    """A dataset of a source as it was last read; `gone_at` when it was first missing.

    `digest` covers what the catalogue was told and the mapping's version, so that a later
    version of the mapping brings everything in anew.
    """

    __tablename__ = "harvested_record"

    source_id: Mapped[UUID] = mapped_column(ForeignKey("harvest_source.id"), primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    identifier: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    digest: Mapped[bytes]
    gone_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)

    def heard(self, name: str, digest: bytes) -> None:
        """The source says something else of it, or has it again."""
        self.name, self.digest, self.gone_at = name, digest, None
