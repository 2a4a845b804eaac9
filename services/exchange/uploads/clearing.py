"""Uploads whose time is over ended, and bytes that nobody needs any more removed."""

import asyncio
import shutil
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange.uploads import queries
from services.exchange.uploads.models import Segment
from services.exchange.uploads.segments import StoredUpload, Stretch
from services.exchange.vault import Vault
from shared import clock
from shared.db import Sessions
from shared.events.exchange import UploadEnding
from shared.events.gateway import (
    ClientPermissionsChanged,
    ClientRevoked,
    OperatorClosed,
    OperatorRolesChanged,
)
from shared.inbox import on
from shared.outbox import emit
from shared.principal import PrincipalKind

# A segment that nobody counted may still be on its way into a commit.
_FORGOTTEN = timedelta(hours=1)


async def stored(session: AsyncSession, batch: UUID) -> StoredUpload | None:
    """Where the bytes of a batch lie that came as a resumable upload, else None."""
    upload = await queries.of_batch(session, batch)
    if upload is None:
        return None
    found = await queries.segments(session, upload.id)
    return StoredUpload(upload.id, [Stretch(s.name, s.start, s.size) for s in found])


async def clear(sessions: Sessions, vault: Vault) -> None:
    """Remove the bytes of uploads that ended, or whose batch is finished."""
    while True:
        async with sessions() as session:
            spent = await queries.spent(session)
        for identity in spent:
            await asyncio.to_thread(shutil.rmtree, vault.resumable(identity), ignore_errors=True)
            # Removed before it is forgotten: a crash in between removes nothing twice.
            async with sessions.begin() as session:
                await session.execute(delete(Segment).where(Segment.upload_id == identity))
        if not spent:
            return


async def sweep(sessions: Sessions, vault: Vault, at: datetime) -> None:
    """End what has expired, and remove what a killed process left."""
    while True:
        async with sessions.begin() as session:
            over = await queries.expired(session, at)
            for upload in over:
                emit(session, upload.end(UploadEnding.EXPIRED, at))
        if not over:
            break
    await clear(sessions, vault)
    old = (at - _FORGOTTEN).timestamp()
    root = vault.resumable(UUID(int=0)).parent
    folders = {UUID(path.name): path for path in root.iterdir()}
    async with sessions() as session:
        counted = await queries.names_of(session, list(folders))
    for identity, folder in folders.items():
        names = counted.get(identity, set())
        left = [p for p in folder.iterdir() if p.stem not in names and p.stat().st_mtime < old]
        for path in left:
            path.unlink(missing_ok=True)
        if not names and folder.stat().st_mtime < old and not any(folder.iterdir()):
            folder.rmdir()


async def on_client_changed(
    session: AsyncSession, event: ClientRevoked | ClientPermissionsChanged
) -> None:
    """A client ended or may do other things: what it opened must be opened anew."""
    await _end_of(session, f"{PrincipalKind.CLIENT}:{event.client}")


async def on_operator_changed(
    session: AsyncSession, event: OperatorClosed | OperatorRolesChanged
) -> None:
    """A person's account was closed or has other roles: what it opened must be opened anew."""
    await _end_of(session, f"{PrincipalKind.OPERATOR}:{event.operator}")


async def _end_of(session: AsyncSession, actor: str) -> None:
    for upload in await queries.open_by(session, actor):
        emit(session, upload.end(UploadEnding.OPENER_CHANGED, clock.now()))


CONSUMERS = [
    on(ClientRevoked, on_client_changed),
    on(ClientPermissionsChanged, on_client_changed),
    on(OperatorClosed, on_operator_changed),
    on(OperatorRolesChanged, on_operator_changed),
]
