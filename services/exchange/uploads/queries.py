"""Every SELECT about resumable uploads. A provider sees those of its own resources."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange.models import Batch, Resource
from services.exchange.queries import owned_by
from services.exchange.uploads.models import ResumableUpload, Segment, UploadState
from shared.errors import NotFound
from shared.pages import PageParams, page
from shared.principal import Principal

_AT_ONCE = 100


async def own(session: AsyncSession, upload: UUID, viewer: Principal) -> ResumableUpload:
    """An upload for a resource of the viewer's own department. Raises NotFound."""
    mine = owned_by(viewer).with_only_columns(Resource.id)
    found = await session.scalar(
        select(ResumableUpload).where(
            ResumableUpload.id == upload, ResumableUpload.resource_id.in_(mine)
        )
    )
    if found is None:
        raise NotFound("There is no such upload of your department.")
    return found


async def open_ones(
    session: AsyncSession, viewer: Principal, params: PageParams
) -> tuple[list[ResumableUpload], str | None]:
    """The uploads that are not whole yet, for resources of one's own, the newest first."""
    mine = owned_by(viewer).with_only_columns(Resource.id)
    statement = select(ResumableUpload).where(
        ResumableUpload.state == UploadState.OPEN, ResumableUpload.resource_id.in_(mine)
    )
    return await page(session, statement, [ResumableUpload.id], params, descending=True)


async def count_open(session: AsyncSession, department: UUID) -> int:
    """How many uploads of a department are open."""
    statement = select(func.count()).where(
        ResumableUpload.provider == department, ResumableUpload.state == UploadState.OPEN
    )
    return int(await session.scalar(statement) or 0)


async def by_key(session: AsyncSession, resource: UUID, key: str) -> ResumableUpload | None:
    """The upload that is open, or was handed in, under a provider's own id of its batch."""
    return await session.scalar(
        select(ResumableUpload).where(
            ResumableUpload.resource_id == resource,
            ResumableUpload.provider_key == key,
            ResumableUpload.state != UploadState.ENDED,
        )
    )


async def get(session: AsyncSession, upload: UUID) -> ResumableUpload | None:
    """An upload, whoever asks: for who holds its address."""
    return await session.get(ResumableUpload, upload)


async def lock(session: AsyncSession, upload: UUID) -> ResumableUpload | None:
    """An upload, locked until commit."""
    return await session.get(ResumableUpload, upload, with_for_update=True)


async def open_by(session: AsyncSession, actor: str) -> Sequence[ResumableUpload]:
    """The open uploads that somebody opened, locked until commit."""
    statement = select(ResumableUpload).where(
        ResumableUpload.opened_by == actor, ResumableUpload.state == UploadState.OPEN
    )
    return (await session.scalars(statement.with_for_update())).all()


async def expired(session: AsyncSession, at: datetime) -> Sequence[ResumableUpload]:
    """Open uploads whose time is over, some at once, locked until commit."""
    statement = select(ResumableUpload).where(
        ResumableUpload.state == UploadState.OPEN, ResumableUpload.expires_at <= at
    )
    return (await session.scalars(statement.limit(_AT_ONCE).with_for_update())).all()


async def segments(session: AsyncSession, upload: UUID) -> Sequence[Segment]:
    """The durable bytes of an upload, in order."""
    statement = select(Segment).where(Segment.upload_id == upload).order_by(Segment.start)
    return (await session.scalars(statement)).all()


async def of_batch(session: AsyncSession, batch: UUID) -> ResumableUpload | None:
    """The upload that a batch came in as, None where it came in one piece."""
    return await session.scalar(select(ResumableUpload).where(ResumableUpload.batch_id == batch))


async def spent(session: AsyncSession) -> Sequence[UUID]:
    """Uploads whose bytes nobody needs any more: ended, or of a batch that is finished."""
    finished = exists().where(Batch.id == ResumableUpload.batch_id, Batch.finished_at.is_not(None))
    kept = exists().where(Segment.upload_id == ResumableUpload.id)
    statement = select(ResumableUpload.id).where(
        kept, or_(ResumableUpload.state == UploadState.ENDED, finished)
    )
    return (await session.scalars(statement.limit(_AT_ONCE))).all()


async def names_of(session: AsyncSession, uploads: Collection[UUID]) -> dict[UUID, set[str]]:
    """The names of the segments that count, of each of these uploads."""
    statement = select(Segment.upload_id, Segment.name).where(Segment.upload_id.in_(uploads))
    found: dict[UUID, set[str]] = {}
    for upload, name in (await session.execute(statement)).all():
        found.setdefault(upload, set()).add(str(name))
    return found
