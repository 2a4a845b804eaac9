"""Departments that are no more: they begin nothing new in the catalogue."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.catalog.base import Base
from shared import db
from shared.errors import Conflict


class ProviderEnded(Conflict):
    """The caller's department was merged, split or abolished a moment ago."""

    code = "provider-ended"
    title = "Department ended"


class EndedDepartment(Base, kw_only=True):
    """A department that is no more, and who followed it."""

    __tablename__ = "ended_department"
    __table_args__ = ({"info": {"runtime": "SELECT, INSERT"}},)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    ended_at: Mapped[datetime] = mapped_column(db.Timestamp)
    successor: Mapped[UUID | None]


async def check_in_being(session: AsyncSession, department: UUID) -> None:
    """Refuse new resources of a department that ended. Raises ProviderEnded."""
    if await session.get(EndedDepartment, department) is not None:
        raise ProviderEnded(
            "Your department was merged, split or abolished; log in again to act for the one "
            "that follows it."
        )
