"""Every SELECT about history that is kept and history that goes."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange.models import (
    Address,
    Batch,
    BatchFile,
    BatchKey,
    BatchState,
    Cut,
    CutKind,
    FileKind,
    Resource,
    View,
)

_PUBLISHED = (BatchState.PUBLISHED, BatchState.RECALLED)


async def limited(session: AsyncSession) -> Sequence[UUID]:
    """The resources whose history is not kept for ever."""
    return (await session.scalars(select(Resource.id).where(Resource.kept_days.is_not(None)))).all()


async def whole_until(session: AsyncSession, resource: Resource, moment: datetime) -> Batch | None:
    """The latest batch by a moment whose files are the whole state, in the epoch that stands."""
    statement = select(Batch).where(
        Batch.resource_id == resource.id,
        Batch.epoch == resource.epoch,
        Batch.state == BatchState.PUBLISHED,
        Batch.whole,
        Batch.finished_at <= moment,
    )
    return await session.scalar(statement.order_by(Batch.sequence.desc()).limit(1))


async def published_before(session: AsyncSession, resource: Resource, sequence: int) -> bool:
    """Whether anything was published before a sequence number."""
    statement = select(Batch.id).where(
        Batch.resource_id == resource.id,
        Batch.state.in_(_PUBLISHED),
        Batch.sequence < sequence,
    )
    return await session.scalar(statement.limit(1)) is not None


async def oldest(session: AsyncSession, resource: Resource) -> Batch | None:
    """The first batch of the epoch whose state can still be had."""
    statement = select(Batch).where(
        Batch.resource_id == resource.id,
        Batch.epoch == resource.epoch,
        Batch.state == BatchState.PUBLISHED,
        Batch.sequence >= (resource.kept_from or 0),
    )
    return await session.scalar(statement.order_by(Batch.sequence).limit(1))


async def files_before(
    session: AsyncSession, resource: UUID, kept_from: int, limit: int = 200
) -> Sequence[tuple[BatchFile, int]]:
    """Files of states and changes that are kept no more, each with its attempt.

    What the first kept state changed goes too: nothing stands that it would follow on.
    """
    older = and_(Batch.sequence < kept_from, BatchFile.kind != FileKind.REPORT)
    led_here = and_(Batch.sequence == kept_from, BatchFile.kind == FileKind.CHANGES)
    statement = (
        select(BatchFile, BatchKey.attempt)
        .join(Batch, Batch.id == BatchFile.batch_id)
        .join(BatchKey, BatchKey.batch_id == Batch.id)
        .where(Batch.resource_id == resource, or_(older, led_here))
        .limit(limit)
    )
    return [(row[0], row[1]) for row in (await session.execute(statement)).all()]


async def needed_elsewhere(session: AsyncSession, file: BatchFile) -> bool:
    """Whether the same content is another file of its batch that stays."""
    same = select(func.count()).where(
        BatchFile.batch_id == file.batch_id,
        BatchFile.digest == file.digest,
        or_(BatchFile.kind != file.kind, BatchFile.position != file.position),
    )
    return bool(await session.scalar(same))


async def bare_keys(session: AsyncSession, resource: UUID, kept_from: int) -> Sequence[BatchKey]:
    """Keys of older batches that open nothing any more."""
    opens = exists().where(BatchFile.batch_id == BatchKey.batch_id)
    statement = (
        select(BatchKey)
        .join(Batch, Batch.id == BatchKey.batch_id)
        .where(Batch.resource_id == resource, Batch.sequence < kept_from, ~opens)
    )
    return (await session.scalars(statement)).all()


async def cuts_before(
    session: AsyncSession, resource: UUID, kept_from: int, at: datetime, limit: int = 100
) -> Sequence[Cut]:
    """What was cut of history that is kept no more, and that no address leads to."""
    addressed = exists().where(Address.cut_id == Cut.id, Address.expires_at > at)
    statement = (
        select(Cut)
        .join(View, View.id == Cut.view_id)
        .where(
            View.resource_id == resource,
            ~addressed,
            or_(
                Cut.sequence < kept_from,
                and_(Cut.sequence == kept_from, Cut.kind == CutKind.CHANGES),
            ),
        )
        .limit(limit)
    )
    return (await session.scalars(statement.with_for_update(of=Cut))).all()
