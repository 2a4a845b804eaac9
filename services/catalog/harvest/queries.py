"""Every SELECT of harvest. A department sees its own sources and nobody else's."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog.harvest.models import HarvestedRecord, HarvestRun, HarvestSource, RunState
from shared import pages
from shared.errors import NotFound
from shared.pages import PageParams
from shared.principal import Principal


class SourceUnknown(NotFound):
    """There is no such source, or it is another department's."""

    code = "harvest-source-unknown"
    title = "Source unknown"


def visible_to(viewer: Principal) -> Select[HarvestSource]:
    """The sources that the viewer may see: those of the own department."""
    return select(HarvestSource).where(HarvestSource.department == viewer.department)


async def get(session: AsyncSession, identity: UUID, viewer: Principal) -> HarvestSource:
    """One source. Raises SourceUnknown."""
    found = await session.scalar(visible_to(viewer).where(HarvestSource.id == identity))
    if found is None:
        raise SourceUnknown("There is no such source.")
    return found


async def listed(
    session: AsyncSession, viewer: Principal, params: PageParams
) -> tuple[list[HarvestSource], str | None]:
    """One page of sources, the newest first."""
    return await pages.page(
        session, visible_to(viewer), [HarvestSource.id], params, descending=True
    )


async def count_live(session: AsyncSession, by: Principal) -> int:
    """How many sources of the department are read."""
    statement = select(func.count()).where(
        HarvestSource.department == by.department, HarvestSource.next_at.is_not(None)
    )
    return await session.scalar(statement) or 0


async def runs(
    session: AsyncSession, source: HarvestSource, params: PageParams
) -> tuple[list[HarvestRun], str | None]:
    """One page of a source's runs, the latest first."""
    statement = select(HarvestRun).where(HarvestRun.source_id == source.id)
    return await pages.page(session, statement, [HarvestRun.id], params, descending=True)


async def gone(
    session: AsyncSession, source: HarvestSource, params: PageParams
) -> tuple[list[HarvestedRecord], str | None]:
    """One page of what the source had once and has no more."""
    statement = select(HarvestedRecord).where(
        HarvestedRecord.source_id == source.id, HarvestedRecord.gone_at.is_not(None)
    )
    return await pages.page(session, statement, [HarvestedRecord.key], params)


async def due(session: AsyncSession, at: datetime) -> Sequence[UUID]:
    """The sources that are to be read now, the longest due first."""
    statement = (
        select(HarvestSource.id).where(HarvestSource.next_at <= at).order_by(HarvestSource.next_at)
    )
    return (await session.scalars(statement)).all()


async def lock(session: AsyncSession, identity: UUID) -> HarvestSource | None:
    """A source, locked until commit."""
    return await session.get(HarvestSource, identity, with_for_update=True)


async def broken_off(session: AsyncSession, source: UUID) -> Sequence[HarvestRun]:
    """Runs that a killed worker has left."""
    statement = select(HarvestRun).where(
        HarvestRun.source_id == source, HarvestRun.state == RunState.RUNNING
    )
    return (await session.scalars(statement)).all()


async def known(session: AsyncSession, source: UUID) -> dict[str, HarvestedRecord]:
    """What the source said when it was last read, by key."""
    statement = select(HarvestedRecord).where(HarvestedRecord.source_id == source)
    return {record.key: record for record in await session.scalars(statement)}
