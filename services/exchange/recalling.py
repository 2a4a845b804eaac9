"""A wrong batch undone: the state before it stands again, under the next sequence number.

Nothing is written but rows. What the wrong batch changed lies on its shelf with the images
before; taken back, that is what the recall changes. So a worker that dies in the middle leaves
nothing behind, and the next one does the same.
"""

from collections.abc import Iterator
from datetime import datetime

import polars as pl
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange import lookup_tables, publishing, queries, recalls
from services.exchange.importing import Importer
from services.exchange.lookup_names import LookupTable
from services.exchange.models import Batch, BatchState, FileKind, Resource
from services.exchange.publishing import Attempt
from services.exchange.queries import StoredState
from services.exchange.sweeping import Sweeper
from services.exchange.tables.counts import Counts
from services.exchange.tables.difference import Columns, changes_of, undone
from services.exchange.tables.refusals import BatchRefused
from services.exchange.vault import Vault
from shared.db import Sessions
from shared.outbox import emit


async def publish(
    sessions: Sessions, importer: Importer, vault: Vault, attempt: Attempt, at: datetime
) -> bool:
    """Publish a recall; False where somebody else did meanwhile. Raises BatchRefused."""
    async with sessions.begin() as session:
        recall = await publishing.still_ours(session, attempt)
        if recall is None or recall.recalls is None:
            return False
        resource = await queries.lock_resource(session, recall.resource_id)
        wrong = await queries.lock_batch(session, recall.recalls)
        newest = await recalls.standing(session, recall.resource_id, 2)
        if resource is None or wrong is None or not newest or newest[0].id != wrong.id:
            raise BatchRefused(
                "recall-overtaken",
                "该批次已不是最新批次 (this batch is the newest no more: recall the newest first)",
            )
        before = newest[1] if len(newest) > 1 else None
        await _restore_lookups(session, importer, resource, wrong)
        resource.sequence += 1
        resource.data_at = before.received_at if before else None
        recall.rows_after = before.rows_after if before else 0
        digest = vault.suite.digest(b"recall " + wrong.digest).hex()
        emit(
            session,
            recall.publish(
                Counts(),
                epoch=resource.epoch,
                sequence=resource.sequence,
                changed=wrong.changed or 0,
                digest=digest,
                at=at,
            ),
        )
        told = await recalls.holders(session, resource.id, at)
        emit(session, wrong.undo(recall, told, at))
    # The door refuses these addresses from the commit on; now their bytes go too.
    await Sweeper(sessions, vault).recalled()
    return True


async def _restore_lookups(
    session: AsyncSession, importer: Importer, resource: Resource, wrong: Batch
) -> None:
    if resource.lookup_table is None or resource.shape is None:
        raise LookupError("published data without a lookup table")
    kind = FileKind.ROWS if wrong.first else FileKind.CHANGES
    files = await queries.files(session, [wrong.id], kind)
    columns = Columns(resource.shape)
    state = importer.state(StoredState(base=files, changes=[]))

    def back() -> Iterator[pl.DataFrame]:
        for changes in changes_of(state, columns, all_inserted=wrong.first):
            yield undone(changes, columns)

    connection = await lookup_tables.driver(session)
    table = LookupTable(resource.lookup_table, tuple(resource.shape))
    await lookup_tables.change(connection, table, back())


def can_be(wrong: Batch, standing: list[Batch], resource: Resource) -> bool:
    """Whether the newest batch that stands can be undone: what stood before has its shape, and
    is still kept."""
    kept_from = resource.kept_from or 0
    return (
        wrong.state is BatchState.PUBLISHED
        and (wrong.sequence or 0) > kept_from
        and bool(standing)
        and standing[0].id == wrong.id
        and (len(standing) == 1 or standing[1].epoch == wrong.epoch)
    )
