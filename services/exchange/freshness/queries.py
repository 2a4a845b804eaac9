"""The SELECTs over freshness. Who may see it is decided in `visible_to` alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange.freshness.models import Freshness
from services.exchange.freshness.rules import Timeliness
from services.exchange.known import Department, Grant
from services.exchange.models import Resource
from shared.errors import NotFound
from shared.pages import PageParams, page
from shared.principal import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedFreshness:
    """What a list is narrowed to; None narrows nothing. `today` is a local day."""

    today: date
    at: datetime
    provider: UUID | None = None
    timeliness: Timeliness | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """A resource, what is expected of its data, and its provider's name."""

    freshness: Freshness
    resource: Resource
    provider_name: str | None


def _granted_to(department: UUID, at: datetime) -> ColumnElement[bool]:
    return exists().where(
        Grant.resource_id == Resource.id,
        Grant.grantee == department,
        Grant.revoked_at.is_(None),
        Grant.valid_from <= at,
        or_(Grant.valid_until.is_(None), Grant.valid_until > at),
    )


def _overseen_by(viewer: Principal) -> ColumnElement[bool]:
    if viewer.authority is None:
        return false()
    below = Freshness.region.startswith(viewer.authority + "/", autoescape=True)
    return or_(Freshness.region == viewer.authority, below)


def visible_to(viewer: Principal, at: datetime) -> Select[Freshness]:
    """Of one's own resources, of those that one holds a grant to, and of the region's for its
    authority; what has left the catalogue is no longer there."""
    return (
        select(Freshness)
        .join(Resource, Resource.id == Freshness.resource_id)
        .where(
            Resource.withdrawn_at.is_(None),
            or_(
                Resource.provider == viewer.department,
                _overseen_by(viewer),
                _granted_to(viewer.department, at),
            ),
        )
    )


async def listing(
    session: AsyncSession, wanted: WantedFreshness, viewer: Principal, params: PageParams
) -> tuple[list[Standing], str | None]:
    """One page of what the viewer may see, as it was last counted."""
    statement = visible_to(viewer, wanted.at)
    if wanted.provider is not None:
        statement = statement.where(Resource.provider == wanted.provider)
    if wanted.timeliness is not None:
        statement = statement.where(_stands(wanted.timeliness, wanted.today))
    found, after = await page(session, statement, [Freshness.resource_id], params)
    return await _with_resources(session, found), after


def _stands(timeliness: Timeliness, today: date) -> ColumnElement[bool]:
    match timeliness:
        case Timeliness.UNTIMED:
            return Freshness.expected_on.is_(None)
        case Timeliness.ON_TIME:
            return Freshness.expected_on > today
        case Timeliness.DUE:
            return and_(Freshness.expected_on <= today, Freshness.last_on >= today)
        case Timeliness.LATE:
            return Freshness.last_on < today


async def one(session: AsyncSession, resource: UUID, viewer: Principal, at: datetime) -> Standing:
    """Of one resource. Raises NotFound."""
    statement = visible_to(viewer, at).where(Freshness.resource_id == resource)
    found = await session.scalar(statement)
    if found is None:
        raise NotFound("There is no such resource for you, or its data does not come in batches.")
    return (await _with_resources(session, [found]))[0]


async def lock(session: AsyncSession, resource: UUID) -> Freshness | None:
    """Of one resource, locked until commit."""
    return await session.scalar(
        select(Freshness).where(Freshness.resource_id == resource).with_for_update()
    )


async def holders(session: AsyncSession, resource: UUID, at: datetime) -> list[UUID]:
    """The departments with a grant in force."""
    statement = (
        select(Grant.grantee)
        .distinct()
        .where(
            Grant.resource_id == resource,
            Grant.revoked_at.is_(None),
            Grant.valid_from <= at,
            or_(Grant.valid_until.is_(None), Grant.valid_until > at),
        )
        .order_by(Grant.grantee)
    )
    return list(await session.scalars(statement))


async def lock_uncounted(
    session: AsyncSession, rulebook_version: str, most: int
) -> list[tuple[Freshness, Resource]]:
    """Where newer data came, or another law, since it was counted; locked."""
    confirmed = and_(
        Freshness.confirmed_epoch == Resource.epoch,
        Freshness.confirmed_sequence == Resource.sequence,
    )
    since = case(
        (confirmed, Freshness.confirmed_at),
        else_=func.coalesce(Resource.data_at, Freshness.catalogued_at),
    )
    statement = (
        select(Freshness, Resource)
        .join(Resource, Resource.id == Freshness.resource_id)
        .where(
            Resource.withdrawn_at.is_(None),
            or_(
                Freshness.counted_from.is_distinct_from(since),
                Freshness.rulebook_version.is_distinct_from(rulebook_version),
            ),
        )
        .order_by(Freshness.resource_id)
        .limit(most)
        .with_for_update(skip_locked=True, of=Freshness)
    )
    return [(row[0], row[1]) for row in (await session.execute(statement)).all()]


async def lock_provisional(
    session: AsyncSession, after: UUID | None, most: int
) -> list[tuple[Freshness, Resource]]:
    """Those counted through days that nobody had announced, after a resource's id; locked."""
    statement = (
        select(Freshness, Resource)
        .join(Resource, Resource.id == Freshness.resource_id)
        .where(Freshness.provisional, Resource.withdrawn_at.is_(None))
        .order_by(Freshness.resource_id)
        .limit(most)
        .with_for_update(skip_locked=True, of=Freshness)
    )
    if after is not None:
        statement = statement.where(Freshness.resource_id > after)
    return [(row[0], row[1]) for row in (await session.execute(statement)).all()]


async def lock_late(
    session: AsyncSession, today: date, most: int
) -> list[tuple[Freshness, Resource]]:
    """Past their last day, and nobody was told; locked."""
    statement = (
        select(Freshness, Resource)
        .join(Resource, Resource.id == Freshness.resource_id)
        .where(
            Resource.withdrawn_at.is_(None),
            Freshness.last_on < today,
            Freshness.late_told_at.is_(None),
        )
        .order_by(Freshness.last_on, Freshness.resource_id)
        .limit(most)
        .with_for_update(skip_locked=True, of=Freshness)
    )
    return [(row[0], row[1]) for row in (await session.execute(statement)).all()]


async def _with_resources(session: AsyncSession, found: Sequence[Freshness]) -> list[Standing]:
    statement = (
        select(Resource, Department.name)
        .outerjoin(Department, Department.id == Resource.provider)
        .where(Resource.id.in_([one.resource_id for one in found]))
    )
    known = {row[0].id: (row[0], row[1]) for row in (await session.execute(statement)).all()}
    return [Standing(one, *known[one.resource_id]) for one in found]
