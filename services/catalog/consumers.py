"""What the catalogue does when it hears of departments."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog import handing_over, queries
from services.catalog.installation import Installation
from services.catalog.models import Department
from shared.events.gateway import DepartmentChanged, DepartmentRegistered, DepartmentSucceeded
from shared.inbox import Consumer, on


async def on_department_registered(session: AsyncSession, event: DepartmentRegistered) -> None:
    """Keep name, credit code and region; what was published keeps the name of its time."""
    known = await queries.find_department(session, event.registered)
    if known is None:
        session.add(Department.of(event))
    else:
        known.hear(event)


async def on_department_succeeded(
    session: AsyncSession, here: Installation, event: DepartmentSucceeded
) -> None:
    """Its resources are its heirs', who have to bring the catalogue up to date with it."""
    await handing_over.hand_over(session, here, event)


def consumers(here: Installation) -> list[Consumer]:
    """What this installation's catalogue does when it hears of departments."""

    async def succeeded(session: AsyncSession, event: DepartmentSucceeded) -> None:
        await on_department_succeeded(session, here, event)

    return [
        on(DepartmentRegistered, on_department_registered),
        on(DepartmentChanged, on_department_registered),
        on(DepartmentSucceeded, succeeded),
    ]
