"""What the catalogue does when it hears of departments."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog import queries, search_index
from services.catalog.models import Department
from shared.events.gateway import DepartmentRegistered
from shared.inbox import Consumer, on


async def on_department_registered(session: AsyncSession, event: DepartmentRegistered) -> None:
    """Keep name, credit code and region; under a new name its resources are found at once."""
    known = await queries.find_department(session, event.registered)
    if known is None:
        session.add(Department.of(event))
    elif known.hear(event):
        await search_index.rename(session, known)


CONSUMERS: list[Consumer] = [on(DepartmentRegistered, on_department_registered)]
