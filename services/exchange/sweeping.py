"""What nothing refers to any more, removed: dead uploads, attempts, scratch, old cuts."""

import asyncio
import os
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange import cuts, leaving, queries, recalls
from services.exchange.models import Cut
from services.exchange.uploads import clearing
from services.exchange.vault import Vault
from shared.db import Sessions

# An upload without a batch may still be streaming in; one that nothing was written to for so
# long is of a process that died.
_FORGOTTEN = timedelta(hours=1)
# A cut is named when all of it is made, which may take its time.
_UNNAMED = timedelta(days=2)


class Sweeper:
    """Removes files whose rows say that they are dead, or that have none."""

    def __init__(self, sessions: Sessions, vault: Vault) -> None:
        self._sessions = sessions
        self._vault = vault

    async def sweep(self, at: datetime) -> None:
        """One round, as of `at`."""
        await asyncio.to_thread(self._scratch)
        uploads = {UUID(path.name.split(".")[0]): path for path in self._old("incoming", at)}
        attempts = {UUID(path.name): path for path in self._old("batches", at)}
        async with self._sessions() as session:
            needed = await queries.unfinished_among(session, list(uploads))
            published = await queries.published_attempts(session, list(attempts))
            unfinished = await queries.unfinished_among(session, list(attempts))
        for batch, path in uploads.items():
            if batch not in needed:
                path.unlink(missing_ok=True)
        for batch, folder in attempts.items():
            if batch in unfinished:
                continue
            for attempt in folder.iterdir():
                if attempt.name != str(published.get(batch)):
                    await asyncio.to_thread(shutil.rmtree, attempt, ignore_errors=True)
        await clearing.sweep(self._sessions, self._vault, at)
        await self.recalled()
        await self._superseded(at)
        await self._unnamed(at)
        await leaving.leave(self._sessions, self._vault, at)

    async def recalled(self) -> None:
        """Whatever was cut of batches that were recalled since."""
        while True:
            async with self._sessions.begin() as session:
                found = await recalls.recalled_cuts(session)
                for cut in found:
                    await self.remove(session, cut)
            if not found:
                return

    async def _superseded(self, at: datetime) -> None:
        """Snapshots that a newer sequence replaced, once no address can lead to them."""
        async with self._sessions.begin() as session:
            for cut in await cuts.superseded(session, at):
                await self.remove(session, cut)

    async def destroy(self, path: Path) -> None:
        """Remove a sealed file, wherever it lies."""
        await asyncio.to_thread(self._vault.remove, path)

    async def remove(self, session: AsyncSession, cut: Cut) -> None:
        """Remove a cut, and the files that no other cut of its view has."""
        kept = await cuts.digests_of_others(session, cut)
        for file in cut.files or []:
            if file.digest not in kept:
                await self.destroy(self._vault.view(cut.view_id) / f"{file.digest}.sealed")
        await session.delete(cut)
        await session.flush()

    async def _unnamed(self, at: datetime) -> None:
        """Files of views that no cut names: whoever was making them died."""
        old = (at - _UNNAMED).timestamp()
        for folder in (self._vault.root / "views").iterdir():
            left = [path for path in folder.iterdir() if path.stat().st_mtime < old]
            if not left:
                continue
            async with self._sessions() as session:
                named = await cuts.digests_in(session, UUID(folder.name))
            for path in left:
                if path.suffix == ".part" or path.stem not in named:
                    path.unlink(missing_ok=True)

    def _old(self, folder: str, at: datetime) -> Iterator[Path]:
        for path in (self._vault.root / folder).iterdir():
            changed = path.stat().st_mtime
            if changed < (at - _FORGOTTEN).timestamp():
                yield path

    def _scratch(self) -> None:
        """Scratch folders of processes that are no more."""
        for folder in (self._vault.root / "scratch").iterdir():
            pid = folder.name.rpartition("-")[2]
            if not (pid.isdigit() and _lives(int(pid))):
                shutil.rmtree(folder, ignore_errors=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
