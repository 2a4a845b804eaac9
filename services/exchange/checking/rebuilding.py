"""A lookup table made anew from the stored batches, in one commit, while others read the old."""

from collections.abc import Iterator
from uuid import UUID

import polars as pl

from services.exchange import lookup_tables, queries
from services.exchange.bell import Bell, held
from services.exchange.importing import Importer
from services.exchange.lookup_names import LookupTable
from services.exchange.tables.difference import Columns, inserted
from services.exchange.tables.shelf import Scratch
from services.exchange.vault import Vault
from shared.db import Sessions


class BeingWorkedOn(Exception):
    """A batch of the resource is being published; try again when it is done."""


async def rebuild(
    sessions: Sessions, vault: Vault, bell: Bell, importer: Importer, resource_id: UUID
) -> int | None:
    """Make the lookup table of a resource anew; how many rows it has, None where it has no data.

    Raises BeingWorkedOn, FileNotFoundError and Tampered where a stored file does not hold, and
    what the database raises. A crash changes nothing.
    """
    if bell.connection is None:
        raise RuntimeError("the bell must be listening")
    # The lock under which batches are published: the state that is read stays the one that stands.
    async with held(bell.connection, f"resource {resource_id}") as ours:
        if not ours:
            raise BeingWorkedOn
        scratch = Scratch(vault.scratch(f"rebuild-{resource_id}"), vault.suite)
        try:
            return await _rebuild(sessions, importer, scratch, resource_id)
        finally:
            scratch.remove()


async def _rebuild(
    sessions: Sessions, importer: Importer, scratch: Scratch, resource_id: UUID
) -> int | None:
    async with sessions.begin() as session:
        resource = await queries.lock_resource(session, resource_id)
        if resource is None or resource.lookup_table is None or resource.shape is None:
            return None
        stored = await queries.state_at(session, resource.id, resource.epoch, resource.sequence)
        items, count = resource.shape, 0
        columns = Columns(items)

        def rows() -> Iterator[pl.DataFrame]:
            nonlocal count
            for frame in importer.standing(items, stored, scratch):
                count += frame.height
                yield inserted(frame, columns)

        connection = await lookup_tables.driver(session)
        await lookup_tables.drop(connection, resource.lookup_table)
        table = LookupTable(resource.lookup_table, items)
        await lookup_tables.create(connection, table, rows())
    return count
