"""The tables of departments: an id that lasts, and dated particulars under it."""

from datetime import datetime
from typing import Self, TypedDict
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base
from shared import db
from shared.events.gateway import DepartmentChanged, DepartmentRegistered, DepartmentStatus
from shared.ids import new_id


class Said(TypedDict, total=False):
    """The particulars that a change states; what it does not state stays."""

    name: str
    short_name: str
    credit_code: str
    region: str
    parent: str | None
    is_authority: bool


class Department(Base, kw_only=True):
    """A department: only its id, which outlives every name, code and parent.

    `version` counts the particulars that held, and is the number in the ETag.
    """

    __tablename__ = "department"

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    registered_at: Mapped[datetime] = mapped_column(db.Timestamp)
    version: Mapped[int] = mapped_column(default=1)


class Particulars(Base, kw_only=True):
    """What a department is called and where it belongs, from one moment until the next.

    Only the particulars that hold now have no `until`; `version` is the department's under them.
    """

    __tablename__ = "department_particulars"
    __table_args__ = (
        Index(
            "uq_department_particulars_current",
            "department",
            unique=True,
            postgresql_where=text("until IS NULL"),
        ),
        # A department that ended leaves its code to whoever follows it.
        Index(
            "uq_department_particulars_credit_code",
            "credit_code",
            unique=True,
            postgresql_where=text("until IS NULL AND status = 'active'"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    department: Mapped[UUID] = mapped_column(ForeignKey("department.id"), index=True)
    version: Mapped[int] = mapped_column(default=1)
    since: Mapped[datetime] = mapped_column(db.Timestamp)
    until: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    name: Mapped[str]
    short_name: Mapped[str]
    credit_code: Mapped[str] = mapped_column(String(18))
    region: Mapped[str]
    parent: Mapped[UUID | None] = mapped_column(ForeignKey("department.id"), default=None)
    is_authority: Mapped[bool] = mapped_column(default=False)
    status: Mapped[DepartmentStatus] = mapped_column(
        db.named(DepartmentStatus), default=DepartmentStatus.ACTIVE
    )
    basis: Mapped[str | None] = mapped_column(Text, default=None)

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

    def followed_by(
        self, said: Said, status: DepartmentStatus, basis: str, since: datetime
    ) -> Self:
        """End these particulars at `since` and begin the next ones, with what `said` changes."""
        self.until = since
        parent = said.get("parent", str(self.parent) if self.parent else None)
        return type(self)(
            department=self.department,
            version=self.version + 1,
            since=since,
            name=said.get("name", self.name),
            short_name=said.get("short_name", self.short_name),
            credit_code=said.get("credit_code", self.credit_code),
            region=said.get("region", self.region),
            parent=UUID(parent) if parent else None,
            is_authority=said.get("is_authority", self.is_authority),
            status=status,
            basis=basis,
        )

    def changed(
        self, before: "Particulars", actor: str, by: UUID | None, at: datetime
    ) -> DepartmentChanged:
        """Tell the platform that these follow the ones before."""
        return DepartmentChanged(
            at=at,
            actor=actor,
            department=by,
            aggregate=self.department,
            version=self.version,
            owner=self.department,
            name=self.name,
            short_name=self.short_name,
            credit_code=self.credit_code,
            region=self.region,
            parent=self.parent,
            is_authority=self.is_authority,
            formerly=before.name,
            status=self.status,
            since=self.since,
            basis=self.basis or "",
        )


class DepartmentChange(Base, kw_only=True):
    """A change of a department's particulars that takes effect by itself at `effective_at`.

    `hindered_by` says why it could not when its time had come; it is tried again.
    """

    __tablename__ = "department_change"
    __table_args__ = (
        Index(
            "ix_department_change_due",
            "effective_at",
            postgresql_where=text("taken_effect_at IS NULL AND cancelled_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    department: Mapped[UUID] = mapped_column(ForeignKey("department.id"), index=True)
    said: Mapped[Said] = mapped_column(JSONB)
    basis: Mapped[str] = mapped_column(Text)
    effective_at: Mapped[datetime] = mapped_column(db.Timestamp)
    planned_at: Mapped[datetime] = mapped_column(db.Timestamp)
    planned_by: Mapped[str]
    planned_for: Mapped[UUID]
    taken_effect_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    cancelled_at: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    hindered_by: Mapped[str | None] = mapped_column(Text, default=None)
