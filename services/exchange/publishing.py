"""The one commit that publishes a batch, and what is cleared away behind it.

Before it: files that nothing refers to. In it: the batch's state, its files and key, the
resource's sequence, the lookup table, the event. After it: the upload is removed. A crash before
the commit leaves the batch to the next worker; a crash after it leaves an upload and dead
attempts, which `sweeping` removes.
"""

import asyncio
import contextlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from uuid import UUID

import polars as pl
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange import lookup_tables, queries, recalls
from services.exchange.importing import Importer, Outcome, as_changes
from services.exchange.lookup_names import LookupTable
from services.exchange.models import Batch, BatchFile, BatchKey, BatchState, FileKind, Resource
from services.exchange.queries import StoredFile
from services.exchange.tables.refusals import BatchRefused
from services.exchange.tables.shelf import Part
from services.exchange.vault import Vault
from shared.db import Sessions
from shared.events import Event
from shared.outbox import emit


@dataclass(frozen=True, slots=True)
class Attempt:
    """One worker's go at one batch."""

    batch: UUID
    number: int


async def publish(
    sessions: Sessions,
    importer: Importer,
    vault: Vault,
    attempt: Attempt,
    outcome: Outcome,
    at: datetime,
) -> bool:
    """Publish the outcome of a batch.

    False where somebody else finished it meanwhile, or a recall came first: what it was compared
    with stands no more, so that it is worked through again.
    """
    await _make_room(sessions, attempt, outcome)
    async with sessions.begin() as session:
        batch = await still_ours(session, attempt)
        if batch is None:
            return False
        resource = await queries.lock_resource(session, batch.resource_id)
        if resource is None:
            raise LookupError("a batch without its resource")
        if await recalls.recall_waits(session, resource.id):
            return False
        batch.rows_after = outcome.after(await recalls.rows_standing(session, resource))
        resource.epoch += outcome.renewed
        resource.sequence += 1
        batch.added = _added(resource, outcome) or None
        resource.shape = list(outcome.items)
        resource.data_at = batch.received_at
        await _file(session, batch, outcome)
        batch.whole, batch.first = outcome.whole, outcome.first
        await _derive_lookups(session, importer, resource, batch, outcome)
        digests = "".join(part.digest for part in (*outcome.rows, *outcome.changes))
        event = batch.publish(
            outcome.counts,
            epoch=resource.epoch,
            sequence=resource.sequence,
            changed=outcome.changed,
            digest=vault.suite.digest(digests.encode()).hex(),
            at=at,
        )
        emit(session, event)
    # Committed from here on: the batch is published, whatever happens next.
    clear(vault, attempt.batch, keep=attempt.number)
    await forget(vault, attempt.batch, keep=attempt.number)
    return True


async def set_aside(
    sessions: Sessions,
    vault: Vault,
    attempt: Attempt,
    outcome: Outcome,
    end: Callable[[Batch], Event],
) -> bool:
    """End a batch, or let it wait, with its counts and reject report and none of its rows.

    False where somebody else finished it meanwhile.
    """
    # First the rows: what a crash leaves behind a commit would lie there for ever.
    folder = vault.attempt(attempt.batch, attempt.number)
    await asyncio.to_thread(_drop, vault, folder, (*outcome.rows, *outcome.changes))
    async with sessions.begin() as session:
        batch = await still_ours(session, attempt)
        if batch is None:
            return False
        await _file(session, batch, replace(outcome, rows=(), changes=()))
        batch.count(outcome.counts)
        batch.changed = outcome.changed
        emit(session, end(batch))
        waits = batch.finished_at is None
    clear(vault, attempt.batch, keep=attempt.number, upload=not waits)
    await forget(vault, attempt.batch, keep=attempt.number)
    return True


async def refuse(
    sessions: Sessions, vault: Vault, attempt: Attempt, refusal: BatchRefused, at: datetime
) -> None:
    """Refuse a batch as a whole, with the reason."""
    async with sessions.begin() as session:
        batch = await still_ours(session, attempt)
        if batch is None:
            return
        emit(session, batch.refuse(refusal.code, refusal.detail, at))
    clear(vault, attempt.batch, keep=None)
    await forget(vault, attempt.batch, keep=None)


async def forget(vault: Vault, batch: UUID, *, keep: int | None) -> None:
    """Remove from the object store what `clear` removes from the folder."""
    # What cannot be removed now has no row, and is found by that.
    with contextlib.suppress(OSError):
        await asyncio.to_thread(vault.remove_attempts, batch, keep)


def clear(vault: Vault, batch: UUID, *, keep: int | None, upload: bool = True) -> None:
    """Remove a finished batch's upload and every attempt but the one that is kept."""
    if upload:
        vault.upload(batch).unlink(missing_ok=True)
    folder = vault.batch(batch)
    if keep is None:
        shutil.rmtree(folder, ignore_errors=True)
        return
    for attempt in folder.iterdir():
        if attempt.name != str(keep):
            shutil.rmtree(attempt, ignore_errors=True)


async def still_ours(session: AsyncSession, attempt: Attempt) -> Batch | None:
    """The batch, locked, while it is unfinished and no other worker has taken it over."""
    batch = await queries.lock_batch(session, attempt.batch)
    if batch is None or batch.state is not BatchState.CHECKING:
        return None
    return batch if batch.attempt == attempt.number else None


def _drop(vault: Vault, folder: Path, parts: Sequence[Part]) -> None:
    for part in parts:
        vault.remove(folder / f"{part.digest}.sealed")


async def _file(session: AsyncSession, batch: Batch, outcome: Outcome) -> None:
    # A batch that waited for its provider has the report of the attempt before.
    await session.execute(delete(BatchFile).where(BatchFile.batch_id == batch.id))
    await session.execute(delete(BatchKey).where(BatchKey.batch_id == batch.id))
    session.add(BatchKey(batch_id=batch.id, attempt=batch.attempt, wrapped=outcome.wrapped))
    for kind, parts in (
        (FileKind.ROWS, outcome.rows),
        (FileKind.CHANGES, outcome.changes),
        (FileKind.REPORT, outcome.report),
    ):
        for position, part in enumerate(parts):
            session.add(
                BatchFile(
                    batch_id=batch.id,
                    kind=kind,
                    position=position,
                    digest=part.digest,
                    size=part.size,
                    rows=part.rows,
                )
            )


def _added(resource: Resource, outcome: Outcome) -> list[str]:
    """The items that the data has for the first time, where it goes on in its shape."""
    if resource.shape is None or outcome.renewed:
        return []
    known = {item.code for item in resource.shape}
    return [item.code for item in outcome.items if item.code not in known]


async def _make_room(sessions: Sessions, attempt: Attempt, outcome: Outcome) -> None:
    """Columns for added items in the lookup table, in a commit of their own.

    Nobody reads them before the batch is published, and look-ups wait for a moment only and not
    until all rows are in. A repeat makes them anew.
    """
    async with sessions.begin() as session:
        batch = await still_ours(session, attempt)
        if batch is None:
            return
        resource = await queries.lock_resource(session, batch.resource_id)
        if resource is None or resource.lookup_table is None:
            return
        added = _added(resource, outcome)
        if added:
            table = LookupTable(resource.lookup_table, outcome.items)
            await lookup_tables.widen(await lookup_tables.driver(session), table, added)


async def _derive_lookups(
    session: AsyncSession, importer: Importer, resource: Resource, batch: Batch, outcome: Outcome
) -> None:
    def frames(parts: Sequence[Part]) -> Iterator[pl.DataFrame]:
        for part in parts:
            stored = StoredFile(
                batch.id, batch.attempt, outcome.wrapped, part.digest, part.size, part.rows
            )
            shelf, opened = importer.opened(stored)
            yield shelf.get(opened)

    changes = as_changes(outcome, frames(outcome.rows), frames(outcome.changes))
    connection = await lookup_tables.driver(session)
    before = resource.lookup_table
    if before is None or outcome.renewed:
        table = LookupTable.named(resource.id, resource.epoch, outcome.items)
        await lookup_tables.create(connection, table, changes)
        resource.lookup_table = table.name
        if before is not None:
            await lookup_tables.drop(connection, before)
    else:
        await lookup_tables.change(connection, LookupTable(before, outcome.items), changes)
