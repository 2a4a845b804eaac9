"""The tables of departments: an id that lasts, and dated particulars under it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from gateway.models.base import Base
from shared import db
from shared.events.gateway import (
    DepartmentRegistered,
)
from shared.ids import new_id


class Department(Base, kw_only=True):
    """A department: only its id, which outlives every name, code and parent."""

    __tablename__ = "department"

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    registered_at: Mapped[datetime] = mapped_column(db.Timestamp)
    version: Mapped[int] = mapped_column(default=1)


class Particulars(Base, kw_only=True):
    """What a department is called and where it belongs, from one moment until the next."""

    __tablename__ = "department_particulars"
    __table_args__ = (
        Index(
            "uq_department_particulars_current",
            "department",
            unique=True,
            postgresql_where=text("until IS NULL"),
        ),
        Index(
            "uq_department_particulars_credit_code",
            "credit_code",
            unique=True,
            postgresql_where=text("until IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default_factory=new_id)
    department: Mapped[UUID] = mapped_column(ForeignKey("department.id"), index=True)
    since: Mapped[datetime] = mapped_column(db.Timestamp)
    until: Mapped[datetime | None] = mapped_column(db.Timestamp, default=None)
    name: Mapped[str]
    short_name: Mapped[str]
    credit_code: Mapped[str] = mapped_column(String(18))
    region: Mapped[str]
    parent: Mapped[UUID | None] = mapped_column(ForeignKey("department.id"), default=None)
    is_authority: Mapped[bool] = mapped_column(default=False)

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
