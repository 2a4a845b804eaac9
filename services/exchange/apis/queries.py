"""Every SELECT of interfaces. A provider sees its own, a grantee those of its grants."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import any_, literal, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange import queries as exchange
from services.exchange.apis.definition import Way
from services.exchange.apis.models import Api, ApiDefinition, ApiOutage, LastAnswer
from services.exchange.models import Grant, Resource
from shared.errors import NotFound
from shared.pages import PageParams, page
from shared.principal import Principal


class ApiUnknown(NotFound):
    """No interface is registered for the resource, or it has no such operation, or it is not the
    caller's to know of."""

    code = "api-unknown"
    title = "No such interface"


async def own(session: AsyncSession, resource: UUID, viewer: Principal) -> Api:
    """The interface of one's own resource. Raises NotFound, ApiUnknown."""
    await exchange.own_resource(session, resource, viewer)
    found = await session.get(Api, resource)
    if found is None:
        raise ApiUnknown("No interface is registered for this resource.")
    return found


async def lock(session: AsyncSession, resource: UUID) -> Api | None:
    """An interface, locked until commit."""
    return await session.get(Api, resource, with_for_update=True, populate_existing=True)


async def definitions(
    session: AsyncSession, resource: UUID, viewer: Principal, params: PageParams
) -> tuple[list[ApiDefinition], str | None]:
    """What one's own interface was, the newest first. Raises NotFound, ApiUnknown."""
    await own(session, resource, viewer)
    statement = select(ApiDefinition).where(ApiDefinition.resource_id == resource)
    return await page(session, statement, [ApiDefinition.number], params, descending=True)


async def own_outages(
    session: AsyncSession, resource: UUID, viewer: Principal, params: PageParams
) -> tuple[list[ApiOutage], str | None]:
    """When one's own system was away, the latest first. Raises NotFound, ApiUnknown."""
    await own(session, resource, viewer)
    return await _outages(session, resource, params)


async def outages_under(
    session: AsyncSession, grant: UUID, viewer: Principal, at: datetime, params: PageParams
) -> tuple[list[ApiOutage], str | None]:
    """When the system behind a grant was away, the latest first. Raises NotFound, ApiUnknown."""
    found = await offered(session, grant, viewer, at)
    return await _outages(session, found.resource.id, params)


@dataclass(frozen=True, slots=True)
class Granted:
    """An interface that may be called, and under what."""

    api: Api
    resource: Resource
    grant: Grant
    # As far as it was heard.
    provider_name: str | None


async def granted(session: AsyncSession, grant: UUID, by: Principal, at: datetime) -> Granted:
    """The interface behind the grant that the caller acts under. Raises NotFound, ApiUnknown."""
    return await _behind(session, await exchange.granted(session, grant, by, at))


async def offered(session: AsyncSession, grant: UUID, viewer: Principal, at: datetime) -> Granted:
    """The interface behind a grant of the viewer's department, to read about; whoever is outside
    its circle of knowledge is not told of it. Raises NotFound, ApiUnknown."""
    found = await session.scalar(
        select(Grant).where(
            Grant.id == grant,
            Grant.grantee == viewer.department,
            Grant.revoked_at.is_(None),
            Grant.valid_from <= at,
            or_(Grant.valid_until.is_(None), Grant.valid_until > at),
            or_(Grant.circle.is_(None), literal(viewer.id) == any_(Grant.circle)),
        )
    )
    if found is None:
        raise NotFound("There is no such grant of your department.")
    return await _behind(session, found)


async def enabled(session: AsyncSession) -> Sequence[tuple[Api, UUID]]:
    """The interfaces that may be called, each with its provider."""
    statement = (
        select(Api, Resource.provider)
        .join(Resource, Resource.id == Api.resource_id)
        .where(Api.enabled, Resource.withdrawn_at.is_(None))
    )
    return [(row[0], row[1]) for row in (await session.execute(statement)).all()]


async def served_by(session: AsyncSession, provider: UUID) -> set[UUID]:
    """The provider's resources whose calls its front-end machine takes."""
    statement = (
        select(Api)
        .join(Resource, Resource.id == Api.resource_id)
        .where(Resource.provider == provider, Api.enabled, Resource.withdrawn_at.is_(None))
    )
    found = await session.scalars(statement)
    return {a.resource_id for a in found if a.definition.way is Way.FRONT_END_MACHINE}


async def standing(session: AsyncSession) -> dict[UUID, ApiOutage]:
    """The outages that have not ended, by resource."""
    found = await session.scalars(select(ApiOutage).where(ApiOutage.ended_at.is_(None)))
    return {outage.resource_id: outage for outage in found}


async def provider_of(session: AsyncSession, resource: UUID) -> UUID | None:
    """Who provides a resource."""
    return await session.scalar(select(Resource.provider).where(Resource.id == resource))


async def last_answer(
    session: AsyncSession, resource: UUID, question: bytes, definition: int, at: datetime
) -> LastAnswer | None:
    """What was last answered to a question under that definition, where it may still be given."""
    return await session.scalar(
        select(LastAnswer).where(
            LastAnswer.resource_id == resource,
            LastAnswer.question == question,
            LastAnswer.definition_number == definition,
            LastAnswer.good_until > at,
        )
    )


async def _outages(
    session: AsyncSession, resource: UUID, params: PageParams
) -> tuple[list[ApiOutage], str | None]:
    statement = select(ApiOutage).where(ApiOutage.resource_id == resource)
    return await page(session, statement, [ApiOutage.id], params, descending=True)


async def _behind(session: AsyncSession, grant: Grant) -> Granted:
    """What the provider lets be called for the grant's resource. Raises ApiUnknown."""
    statement = (
        select(Api, Resource)
        .join(Resource, Resource.id == Api.resource_id)
        .where(Api.resource_id == grant.resource_id, Api.enabled, Resource.withdrawn_at.is_(None))
    )
    row = (await session.execute(statement)).first()
    if row is None:
        raise ApiUnknown("The provider offers no interface for this resource now.")
    name = await exchange.department_name(session, row[1].provider)
    return Granted(row[0], row[1], grant, name)
