"""How files leave the folder for the object store, and the store those that nothing refers to.

A batch or a cut is brought to the store before the commit that refers to it; what lies in the
folder after that is a copy, and goes. A folder that was filled before there was a store empties
the same way. Each step may be repeated: a file is what its name says, wherever it lies.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange import queries
from services.exchange.models import Cut
from services.exchange.vault import Vault
from shared.db import Sessions

if TYPE_CHECKING:
    from services.exchange.objects import Bucket, Stored

# Who opened a file a moment ago by what it read in the folder may read on.
_COPY_LIVES = timedelta(minutes=5)
# An attempt may be at work for long before it is published.
_ORPHAN_AFTER = timedelta(days=2)


async def leave(sessions: Sessions, vault: Vault, at: datetime) -> int:
    """Bring what still lies in the folder to the store, and remove it here; how many files went.

    Raises StoreAway.
    """
    bucket = vault.bucket
    if bucket is None:
        return 0
    gone = 0
    async with sessions() as session:
        folders = {UUID(folder.name): folder for folder in _folders(vault.root / "batches")}
        published = await queries.published_attempts(session, list(folders))
    attempts = [folders[batch] / str(attempt) for batch, attempt in published.items()]
    for folder in [*attempts, *_folders(vault.root / "views")]:
        gone += await asyncio.to_thread(_empty, bucket, vault, folder, at)
    return gone


async def remove_orphans(sessions: Sessions, vault: Vault, at: datetime) -> int:
    """Remove from the store what no row refers to and is old enough; how many objects.

    Raises StoreAway.
    """
    bucket = vault.bucket
    if bucket is None:
        return 0
    removed = 0
    for folder in ("batches", "views"):
        pieces = bucket.list(f"{folder}/")
        while (found := await asyncio.to_thread(next, pieces, None)) is not None:
            old = [one for one in found if one.written < at - _ORPHAN_AFTER]
            async with sessions() as session:
                needed = await (_attempts if folder == "batches" else _cuts)(session, old)
            names = [one.name for one in old if one.name.rpartition("/")[0] not in needed]
            names = [name for name in names if name.removesuffix(".sealed") not in needed]
            await asyncio.to_thread(bucket.remove, names)
            removed += len(names)
    return removed


async def _attempts(session: AsyncSession, found: "Sequence[Stored]") -> set[str]:
    """The folders of published attempts, and of attempts that go on."""
    batches = list({UUID(one.name.split("/")[1]) for one in found})
    published = await queries.published_attempts(session, batches)
    folders = {f"batches/{batch}/{attempt}" for batch, attempt in published.items()}
    unfinished = await queries.unfinished_among(session, batches)
    own = (one.name.rpartition("/")[0] for one in found)
    return folders | {folder for folder in own if UUID(folder.split("/")[1]) in unfinished}


async def _cuts(session: AsyncSession, found: "Sequence[Stored]") -> set[str]:
    """The files of cuts, without the ends of their names."""
    views = {UUID(one.name.split("/")[1]) for one in found}
    rows = (await session.scalars(select(Cut).where(Cut.view_id.in_(views)))).all()
    return {f"views/{cut.view_id}/{file.digest}" for cut in rows for file in cut.files or []}


def _folders(folder: Path) -> list[Path]:
    return [path for path in folder.iterdir() if path.is_dir()]


def _empty(bucket: "Bucket", vault: Vault, folder: Path, at: datetime) -> int:
    """Bring the files of a folder to the store where they are not there yet, and remove them."""
    gone = 0
    before = (at - _COPY_LIVES).timestamp()
    for path in folder.glob("*.sealed"):
        if path.stat().st_mtime < before:
            name = vault.name(path)
            if not bucket.has(name):
                bucket.put(name, path)
            path.unlink(missing_ok=True)
            gone += 1
    return gone
