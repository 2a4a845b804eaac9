"""What a department takes out in the form of the workbook: its own entries."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, selectinload

from services.catalog.models import Resource, ResourceVersion
from services.catalog.workflow import State
from shared.principal import Principal


def _own(by: Principal, state: State | None) -> list[ColumnElement[bool]]:
    live = Resource.state != State.WITHDRAWN if state is None else Resource.state == state
    return [Resource.provider == by.department, live]


async def count(session: AsyncSession, by: Principal, state: State | None) -> int:
    """How many entries the department has; withdrawn ones only where they are asked for."""
    statement = select(func.count()).select_from(Resource)
    return await session.scalar(statement.where(*_own(by, state))) or 0


async def latest(
    session: AsyncSession, by: Principal, state: State | None, after: UUID | None, limit: int
) -> Sequence[ResourceVersion]:
    """The latest versions of the department's next resources, the oldest first."""
    statement = (
        select(ResourceVersion)
        .join(
            Resource,
            and_(
                Resource.id == ResourceVersion.resource_id,
                Resource.latest == ResourceVersion.number,
            ),
        )
        .where(*_own(by, state))
        .order_by(Resource.id)
        .limit(limit)
        .options(contains_eager(ResourceVersion.resource), selectinload(ResourceVersion.items))
    )
    if after is not None:
        statement = statement.where(Resource.id > after)
    return (await session.scalars(statement)).all()
