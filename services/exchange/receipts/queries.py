"""Every SELECT about deliveries. Provider and holder of a grant see them, nobody else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, ScalarSelect, Select, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, aliased

from services.exchange.known import Department, Grant
from services.exchange.models import Resource
from services.exchange.receipts.models import Delivery
from shared.errors import NotFound
from shared.pages import PageParams, page
from shared.principal import Principal

Value = TypeVar("Value")


class Standing(StrEnum):
    """How far the holder of a grant came with the data as it stands."""

    NOTHING_PUBLISHED = "nothing-published"
    UNDELIVERED = "undelivered"
    UNCONFIRMED = "unconfirmed"
    DIFFERS = "differs"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to."""

    resource: UUID | None
    standing: Standing | None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one grant came. The sequence numbers are of the epoch that stands; None where
    nothing of it was handed out, or confirmed."""

    grant: Grant
    resource_name: str | None
    provider_name: str | None
    grantee_name: str | None
    epoch: int
    newest: int
    delivered: int | None
    confirmed: int | None
    differs: int | None
    delivered_at: datetime | None
    confirmed_at: datetime | None
    standing: Standing


def visible_to(viewer: Principal) -> Select[Grant]:
    """The grants that the viewer's department gave or holds."""
    mine = or_(Grant.provider == viewer.department, Grant.grantee == viewer.department)
    return select(Grant).where(mine)


async def seen(session: AsyncSession, grant: UUID, viewer: Principal) -> Grant:
    """A grant of the viewer's department, on either side. Raises NotFound."""
    found = await session.scalar(visible_to(viewer).where(Grant.id == grant))
    if found is None:
        raise NotFound("There is no such grant of your department.")
    return found


async def held(session: AsyncSession, grant: UUID, viewer: Principal) -> Grant:
    """A grant that the viewer's department holds, also one that ended. Raises NotFound."""
    found = await session.scalar(
        select(Grant).where(Grant.id == grant, Grant.grantee == viewer.department)
    )
    if found is None:
        raise NotFound("There is no such grant of your department.")
    return found


async def of_grant(
    session: AsyncSession, grant: UUID, params: PageParams
) -> tuple[list[Delivery], str | None]:
    """What was handed out under a grant, the newest first."""
    statement = select(Delivery).where(Delivery.grant_id == grant)
    return await page(session, statement, [Delivery.id], params, descending=True)


async def handed_out(
    session: AsyncSession, grant: UUID, epoch: int, sequence: int
) -> Sequence[Delivery]:
    """What was handed out up to just that number, locked until commit, the newest last."""
    statement = select(Delivery).where(
        Delivery.grant_id == grant, Delivery.epoch == epoch, Delivery.sequence == sequence
    )
    return (await session.scalars(statement.order_by(Delivery.id).with_for_update())).all()


async def progress(
    session: AsyncSession, viewer: Principal, wanted: Wanted, params: PageParams, at: datetime
) -> tuple[list[Progress], str | None]:
    """How far each grant in force came that the viewer's department gave or holds."""
    standing = _standing()
    statement = (
        visible_to(viewer)
        .outerjoin(Resource, Resource.id == Grant.resource_id)
        .where(
            Grant.revoked_at.is_(None),
            or_(Grant.valid_until.is_(None), Grant.valid_until > at),
        )
    )
    if wanted.resource is not None:
        statement = statement.where(Grant.resource_id == wanted.resource)
    if wanted.standing is not None:
        statement = statement.where(standing == wanted.standing.value)
    grants, following = await page(session, statement, [Grant.id], params)
    return await _progress(session, grants), following


async def _progress(session: AsyncSession, grants: Sequence[Grant]) -> list[Progress]:
    provider, grantee = aliased(Department), aliased(Department)
    confirmed = Delivery.confirmed_at.is_not(None)
    statement = (
        select(
            Grant.id,
            Resource.name,
            provider.name,
            grantee.name,
            func.coalesce(Resource.epoch, 1),
            func.coalesce(Resource.sequence, 0),
            _furthest(Delivery.sequence),
            _furthest(Delivery.sequence, confirmed),
            _furthest(Delivery.sequence, _differs()),
            _furthest(Delivery.told_at),
            _furthest(Delivery.confirmed_at),
            _standing(),
        )
        .outerjoin(Resource, Resource.id == Grant.resource_id)
        .outerjoin(provider, provider.id == Grant.provider)
        .outerjoin(grantee, grantee.id == Grant.grantee)
        .where(Grant.id.in_([grant.id for grant in grants]))
    )
    found = {row[0]: row for row in (await session.execute(statement)).all()}
    made = []
    for grant in grants:
        row = found[grant.id]
        made.append(
            Progress(
                grant=grant,
                resource_name=row[1],
                provider_name=row[2],
                grantee_name=row[3],
                epoch=row[4],
                newest=row[5],
                delivered=row[6],
                confirmed=row[7],
                differs=row[8],
                delivered_at=row[9],
                confirmed_at=row[10],
                standing=Standing(row[11]),
            )
        )
    return made


def _differs() -> ColumnElement[bool]:
    return (Delivery.differed_at.is_not(None)) & Delivery.confirmed_at.is_(None)


def _furthest(
    column: InstrumentedAttribute[Value], *which: ColumnElement[bool]
) -> ScalarSelect[Value]:
    """The greatest value among a grant's deliveries of the epoch that stands."""
    return (
        select(func.max(column))
        .where(Delivery.grant_id == Grant.id, Delivery.epoch == Resource.epoch, *which)
        .correlate(Grant, Resource)
        .scalar_subquery()
    )


def _standing() -> ColumnElement[str]:
    delivered = _furthest(Delivery.sequence)
    confirmed = _furthest(Delivery.sequence, Delivery.confirmed_at.is_not(None))
    differs = _furthest(Delivery.sequence, _differs())
    return case(
        (func.coalesce(Resource.sequence, 0) == 0, Standing.NOTHING_PUBLISHED.value),
        (differs > func.coalesce(confirmed, -1), Standing.DIFFERS.value),
        (func.coalesce(delivered, -1) < Resource.sequence, Standing.UNDELIVERED.value),
        (func.coalesce(confirmed, -1) < Resource.sequence, Standing.UNCONFIRMED.value),
        else_=Standing.CONFIRMED.value,
    )
