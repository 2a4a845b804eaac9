"""What the gateway hears of resources and requests, so that a preview can say what would move.

The catalogue and requests own them; these copies decide nothing but what is shown, and whether
something still has to be decided before a succession is carried out.
"""

from datetime import date
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.models import GrantCopy, RequestCopy, ResourceCopy, SuccessionStep
from shared.events import catalog, exchange, requests
from shared.events.catalog import (
    ResourceDrafted,
    ResourceEvent,
    ResourceHandedOver,
    ResourcePublished,
    ResourceWithdrawn,
)
from shared.events.requests import (
    GrantHandedOver,
    RequestApproved,
    RequestHandedOver,
    RequestRefused,
    RequestSubmitted,
    RequestWithdrawn,
)
from shared.inbox import Consumer, on

Applied = catalog.SuccessionApplied | requests.SuccessionApplied | exchange.SuccessionApplied


async def on_resource_drafted(session: AsyncSession, event: ResourceDrafted) -> None:
    """A resource has a name, published or not."""
    await _keep_resource(session, event, name=event.name)


async def on_resource_published(session: AsyncSession, event: ResourcePublished) -> None:
    """A resource is in the catalogue."""
    await _keep_resource(session, event, name=event.name, in_catalogue=True)


async def on_resource_withdrawn(session: AsyncSession, event: ResourceWithdrawn) -> None:
    """A resource left the catalogue, or was given up."""
    await _keep_resource(session, event, in_catalogue=False, withdrawn=True)


async def on_resource_handed_over(session: AsyncSession, event: ResourceHandedOver) -> None:
    """A resource has another provider."""
    await session.execute(
        update(ResourceCopy)
        .where(ResourceCopy.id == event.resource, ResourceCopy.heard < event.version)
        .values(heard=event.version, provider=event.provider)
    )


async def on_request_submitted(session: AsyncSession, event: RequestSubmitted) -> None:
    """Somebody has to answer."""
    row: dict[str, UUID | bool | date | None] = {
        "id": event.request,
        "resource": event.resource,
        "requester": event.requester,
        "provider": event.provider,
        "is_open": True,
        "due_on": event.due_on,
    }
    await session.execute(insert(RequestCopy).values(row).on_conflict_do_nothing())


async def on_request_closed(
    session: AsyncSession, event: RequestApproved | RequestRefused | RequestWithdrawn
) -> None:
    """Nobody has to answer any more."""
    await session.execute(
        update(RequestCopy).where(RequestCopy.id == event.request).values(is_open=False)
    )


async def on_request_handed_over(session: AsyncSession, event: RequestHandedOver) -> None:
    """A request has other parties."""
    await session.execute(
        update(RequestCopy)
        .where(RequestCopy.id == event.request)
        .values(requester=event.requester, provider=event.provider)
    )


async def on_grant_handed_over(session: AsyncSession, event: GrantHandedOver) -> None:
    """A grant has another holder or provider, and counts for its new holder at once."""
    await session.execute(
        update(GrantCopy)
        .where(GrantCopy.id == event.grant)
        .values(provider=event.provider, grantee=event.grantee, sequence=event.source_sequence)
    )


async def on_applied(session: AsyncSession, event: Applied) -> None:
    """A service has moved what it keeps of a department."""
    step = event.subject.partition(".")[0]
    row = {
        "succession": event.succession,
        "predecessor": event.owner,
        "step": f"{step} {event.of}" if isinstance(event, exchange.SuccessionApplied) else step,
        "applied_at": event.at,
        "moved": 0 if isinstance(event, exchange.SuccessionApplied) else event.moved,
    }
    await session.execute(insert(SuccessionStep).values(row).on_conflict_do_nothing())


async def _keep_resource(session: AsyncSession, event: ResourceEvent, **told: str | bool) -> None:
    facts = {"heard": event.version, "provider": event.provider, **told}
    given = insert(ResourceCopy).values(
        **{"id": event.resource, "in_catalogue": False, "withdrawn": False, **facts}
    )
    await session.execute(
        given.on_conflict_do_update(
            index_elements=[ResourceCopy.id], set_=facts, where=ResourceCopy.heard < event.version
        )
    )


CONSUMERS: list[Consumer] = [
    on(ResourceDrafted, on_resource_drafted),
    on(ResourcePublished, on_resource_published),
    on(ResourceWithdrawn, on_resource_withdrawn),
    on(ResourceHandedOver, on_resource_handed_over),
    on(RequestSubmitted, on_request_submitted),
    on(RequestApproved, on_request_closed),
    on(RequestRefused, on_request_closed),
    on(RequestWithdrawn, on_request_closed),
    on(RequestHandedOver, on_request_handed_over),
    on(GrantHandedOver, on_grant_handed_over),
    on(catalog.SuccessionApplied, on_applied),
    on(requests.SuccessionApplied, on_applied),
    on(exchange.SuccessionApplied, on_applied),
]
