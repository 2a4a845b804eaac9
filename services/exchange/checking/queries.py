"""Every SELECT of the check: files in pages, and how many rows a lookup table has."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select, table, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange.lookup_names import SCHEMA
from services.exchange.models import BatchFile, BatchKey, FileKind, Resource
from services.exchange.queries import StoredFile

Place = tuple[UUID, FileKind, int]


async def files_after(
    session: AsyncSession, after: Place | None, limit: int
) -> Sequence[tuple[Place, StoredFile]]:
    """The files of batches that come after a place, in order."""
    place = tuple_(BatchFile.batch_id, BatchFile.kind, BatchFile.position)
    statement = select(BatchFile, BatchKey).join(BatchKey, BatchKey.batch_id == BatchFile.batch_id)
    if after is not None:
        statement = statement.where(place > after)
    ordered = statement.order_by(BatchFile.batch_id, BatchFile.kind, BatchFile.position)
    return [
        (
            (f.batch_id, f.kind, f.position),
            StoredFile(f.batch_id, k.attempt, k.wrapped, f.digest, f.size, f.rows),
        )
        for f, k in (await session.execute(ordered.limit(limit))).all()
    ]


async def resources_with_data(session: AsyncSession) -> Sequence[Resource]:
    """The resources that have a lookup table."""
    statement = select(Resource).where(Resource.lookup_table.is_not(None)).order_by(Resource.id)
    return (await session.scalars(statement)).all()


async def rows_in(session: AsyncSession, name: str) -> int | None:
    """How many rows a lookup table has, None where it is not there."""
    there = func.to_regclass(f'{SCHEMA}."{name}"').is_not(None)
    if not await session.scalar(select(there)):
        return None
    counted = select(func.count()).select_from(table(name, schema=SCHEMA))
    return int(await session.scalar(counted) or 0)
