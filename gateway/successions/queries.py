"""Every SELECT over successions, and over what a department has."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, any_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from gateway.departments import queries as departments
from gateway.models import (
    Client,
    Deputy,
    GrantCopy,
    Operator,
    Particulars,
    RequestCopy,
    ResourceCopy,
    Succession,
    SuccessionStep,
    SuspensionCopy,
)
from gateway.successions.rules import Kind, Party, SuccessionUnknown, Thing
from shared.events.gateway import DepartmentStatus
from shared.pages import PageParams, page
from shared.principal import Principal


def visible_to(viewer: Principal) -> Select[Succession]:
    """Those of departments in the region that the viewer's department is the authority of."""
    theirs = departments.overseen_by(viewer).where(
        Particulars.department == any_(Succession.predecessors)
    )
    return select(Succession).where(theirs.exists())


async def listing(
    session: AsyncSession, viewer: Principal, params: PageParams
) -> tuple[list[Succession], str | None]:
    """One page of the visible successions, the newest first."""
    return await page(session, visible_to(viewer), [Succession.id], params, descending=True)


async def get(session: AsyncSession, identity: UUID, viewer: Principal) -> Succession:
    """One succession. Raises SuccessionUnknown."""
    found = await session.scalar(visible_to(viewer).where(Succession.id == identity))
    if found is None:
        raise SuccessionUnknown("There is no such succession.")
    return found


async def lock(session: AsyncSession, identity: UUID, viewer: Principal) -> Succession:
    """The same, locked until commit. Raises SuccessionUnknown."""
    statement = visible_to(viewer).where(Succession.id == identity).with_for_update()
    found = await session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise SuccessionUnknown("There is no such succession.")
    return found


async def lock_any(session: AsyncSession, identity: UUID) -> Succession | None:
    """A succession, whoever asks, locked until commit."""
    return await session.scalar(
        select(Succession)
        .where(Succession.id == identity)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


async def due(session: AsyncSession, at: datetime) -> list[UUID]:
    """The plans whose day has begun, in the order of their days."""
    statement = (
        select(Succession.id)
        .where(
            Succession.carried_out_at.is_(None),
            Succession.cancelled_at.is_(None),
            Succession.effective_at <= at,
        )
        .order_by(Succession.effective_at, Succession.id)
    )
    return list(await session.scalars(statement))


async def steps(session: AsyncSession, identities: Sequence[UUID]) -> list[SuccessionStep]:
    """What the services have said of these successions."""
    statement = select(SuccessionStep).where(SuccessionStep.succession.in_(identities))
    return list(await session.scalars(statement))


async def planned_for(
    session: AsyncSession, predecessors: Sequence[UUID], except_: UUID
) -> UUID | None:
    """Another open plan by which one of these departments would end."""
    return await session.scalar(
        select(Succession.id).where(
            Succession.predecessors.overlap(list(predecessors)),
            Succession.carried_out_at.is_(None),
            Succession.cancelled_at.is_(None),
            Succession.id != except_,
        )
    )


async def parties(session: AsyncSession, identities: Sequence[UUID]) -> dict[UUID, Party]:
    """The departments of a plan as they are now; those that are not there are left out."""
    current = departments.current().where(Particulars.department.in_(identities))
    found = (await session.scalars(current)).all()
    suspended = await _suspended(session, identities)
    children = await _children(session, identities)
    return {
        row.department: Party(
            id=row.department,
            name=row.name,
            region=row.region,
            active=row.status is DepartmentStatus.ACTIVE,
            is_authority=row.is_authority,
            suspended_under=suspended.get(row.department),
            children=tuple(children.get(row.department, ())),
        )
        for row in found
    }


async def children(session: AsyncSession, department: UUID) -> Sequence[UUID]:
    """The departments right below one, those that are there."""
    return (await _children(session, [department])).get(department, [])


async def estate(session: AsyncSession, department: UUID, at: datetime) -> list[Thing]:
    """Everything that a department has and does now, as far as the gateway has heard."""
    found = [
        Thing(kind=Kind.RESOURCE, id=r.id, name=r.name, in_catalogue=r.in_catalogue)
        for r in await session.scalars(_resources(department))
    ]
    for grant in await session.scalars(_grants(department, at)):
        if grant.grantee == department:
            found.append(Thing(kind=Kind.GRANT_HELD, id=grant.id, follows=grant.resource))
        if grant.provider == department:
            found.append(Thing(kind=Kind.GRANT_GIVEN, id=grant.id, follows=grant.resource))
    for request in await session.scalars(_requests(department)):
        made = request.requester == department
        kind = Kind.REQUEST_MADE if made else Kind.REQUEST_ASKED
        found.append(Thing(kind=kind, id=request.id, follows=request.resource))
    found += [
        Thing(kind=Kind.CLIENT, id=client.id, name=client.name)
        for client in await session.scalars(_clients(department))
    ]
    found += [
        Thing(kind=Kind.OPERATOR, id=operator.id)
        for operator in await session.scalars(_operators(department))
    ]
    return found


async def lock_clients(session: AsyncSession, department: UUID) -> Sequence[Client]:
    """A department's machines that may call, locked until commit."""
    return (await session.scalars(_clients(department).with_for_update())).all()


async def lock_operators(session: AsyncSession, department: UUID) -> Sequence[Operator]:
    """A department's accounts, also those that are closed, locked until commit."""
    return (await session.scalars(_operators(department).with_for_update())).all()


async def lock_deputies(
    session: AsyncSession, department: UUID, at: datetime
) -> list[tuple[Deputy, Operator, Operator]]:
    """Who stands in for whom in a department, now or later: the naming, person and deputy."""
    person, other = aliased(Operator), aliased(Operator)
    statement = (
        select(Deputy, person, other)
        .join(person, person.id == Deputy.operator)
        .join(other, other.id == Deputy.deputy)
        .where(Deputy.owner == department, Deputy.ended_at.is_(None), Deputy.until > at)
        .order_by(Deputy.id)
        .with_for_update(of=Deputy)
    )
    return [(row[0], row[1], row[2]) for row in await session.execute(statement)]


def _clients(department: UUID) -> Select[Client]:
    return (
        select(Client)
        .where(Client.department == department, Client.revoked_at.is_(None))
        .order_by(Client.id)
    )


def _operators(department: UUID) -> Select[Operator]:
    return select(Operator).where(Operator.department == department).order_by(Operator.id)


def _resources(department: UUID) -> Select[ResourceCopy]:
    return (
        select(ResourceCopy)
        .where(ResourceCopy.provider == department, ResourceCopy.withdrawn.is_(False))
        .order_by(ResourceCopy.id)
    )


def _grants(department: UUID, at: datetime) -> Select[GrantCopy]:
    return (
        select(GrantCopy)
        .where(
            or_(GrantCopy.grantee == department, GrantCopy.provider == department),
            GrantCopy.revoked_at.is_(None),
            or_(GrantCopy.valid_until.is_(None), GrantCopy.valid_until > at),
        )
        .order_by(GrantCopy.id)
    )


def _requests(department: UUID) -> Select[RequestCopy]:
    return (
        select(RequestCopy)
        .where(
            or_(RequestCopy.requester == department, RequestCopy.provider == department),
            RequestCopy.is_open,
        )
        .order_by(RequestCopy.id)
    )


async def _suspended(session: AsyncSession, identities: Sequence[UUID]) -> dict[UUID, str]:
    standing = select(SuspensionCopy).where(
        SuspensionCopy.department.in_(identities), SuspensionCopy.lifted_at.is_(None)
    )
    return {row.department: row.article for row in await session.scalars(standing)}


async def _children(session: AsyncSession, identities: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    below = departments.current().where(
        Particulars.parent.in_(identities), Particulars.status == DepartmentStatus.ACTIVE
    )
    found: dict[UUID, list[UUID]] = {}
    for row in await session.scalars(below.order_by(Particulars.department)):
        if row.parent is not None:
            found.setdefault(row.parent, []).append(row.department)
    return found
