"""What other services said, kept: resources, grants, who may not take, departments' names."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange import holders, queries, successions
from services.exchange.elements import consumers as elements
from services.exchange.freshness import usecases as freshness
from services.exchange.models import Department, Grant, Resource, Suspension
from services.exchange.outside import successions as outside
from services.exchange.uploads import clearing
from shared.events.catalog import ResourcePublished, ResourceWithdrawn
from shared.events.gateway import DepartmentChanged, DepartmentRegistered
from shared.events.requests import (
    DepartmentSuspended,
    GrantCircleChanged,
    GrantIssued,
    GrantRevoked,
    SuspensionLifted,
)
from shared.inbox import on


async def on_resource_published(session: AsyncSession, event: ResourcePublished) -> None:
    """The catalogue has a resource, or a new version of it; the newest version counts."""
    facts = {
        "heard": event.version,
        "version": event.resource_version,
        "code": event.code,
        "name": event.name,
        "provider": event.provider,
        "grade": event.grade,
        "items": event.items,
        "withdrawn_at": None,
    }
    await session.execute(
        insert(Resource)
        .values(id=event.resource, epoch=1, sequence=0, **facts)
        .on_conflict_do_update(
            index_elements=[Resource.id], set_=facts, where=Resource.heard < event.version
        )
    )
    await freshness.hear(session, event)


async def on_resource_withdrawn(session: AsyncSession, event: ResourceWithdrawn) -> None:
    """A resource left the catalogue: no batch is taken for it any more."""
    resource = await queries.lock_resource(session, event.resource)
    if resource is not None and resource.heard < event.version:
        resource.heard = event.version
        resource.withdrawn_at = event.at


async def on_grant_issued(session: AsyncSession, event: GrantIssued) -> None:
    """A grant stands. A revocation that was heard before it is kept."""
    await session.execute(
        insert(Grant)
        .values(
            id=event.grant,
            heard=event.version,
            resource_id=event.resource,
            provider=event.provider,
            grantee=event.grantee,
            purpose=event.purpose,
            items=event.items,
            grade=event.grade,
            valid_from=event.valid_from,
            valid_until=event.valid_until,
            circle=event.circle,
            narrowing=event.narrowing,
        )
        .on_conflict_do_nothing()
    )


async def on_grant_circle_changed(session: AsyncSession, event: GrantCircleChanged) -> None:
    """Only these may use the grant: the addresses that others were given die."""
    grant = await queries.lock_grant(session, event.grant)
    if grant is not None and grant.heard < event.version:
        grant.heard = event.version
        grant.circle = event.circle


async def on_grant_revoked(session: AsyncSession, event: GrantRevoked) -> None:
    """A grant ended: every address under it dies with it."""
    grant = await queries.lock_grant(session, event.grant)
    if grant is not None and grant.revoked_at is None:
        grant.heard = max(grant.heard, event.version)
        grant.revoked_at = event.at


async def on_department_suspended(session: AsyncSession, event: DepartmentSuspended) -> None:
    """A department may not take others' data: its addresses open nothing meanwhile."""
    await session.execute(
        insert(Suspension)
        .values(id=event.suspension, department=event.suspended, since=event.at)
        .on_conflict_do_nothing()
    )


async def on_suspension_lifted(session: AsyncSession, event: SuspensionLifted) -> None:
    """The department may take again."""
    facts = {"department": event.suspended, "since": event.since, "lifted_at": event.at}
    await session.execute(
        insert(Suspension)
        .values(id=event.suspension, **facts)
        .on_conflict_do_update(index_elements=[Suspension.id], set_=facts)
    )


async def on_department_registered(session: AsyncSession, event: DepartmentRegistered) -> None:
    """A department has a name, or a new one: its data is attributed under it from now on."""
    facts = {"heard": event.version, "name": event.name}
    await session.execute(
        insert(Department)
        .values(id=event.registered, **facts)
        .on_conflict_do_update(
            index_elements=[Department.id], set_=facts, where=Department.heard < event.version
        )
    )
    await successions.ring(session, event.registered)


CONSUMERS = [
    on(ResourcePublished, on_resource_published),
    on(ResourceWithdrawn, on_resource_withdrawn),
    on(GrantIssued, on_grant_issued),
    on(GrantCircleChanged, on_grant_circle_changed),
    on(GrantRevoked, on_grant_revoked),
    on(DepartmentSuspended, on_department_suspended),
    on(SuspensionLifted, on_suspension_lifted),
    on(DepartmentRegistered, on_department_registered),
    on(DepartmentChanged, on_department_registered),
    *successions.CONSUMERS,
    *elements.CONSUMERS,
    *holders.CONSUMERS,
    *clearing.CONSUMERS,
    *outside.CONSUMERS,
]
# All that requests says is heard, so that how far it was heard says how fresh the grants are.
FOLLOWED = ["requests"]
