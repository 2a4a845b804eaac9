"""The tables of imports: the job, what was handed in, what it holds, and what was wrong.

All of it but the job itself is scratch: written anew when a worker begins again, and removed
some time after the job ended.
"""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, LargeBinary, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.catalog.base import Base
from services.catalog.bulk.found import Severity
from shared import db
from shared.events.catalog import ImportFinished, ImportReceived
from shared.principal import Permission, Principal, PrincipalKind


class Way(StrEnum):
    """How the entries came in: 离线工具, 系统对接, or gathered from another catalogue."""

    WORKBOOK = "workbook"
    SYSTEM = "system"
    HARVEST = "harvest"


class Mode(StrEnum):
    """What happens to the good entries when some are bad."""

    ALL_OR_NOTHING = "all-or-nothing"
    GOOD_ROWS_ONLY = "good-rows-only"


class Progress(StrEnum):
    """Where an import stands. `refused`: nothing came in; `failed`: a fault of the platform."""

    WAITING = "waiting"
    READING = "reading"
    APPLYING = "applying"
    MARKING = "marking"
    APPLIED = "applied"
    CHECKED = "checked"
    REFUSED = "refused"
    FAILED = "failed"


ENDED = frozenset({Progress.APPLIED, Progress.CHECKED, Progress.REFUSED, Progress.FAILED})


class Outcome(StrEnum):
    """What became of one entry."""

    PENDING = "pending"
    CREATED = "created"
    CHANGED = "changed"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


class Import(Base, kw_only=True):
    """One import: who handed in what, how it is to be taken, and how far it has come.

    `unfinished`: entries that the rulebook would refuse at submission come in as drafts all the
    same. `dry_run`: read and judged, and nothing else. `translation` is the mapping as it was
    when the import came in. `reason` is the code of why the whole was refused.
    """

    __tablename__ = "import_job"
    __table_args__ = (
        Index("ix_import_job_department", "department", "id"),
        Index(
            "ix_import_job_open",
            "id",
            postgresql_where=text("state IN ('waiting', 'reading', 'applying', 'marking')"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    department: Mapped[UUID] = mapped_column(ForeignKey("department.id"))
    actor_kind: Mapped[PrincipalKind] = mapped_column(db.named(PrincipalKind))
    actor_id: Mapped[UUID]
    access_id: Mapped[UUID]
    way: Mapped[Way] = mapped_column(db.named(Way))
    mode: Mapped[Mode] = mapped_column(db.named(Mode))
    dry_run: Mapped[bool]
    unfinished: Mapped[bool]
    received_at: Mapped[datetime] = mapped_column(db.Timestamp)
    size: Mapped[int]
    mapping: Mapped[str | None] = mapped_column(default=None)
    translation: Mapped[dict[str, Any] | None] = mapped_column(JSONB, default=None)
    state: Mapped[Progress] = mapped_column(db.named(Progress), default=Progress.WAITING)
    attempt: Mapped[int] = mapped_column(default=0)
    started_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    ended_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    reason: Mapped[str | None] = mapped_column(default=None)
    reason_zh: Mapped[str | None] = mapped_column(Text, default=None)
    reason_en: Mapped[str | None] = mapped_column(Text, default=None)
    entries: Mapped[int] = mapped_column(default=0)
    bad: Mapped[int] = mapped_column(default=0)
    errors: Mapped[int] = mapped_column(default=0)
    warnings: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    created: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)

    @property
    def by(self) -> Principal:
        """Whoever handed it in, as admitted then: the import acts for nobody else."""
        return Principal(
            kind=self.actor_kind,
            id=self.actor_id,
            department=self.department,
            region="",
            authority=None,
            permissions=frozenset({Permission.RESOURCE_COMPILE}),
            acr="import",
            network="",
            grant=None,
            access_id=self.access_id,
        )

    def received(self) -> ImportReceived:
        """The fact that it came in."""
        return ImportReceived(
            at=self.received_at,
            actor=self.by.actor,
            department=self.department,
            aggregate=self.id,
            version=1,
            access_id=self.access_id,
            way=self.way.value,
            mode=self.mode.value,
            dry_run=self.dry_run,
            size=self.size,
        )

    def begin(self, at: datetime) -> None:
        """A worker takes it up; what is not read whole is read anew."""
        self.attempt += 1
        self.started_at = self.started_at or at
        if self.state is Progress.WAITING:
            self.state = Progress.READING

    def refuse(self, code: str, zh: str, en: str) -> None:
        """Nothing of it comes in, for this reason."""
        self.reason, self.reason_zh, self.reason_en = code, zh, en

    def end(self, state: Progress, at: datetime) -> ImportFinished:
        """It is over, with this result."""
        self.state, self.ended_at = state, at
        return ImportFinished(
            at=at,
            actor=self.by.actor,
            department=self.department,
            aggregate=self.id,
            version=2,
            access_id=self.access_id,
            way=self.way.value,
            outcome=state.value,
            reason=self.reason,
            entries=self.entries,
            bad=self.bad,
            created=self.created,
            changed=self.changed,
            unchanged=self.unchanged,
        )


class ImportPart(Base, kw_only=True):
    """A piece of what was handed in, in order."""

    __tablename__ = "import_part"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("import_job.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class ImportCopyPart(Base, kw_only=True):
    """A piece of the annotated copy of a workbook, in order."""

    __tablename__ = "import_copy_part"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("import_job.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class ImportedEntry(Base, kw_only=True):
    """One entry of an import: `key` is the department's, `body` what the API would be told.

    `body` is None for what cannot come in. `resource_id` is what became of it.
    """

    __tablename__ = "import_entry"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("import_job.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str | None] = mapped_column(Text)
    body: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    sheet: Mapped[str]
    cell: Mapped[str]
    outcome: Mapped[Outcome] = mapped_column(db.named(Outcome))
    resource_id: Mapped[UUID | None] = mapped_column(default=None)


class ImportProblem(Base, kw_only=True):
    """One problem of an import; `entry` is the position of its entry, None for none."""

    __tablename__ = "import_problem"

    import_id: Mapped[UUID] = mapped_column(ForeignKey("import_job.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    entry: Mapped[int | None]
    severity: Mapped[Severity] = mapped_column(db.named(Severity))
    sheet: Mapped[str] = mapped_column(Text)
    cell: Mapped[str]
    value: Mapped[str | None] = mapped_column(Text)
    field: Mapped[str]
    code: Mapped[str]
    zh: Mapped[str] = mapped_column(Text)
    en: Mapped[str] = mapped_column(Text)
    article: Mapped[str | None]


class ExternalIdentity(Base, kw_only=True):
    """A department's own identifier of a resource (本部门编号), which follows the resource."""

    __tablename__ = "external_identity"
    __table_args__ = (
        Index("ix_external_identity_resource", "resource_id"),
        Index("ix_external_identity_key", "key"),
        {"info": {"runtime": "SELECT, INSERT, UPDATE"}},
    )

    department: Mapped[UUID] = mapped_column(ForeignKey("department.id"), primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resource.id"))
    known_since: Mapped[datetime] = mapped_column(db.Timestamp)
