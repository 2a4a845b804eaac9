"""What a provider can do with resumable uploads: open one, and end one."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange.models import Batch
from services.exchange.queries import batch_by_key, own_resource
from services.exchange.staging import BatchTooLarge
from services.exchange.tables.formats import Content
from services.exchange.uploads import queries, receiving
from services.exchange.uploads.models import ResumableUpload, UploadState
from services.exchange.uploads.protocol import Checksum
from services.exchange.uploads.receiving import Piece, Receiver
from services.exchange.usecases import BatchKeyReused, Totals, check_open, check_totals
from services.exchange.vault import Vault
from shared import clock
from shared.db import Sessions
from shared.errors import Conflict
from shared.events.exchange import BatchMode, UploadEnding
from shared.outbox import emit
from shared.principal import Principal

_MOST_OPEN = 50


class UploadsTooMany(Conflict):
    """The department has as many unfinished uploads as it may have."""

    code = "uploads-too-many"
    title = "Too many unfinished uploads"


class BatchThere(Conflict):
    """The same batch came before, in one piece: nothing is left to upload."""

    code = "batch-there"
    title = "Batch is there"


class UploadOver(Conflict):
    """The upload is whole: what it became is a batch."""

    code = "upload-over"
    title = "Upload is whole"


@dataclass(frozen=True, slots=True)
class Opening:
    """A batch as its provider announces it: `size` in bytes, `told` its metadata as it came."""

    resource: UUID
    key: str
    mode: BatchMode
    content: Content
    size: int
    digest: bytes
    told: str
    dry_run: bool
    totals: Totals
    largest: int
    life: timedelta


async def begin(sessions: Sessions, vault: Vault, by: Principal, asked: Opening) -> ResumableUpload:
    """Open an upload; the same announced again is answered with the one that is there.

    Raises NotFound, ResourceClosed, TotalUnfit, BatchTooLarge, BatchKeyReused, BatchThere and
    UploadsTooMany.
    """
    if asked.size > asked.largest:
        raise BatchTooLarge(f"A batch may have {asked.largest} bytes at most; split it.")
    try:
        async with sessions.begin() as session:
            return await _begin(session, vault, by, asked)
    except IntegrityError:
        # Another opening under the same key was quicker.
        async with sessions.begin() as session:
            return await _begin(session, vault, by, asked)


async def _begin(
    session: AsyncSession, vault: Vault, by: Principal, asked: Opening
) -> ResumableUpload:
    resource = await own_resource(session, asked.resource, by)
    before = await queries.by_key(session, resource.id, asked.key)
    if before is not None:
        _check_same(before, asked)
        return before
    batch = await batch_by_key(session, resource.id, asked.key)
    if batch is not None:
        _check_same(batch, asked)
        raise BatchThere(f"This batch came in one piece before: it is the batch {batch.id}.")
    check_open(resource)
    check_totals(resource, asked.totals)
    if await queries.count_open(session, by.department) >= _MOST_OPEN:
        raise UploadsTooMany(
            f"Your department has {_MOST_OPEN} unfinished uploads; finish or end some of them."
        )
    at = clock.now()
    _, wrapped = vault.fresh_key()
    upload = ResumableUpload(
        resource_id=resource.id,
        provider=by.department,
        provider_key=asked.key,
        mode=asked.mode,
        format=asked.content.format,
        packing=asked.content.packing,
        charset=asked.content.charset,
        sheet=asked.content.sheet,
        size=asked.size,
        digest=asked.digest,
        told=asked.told,
        dry_run=asked.dry_run,
        stated_rows=asked.totals.rows,
        stated_item=asked.totals.item,
        stated_sum=asked.totals.total,
        opened_by=by.actor,
        opened_at=at,
        access_id=by.access_id,
        expires_at=at + asked.life,
        wrapped=wrapped,
    )
    session.add(upload)
    await session.flush()
    emit(session, upload.opened())
    if not upload.size:
        await receiving.hand_in(session, upload, at)
    return upload


def _check_same(before: ResumableUpload | Batch, asked: Opening) -> None:
    totals = Totals(before.stated_rows, before.stated_item, before.stated_sum)
    there = (before.digest, before.size, before.mode, before.dry_run, totals)
    if there != (asked.digest, asked.size, asked.mode, asked.dry_run, asked.totals):
        raise BatchKeyReused(
            "This batch id (Idempotency-Key) came before with other content; use a new one."
        )


async def first_bytes(
    receiver: Receiver,
    upload: ResumableUpload,
    body: AsyncIterator[bytes],
    length: int | None,
    checksum: Checksum | None,
) -> ResumableUpload:
    """Keep the bytes that came with the opening (creation-with-upload).

    Raises what `Receiver.take` raises.
    """
    return await receiver.take(Piece(upload.id, upload.offset, length, checksum), body)


async def end(session: AsyncSession, by: Principal, identity: UUID) -> ResumableUpload:
    """End an upload that is not whole; its bytes are destroyed. Again, it changes nothing.

    Raises NotFound, UploadOver.
    """
    await queries.own(session, identity, by)
    return await terminate(session, identity, by.actor)


async def terminate(session: AsyncSession, identity: UUID, actor: str) -> ResumableUpload:
    """End an upload in somebody's name. Raises UploadOver."""
    upload = await queries.lock(session, identity)
    if upload is None:
        raise LookupError("an upload that was there is gone")
    await session.refresh(upload)
    if upload.state is UploadState.HANDED_IN:
        raise UploadOver("The upload is whole; cancel the batch that it became.")
    if upload.state is UploadState.OPEN:
        emit(session, upload.end(UploadEnding.TERMINATED, clock.now(), actor))
    return upload
