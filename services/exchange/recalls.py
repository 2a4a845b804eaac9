"""Every SELECT about what was recalled or may be."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange import queries
from services.exchange.models import Batch, BatchState, Cut, CutKind, Grant, Resource, View


async def rows_standing(session: AsyncSession, resource: Resource) -> int | None:
    """How many rows stand as of now, where it was kept."""
    if not resource.sequence:
        return 0
    newest = await queries.published_at(session, resource.id, resource.epoch, resource.sequence)
    return None if newest is None else newest.rows_after


async def standing(session: AsyncSession, resource_id: UUID, most: int) -> Sequence[Batch]:
    """The newest batches whose rows are published and not undone, the newest first."""
    statement = select(Batch).where(
        Batch.resource_id == resource_id,
        Batch.state == BatchState.PUBLISHED,
        Batch.recalls.is_(None),
    )
    newest = statement.order_by(Batch.epoch.desc(), Batch.sequence.desc())
    return (await session.scalars(newest.limit(most))).all()


async def recalls_of(session: AsyncSession, batch: UUID) -> Sequence[Batch]:
    """What was meant to undo this batch, the newest first."""
    statement = select(Batch).where(Batch.recalls == batch).order_by(Batch.id.desc())
    return (await session.scalars(statement)).all()


async def recall_waits(session: AsyncSession, resource_id: UUID) -> bool:
    """Whether a recall was demanded and not published yet."""
    statement = select(Batch.id).where(
        Batch.resource_id == resource_id,
        Batch.recalls.is_not(None),
        Batch.state.in_(queries.TO_WORK),
    )
    return await session.scalar(statement.limit(1)) is not None


@dataclass(frozen=True, slots=True)
class Span:
    """Sequence numbers of one epoch that show what was recalled: from it until its recall."""

    epoch: int
    recalled: int
    recall: int


async def spans(session: AsyncSession, resource_id: UUID) -> Sequence[Span]:
    """What was recalled of a resource."""
    statement = select(Batch.epoch, Batch.sequence, Batch.recalled_as).where(
        Batch.resource_id == resource_id, Batch.state == BatchState.RECALLED
    )
    return [
        Span(epoch, first, behind)
        for epoch, first, behind in (await session.execute(statement)).all()
        if epoch is not None and first is not None and behind is not None
    ]


async def recalled_cuts(session: AsyncSession, limit: int = 100) -> Sequence[Cut]:
    """Cuts that show what was recalled."""
    undone = exists().where(
        Batch.resource_id == View.resource_id,
        Batch.state == BatchState.RECALLED,
        Batch.epoch == Cut.epoch,
        or_(
            and_(Cut.kind == CutKind.CHANGES, Cut.sequence == Batch.sequence),
            and_(
                Cut.kind == CutKind.SNAPSHOT,
                Cut.sequence >= Batch.sequence,
                Cut.sequence < Batch.recalled_as,
            ),
        ),
    )
    statement = select(Cut).join(View, View.id == Cut.view_id).where(undone).limit(limit)
    return (await session.scalars(statement.with_for_update(of=Cut))).all()


async def holders(session: AsyncSession, resource_id: UUID, at: datetime) -> Sequence[UUID]:
    """The departments that have a grant of the resource in force."""
    statement = select(Grant.grantee).where(
        Grant.resource_id == resource_id,
        Grant.revoked_at.is_(None),
        Grant.valid_from <= at,
        or_(Grant.valid_until.is_(None), Grant.valid_until > at),
    )
    return (await session.scalars(statement.distinct().order_by(Grant.grantee))).all()
