"""What this service does when it hears of resources and departments."""

from sqlalchemy.ext.asyncio import AsyncSession

from services.requests import announced, leavers, queries
from services.requests.known import KnownDepartment, KnownResource
from services.requests.successions import consumers as successions
from shared.events.catalog import ResourcePublished, ResourceWithdrawn
from shared.events.gateway import DepartmentRegistered
from shared.inbox import Consumer, on
from shared.outbox import emit


async def on_resource_published(session: AsyncSession, event: ResourcePublished) -> None:
    """Keep the entry as published; requests are made and decided on it."""
    await announced.forget_publication(session, event)
    known = await queries.find_resource(session, event.resource)
    if known is None:
        session.add(KnownResource.of(event))
    else:
        known.publish(event)


async def on_resource_withdrawn(session: AsyncSession, event: ResourceWithdrawn) -> None:
    """It left the catalogue: its grants end, and what is asked of it from now on is negotiated."""
    await announced.forget_all(session, event)
    known = await queries.find_resource(session, event.resource)
    if known is None or not known.withdraw(event):
        return
    for grant in await queries.lock_grants_of(session, event.resource, event.at):
        emit(session, grant.end_with_resource(event))


async def on_department_registered(session: AsyncSession, event: DepartmentRegistered) -> None:
    """Keep the department's names and region."""
    known = await queries.find_department(session, event.registered)
    if known is None:
        session.add(KnownDepartment.of(event))
    else:
        known.hear(event)


CONSUMERS: list[Consumer] = [
    on(ResourcePublished, on_resource_published),
    on(ResourceWithdrawn, on_resource_withdrawn),
    on(DepartmentRegistered, on_department_registered),
    *announced.CONSUMERS,
    *leavers.CONSUMERS,
    *successions.CONSUMERS,
]
