"""The bytes of a resumable upload, from wherever they come: durable before they are counted.

What counts is the row's `offset`. It moves in the commit that names the segments behind it, after
these were fsynced; so a killed process leaves files that nothing refers to, and the next HEAD
tells how far the upload really is. The commit that moves it to the end makes the batch.
"""

import errno
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange.queries import resource
from services.exchange.staging import StorageFull
from services.exchange.uploads import queries
from services.exchange.uploads.models import ResumableUpload, Segment
from services.exchange.uploads.protocol import Checksum
from services.exchange.uploads.segments import SegmentWriter, Stretch, path_of
from services.exchange.usecases import BatchKeyReused
from services.exchange.vault import Vault
from shared import clock
from shared.db import Sessions
from shared.errors import ChecksumDiffers, Conflict, NotFound, TooLarge
from shared.events.exchange import UploadEnding
from shared.outbox import emit

# So much is lost at most when a process is killed in the middle of a request.
_SEGMENT = 16 << 20
# So much is gathered before a thread writes it: the loop serves others meanwhile.
_GATHERED = 1 << 20
# With a checksum all of a request lies on the disk before any of it counts.
_MOST_CHECKED = 1 << 30


class OffsetDiffers(Conflict):
    """The bytes do not begin where the durable ones end."""

    code = "upload-offset-differs"
    title = "Upload offset differs"


class BeyondLength(TooLarge):
    """More bytes came than the upload was said to have."""

    code = "upload-beyond-length"
    title = "Upload beyond its length"


class LineBroken(Exception):
    """The caller went away; what came before is kept."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Bytes of one request: where they begin, how many were announced, and their checksum."""

    upload: UUID
    offset: int
    length: int | None = None
    checksum: Checksum | None = None


class Receiver:
    """Takes bytes in. One process has one."""

    def __init__(self, sessions: Sessions, vault: Vault, life: timedelta) -> None:
        self._sessions = sessions
        self._vault = vault
        self._life = life

    async def standing(self, identity: UUID, at: datetime) -> ResumableUpload:
        """An upload as it is, which bytes may come for or which was handed in. Raises NotFound
        where it ended, or the resource is no more its provider's to fill."""
        async with self._sessions() as session:
            found = await queries.get(session, identity)
            if found is None or not (found.batch_id or found.stands(at)):
                raise _gone()
            await self._check_resource(session, found)
            return found

    async def take(self, piece: Piece, body: AsyncIterator[bytes]) -> ResumableUpload:
        """Keep what comes, and answer with the upload as it is then.

        With a checksum all of it counts or nothing; without one, whatever came before the line
        broke. Memory is bounded whatever comes. Raises NotFound, OffsetDiffers, BeyondLength,
        ChecksumDiffers, StorageFull, BatchKeyReused and LineBroken.
        """
        found = await self.standing(piece.upload, clock.now())
        if found.offset != piece.offset:
            raise OffsetDiffers(f"The upload has {found.offset} bytes; go on from there.")
        if piece.length is not None and piece.offset + piece.length > found.size:
            raise _beyond(found.size)
        if piece.checksum is not None and (piece.length or 0) > _MOST_CHECKED:
            raise _too_much_checked()
        if found.wrapped is None:
            return found
        pouring = _Pouring(self, found, self._vault, piece)
        try:
            await pouring.pour(body)
        except FileNotFoundError:
            # It ended meanwhile, and its folder is gone.
            raise _gone() from None
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise StorageFull("There is no room for this batch now.", retry_after=60) from error
            raise
        finally:
            pouring.drop()
        return await self.standing(piece.upload, clock.now())

    async def keep(self, identity: UUID, stretches: Sequence[Stretch]) -> None:
        """Count what is durable; when it is all, the batch is there. One commit.

        Raises NotFound, OffsetDiffers where somebody else was quicker, and BatchKeyReused.
        """
        at = clock.now()
        async with self._sessions.begin() as session:
            upload = await queries.lock(session, identity)
            if upload is None or not upload.stands(at):
                raise _gone()
            if upload.offset != stretches[0].start:
                raise OffsetDiffers(f"The upload has {upload.offset} bytes; go on from there.")
            for stretch in stretches:
                session.add(
                    Segment(
                        upload_id=identity,
                        start=stretch.start,
                        size=stretch.size,
                        name=stretch.name,
                    )
                )
            await session.flush()
            upload.move(stretches[-1].start + stretches[-1].size, at, self._life)
            whole = upload.offset == upload.size
            key_taken = whole and not await hand_in(session, upload, at)
        # Committed from here on: what was counted stays counted, whatever happens next.
        if key_taken:
            raise BatchKeyReused(
                "Another batch came meanwhile under this id (Idempotency-Key); use a new one."
            )

    async def _check_resource(self, session: AsyncSession, upload: ResumableUpload) -> None:
        found = await resource(session, upload.resource_id)
        if found is None or found.provider != upload.provider or found.withdrawn_at is not None:
            raise _gone()


async def hand_in(session: AsyncSession, upload: ResumableUpload, at: datetime) -> bool:
    """Make the batch of an upload that is whole; False where another one has its key meanwhile.

    Raises NotFound where the resource takes nothing of this provider any more.
    """
    found = await resource(session, upload.resource_id)
    if found is None or found.provider != upload.provider or found.withdrawn_at is not None:
        raise _gone()
    batch = upload.as_batch(found.version, at)
    try:
        async with session.begin_nested():
            session.add(batch)
    except IntegrityError:
        emit(session, upload.end(UploadEnding.KEY_TAKEN, at))
        return False
    upload.hand_in(batch, at)
    emit(session, batch.received(upload.access_id))
    return True


class _Pouring:
    """One request's bytes on their way into segments."""

    def __init__(
        self, receiver: Receiver, upload: ResumableUpload, vault: Vault, piece: Piece
    ) -> None:
        if upload.wrapped is None:
            raise AssertionError("an open upload has a key")
        self._receiver = receiver
        self._upload = upload.id
        self._size = upload.size
        self._vault = vault
        self._key = vault.unwrap(upload.wrapped)
        self._checksum = piece.checksum
        self._at = piece.offset
        self._start = self._came = piece.offset
        self._writer: SegmentWriter | None = None
        self._done: list[Stretch] = []

    async def pour(self, body: AsyncIterator[bytes]) -> None:
        """All of it, or as much as came."""
        gathered = bytearray()
        try:
            async for data in body:
                self._came += len(data)
                if self._came > self._size:
                    raise _beyond(self._size)
                if self._checksum is not None:
                    if self._came - self._start > _MOST_CHECKED:
                        raise _too_much_checked()
                    self._checksum.hasher.update(data)
                gathered += data
                if len(gathered) >= _GATHERED:
                    await self._write(gathered)
                    gathered = bytearray()
        except LineBroken:
            if self._checksum is None:
                await self._write(gathered)
                await self._settle()
            raise
        await self._write(gathered)
        checksum = self._checksum
        if checksum is not None and not self._vault.suite.mac_equal(
            checksum.hasher.digest(), checksum.digest
        ):
            raise ChecksumDiffers("The bytes changed on their way; none of them counts.")
        await self._settle()

    def drop(self) -> None:
        """Remove what was written and never counted."""
        if self._writer is not None:
            self._writer.drop()
        self._remove(self._done)

    async def _write(self, gathered: bytearray) -> None:
        if not gathered:
            return
        if self._writer is None:
            self._writer = SegmentWriter(self._vault, self._upload, self._key, self._at)
        await self._writer.write(gathered)
        self._at += len(gathered)
        if self._writer.size >= _SEGMENT:
            await self._finish()
            if self._checksum is None:
                await self._keep()

    async def _settle(self) -> None:
        if self._writer is not None:
            await self._finish()
        if self._done:
            await self._keep()

    async def _finish(self) -> None:
        if self._writer is not None:
            self._done.append(await self._writer.finish())
            self._writer = None

    async def _keep(self) -> None:
        # From here on a fault may mean that it was committed: only who knows better removes.
        stretches, self._done = self._done, []
        try:
            await self._receiver.keep(self._upload, stretches)
        except (NotFound, OffsetDiffers):
            self._remove(stretches)
            raise

    def _remove(self, stretches: Sequence[Stretch]) -> None:
        for stretch in stretches:
            path_of(self._vault.resumable(self._upload), stretch.name).unlink(missing_ok=True)


def _gone() -> NotFound:
    return NotFound("There is no such upload, or not any more.")


def _too_much_checked() -> BeyondLength:
    return BeyondLength(f"With a checksum a request has {_MOST_CHECKED} bytes at most.")


def _beyond(size: int) -> BeyondLength:
    return BeyondLength(f"The upload was said to have {size} bytes.")
