"""After a restore every resource's numbers go on elsewhere, so that none is given twice.

A database that went back does not know which numbers it had given since. Whoever took those rows
would take other rows under the same numbers for their continuation.
"""

import asyncio
import os
from datetime import datetime
from pathlib import Path

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange import recalls
from services.exchange.base import PLATFORM
from services.exchange.models import Batch, Cut, View
from services.exchange.restoring import queries
from services.exchange.restoring.models import Home
from services.exchange.tables.sealed import private, sync_folder
from services.exchange.vault import Vault
from shared.db import Sessions
from shared.events.exchange import DataRenumbered
from shared.ids import new_id
from shared.outbox import emit

# More than can have been published since the backup: readers that know a number alone, and no
# epoch (Delta Sharing), never meet it again either.
LEAP = 1_000_000
_MARKER = "installation"


async def look(sessions: Sessions, vault: Vault, at: datetime) -> int:
    """Renumber everything where the database is not where it was; how many resources.

    Called before a worker publishes. The first look only puts down where it is.
    """
    folder = await asyncio.to_thread(_folder, vault.root)
    async with sessions.begin() as session:
        cluster = await queries.cluster(session)
        home = await queries.lock_home(session)
        if home is None:
            session.add(Home(cluster=cluster, folder=folder, known_at=at))
            return 0
        if (home.cluster, home.folder) == (cluster, folder):
            return 0
        home.cluster, home.folder, home.known_at = cluster, folder, at
        return await renumber(session, at)


async def renumber(session: AsyncSession, at: datetime) -> int:
    """Let every resource with data go on in a new epoch, all its numbers moved on by LEAP.

    What stood stands: the same batches and cuts under their new numbers. Each is told, with the
    departments that hold grants. How many resources.
    """
    found = await queries.lock_resources_with_data(session)
    for resource in found:
        old = resource.epoch
        resource.epoch += 1
        resource.sequence += LEAP
        if resource.kept_from is not None:
            resource.kept_from += LEAP
        of_epoch = (Batch.resource_id == resource.id, Batch.epoch == old)
        await session.execute(
            update(Batch)
            .where(*of_epoch)
            .values(
                epoch=resource.epoch,
                sequence=Batch.sequence + LEAP,
                recalled_as=Batch.recalled_as + LEAP,
            )
        )
        await session.execute(
            update(Cut)
            .where(Cut.view_id == View.id, View.resource_id == resource.id, Cut.epoch == old)
            .values(epoch=resource.epoch, sequence=Cut.sequence + LEAP)
        )
        emit(
            session,
            DataRenumbered(
                at=at,
                actor=PLATFORM,
                department=resource.provider,
                aggregate=new_id(),
                resource=resource.id,
                epoch=resource.epoch,
                sequence=resource.sequence,
                holders=list(await recalls.holders(session, resource.id, at)),
            ),
        )
    return len(found)


def _folder(root: Path) -> str:
    """What tells this folder from a copy of it: a copied file is another one, made later."""
    path = root / _MARKER
    if not path.exists():
        waiting = path.with_suffix(f".{os.getpid()}.part")
        with open(waiting, "w", encoding="ascii", opener=private) as file:
            file.write(f"{new_id()}\n")
            file.flush()
            os.fsync(file.fileno())
        waiting.rename(path)
        sync_folder(root)
    found = path.stat()
    return f"{path.read_text('ascii').strip()}/{found.st_ino}/{found.st_ctime_ns}"
