"""The table of codes taken over; none is ever changed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.catalog.base import Base
from shared import db


class FormerCode(Base, kw_only=True):
    """The code under which another platform knew a resource."""

    __tablename__ = "former_code"
    __table_args__ = (
        Index("ix_former_code_code", "code"),
        Index("ix_former_code_resource", "resource_id"),
        {"info": {"runtime": "SELECT, INSERT"}},
    )

    platform: Mapped[str] = mapped_column(Text, primary_key=True)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    resource_id: Mapped[UUID] = mapped_column(ForeignKey("resource.id"))
    actor: Mapped[str]
    taken_over_at: Mapped[datetime] = mapped_column(db.Timestamp)
