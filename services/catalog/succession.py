"""What happens to resources when departments follow one another.

Published versions keep the provider under the name of their time; the resource itself answers to
whoever follows.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from services.catalog.base import Base
from services.catalog.models import Department, Resource
from shared import db
from shared.errors import Conflict
from shared.events.catalog import ResourceHandedOver, SuccessionApplied
from shared.events.gateway import DepartmentSucceeded
from shared.outbox import emit

PLATFORM = "service:catalog"


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


async def hand_over(session: AsyncSession, event: DepartmentSucceeded) -> None:
    """Give the resources of a department to its heirs; versions keep the provider of their time."""
    # Whoever begins a resource for it at this moment waits here, or was waited for.
    await session.get_one(Department, event.owner, with_for_update=True)
    if event.ended:
        session.add(EndedDepartment(id=event.owner, ended_at=event.at, successor=event.successor))
    named = {heir.thing: heir.successor for heir in event.resources}
    held = await session.scalars(
        select(Resource).where(Resource.provider == event.owner).with_for_update()
    )
    moved = 0
    heirs: dict[UUID, Department] = {}
    for resource in held:
        heir = named.get(resource.id, event.successor)
        if heir is None or heir == event.owner:
            continue
        if heir not in heirs:
            heirs[heir] = await session.get_one(Department, heir)
        moved += 1
        resource.provider = heir
        resource.revision += 1
        resource.updated_at = event.at
        emit(session, _handed_over(resource, heirs[heir], event))
    emit(
        session,
        SuccessionApplied(
            at=event.at,
            actor=PLATFORM,
            department=None,
            aggregate=event.owner,
            version=event.version,
            succession=event.succession,
            owner=event.owner,
            moved=moved,
        ),
    )


def _handed_over(
    resource: Resource, heir: Department, event: DepartmentSucceeded
) -> ResourceHandedOver:
    return ResourceHandedOver(
        at=event.at,
        actor=PLATFORM,
        department=None,
        aggregate=resource.id,
        version=resource.revision,
        succession=event.succession,
        resource=resource.id,
        provider=heir.id,
        formerly=event.owner,
        region=heir.region,
    )
