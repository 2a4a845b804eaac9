"""Whose data and whose grants they are, when departments follow one another.

The catalogue says whose a resource is, requests who holds a grant; this service follows both.
Batches stay under the department that handed them in.
"""

from uuid import UUID

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange import queries
from services.exchange.freshness import usecases as freshness
from services.exchange.models import PLATFORM, Resource
from shared.events import catalog, requests
from shared.events.catalog import ResourceHandedOver
from shared.events.exchange import SuccessionApplied
from shared.events.requests import GrantHandedOver
from shared.inbox import Consumer, on
from shared.outbox import emit


async def on_resource_handed_over(session: AsyncSession, event: ResourceHandedOver) -> None:
    """Batches of the resource are its new provider's to hand in and to read."""
    resource = await queries.lock_resource(session, event.resource)
    if resource is not None and resource.heard < event.version:
        resource.heard = event.version
        resource.provider = event.provider
        await freshness.hand_over(session, event.resource, event.region)


async def on_grant_handed_over(session: AsyncSession, event: GrantHandedOver) -> None:
    """What was granted is served to the new holder."""
    grant = await queries.lock_grant(session, event.grant)
    if grant is not None and grant.heard < event.version:
        grant.heard = event.version
        grant.provider, grant.grantee = event.provider, event.grantee


async def on_resources_applied(session: AsyncSession, event: catalog.SuccessionApplied) -> None:
    """All resources of that department were told of before: say that they are known."""
    _applied(session, event, "resources")


async def on_grants_applied(session: AsyncSession, event: requests.SuccessionApplied) -> None:
    """All grants of that department were told of before: say that they are known."""
    _applied(session, event, "grants")


async def ring(session: AsyncSession, department: UUID) -> None:
    """Let whoever holds the department's resources in memory read its name again."""
    await session.execute(
        update(Resource).where(Resource.provider == department).values(heard=Resource.heard)
    )


def _applied(
    session: AsyncSession, event: catalog.SuccessionApplied | requests.SuccessionApplied, of: str
) -> None:
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
            of=of,
        ),
    )


CONSUMERS: list[Consumer] = [
    on(ResourceHandedOver, on_resource_handed_over),
    on(GrantHandedOver, on_grant_handed_over),
    on(catalog.SuccessionApplied, on_resources_applied),
    on(requests.SuccessionApplied, on_grants_applied),
]
