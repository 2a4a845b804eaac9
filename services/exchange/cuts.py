"""Every SELECT about cuts that may be removed, and about the files that they share."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange.models import Address, Cut, CutKind, Resource, View


async def superseded(session: AsyncSession, at: datetime) -> Sequence[Cut]:
    """Snapshots whose resource has moved on, and that no address leads to any more."""
    addressed = exists().where(Address.cut_id == Cut.id, Address.expires_at > at)
    statement = (
        select(Cut)
        .join(View, View.id == Cut.view_id)
        .join(Resource, Resource.id == View.resource_id)
        .where(
            Cut.kind == CutKind.SNAPSHOT,
            ~addressed,
            tuple_(Cut.epoch, Cut.sequence) < tuple_(Resource.epoch, Resource.sequence),
        )
        .limit(100)
    )
    return (await session.scalars(statement)).all()


async def digests_in(session: AsyncSession, view_id: UUID) -> set[str]:
    """The digests of all files that a view's cuts name; of a view that is no more, none."""
    found = (await session.scalars(select(Cut).where(Cut.view_id == view_id))).all()
    return {file.digest for cut in found for file in cut.files or []}


async def digests_of_others(session: AsyncSession, cut: Cut) -> set[str]:
    """The digests of the files of a view's other cuts: equal content is one file."""
    statement = select(Cut).where(Cut.view_id == cut.view_id, Cut.id != cut.id)
    others = (await session.scalars(statement)).all()
    return {file.digest for other in others for file in other.files or []}
