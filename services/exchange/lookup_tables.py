"""The table in PostgreSQL that answers lookups: derived from what is published, rebuildable.

It changes in the very commit that publishes a batch, so that a lookup never sees half of one.
Columns bear the items' codes (lower-case ASCII, at most 63 characters), always quoted; those of
ours begin with "$", which no code can.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence

import asyncpg
import polars as pl
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange.lookup_names import (
    FLAGGED,
    KEY,
    SCHEMA,
    SQL_TYPES,
    STALENESS,
    LookupTable,
    quoted,
)
from services.exchange.tables.checks import FLAGS, STALE
from services.exchange.tables.difference import CHANGE, Change
from services.exchange.tables.keys import key_text

_KEYS_AT_ONCE = 20_000
_PIECE = 1 << 20
_SORT_MEMORY = "256MB"


async def driver(session: AsyncSession) -> "asyncpg.Connection[asyncpg.Record]":
    """The asyncpg connection under a session's transaction, for COPY."""
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    found = raw.driver_connection
    if not isinstance(found, asyncpg.Connection):
        raise TypeError("exchange stands on asyncpg")
    return found


async def create(
    connection: "asyncpg.Connection[asyncpg.Record]",
    table: LookupTable,
    changes: Iterator[pl.DataFrame],
) -> None:
    """Make the table and fill it with what `changes` inserts."""
    columns = [f"{quoted(i.code)} {SQL_TYPES.get(i.type, 'text')}" for i in table.items]
    ours = f'{KEY} text COLLATE "C" NOT NULL', f"{FLAGGED} text", f"{STALENESS} boolean"
    named = ", ".join([*ours, *columns])
    await connection.execute(f"CREATE TABLE {table.qualified} ({named})")
    await _fill(connection, table, changes, fresh=True)
    # The index is made after the rows, with room to sort: far cheaper than row by row.
    await connection.execute(f"SET LOCAL maintenance_work_mem = '{_SORT_MEMORY}'")
    await connection.execute(f"ALTER TABLE {table.qualified} ADD PRIMARY KEY ({KEY})")


async def change(
    connection: "asyncpg.Connection[asyncpg.Record]",
    table: LookupTable,
    changes: Iterator[pl.DataFrame],
) -> None:
    """Apply what a batch changed."""
    statement = f"DELETE FROM {table.qualified} WHERE {KEY} = ANY($1::text[])"  # noqa: S608 - ours
    while (frame := await asyncio.to_thread(next, changes, None)) is not None:
        gone = frame.filter(pl.col(CHANGE) != Change.INSERT.value)
        keys = gone.select(key_text(table.keys)).to_series()
        for start in range(0, len(keys), _KEYS_AT_ONCE):
            await connection.execute(statement, keys[start : start + _KEYS_AT_ONCE].to_list())
        await _fill(connection, table, iter([frame]), fresh=False)


async def widen(
    connection: "asyncpg.Connection[asyncpg.Record]", table: LookupTable, added: Sequence[str]
) -> None:
    """Make empty columns for added items; what an earlier attempt left of them goes."""
    for item in table.items:
        if item.code in added:
            name, kind = quoted(item.code), SQL_TYPES.get(item.type, "text")
            await connection.execute(
                f"ALTER TABLE {table.qualified} DROP COLUMN IF EXISTS {name}, "
                f"ADD COLUMN {name} {kind}"
            )


async def drop(connection: "asyncpg.Connection[asyncpg.Record]", name: str) -> None:
    """Remove a table of an earlier shape."""
    await connection.execute(f"DROP TABLE IF EXISTS {SCHEMA}.{quoted(name)}")


async def _fill(
    connection: "asyncpg.Connection[asyncpg.Record]",
    table: LookupTable,
    changes: Iterator[pl.DataFrame],
    *,
    fresh: bool,
) -> None:
    """COPY what `changes` leaves standing; into a table of this transaction, ready frozen."""

    def text() -> bytes | None:
        frame = next(changes, None)
        if frame is None:
            return None
        kept = frame.filter(pl.col(CHANGE) != Change.DELETE.value)
        shown = kept.select(
            key_text(table.keys).alias("$key"),
            pl.col(FLAGS).list.join(" "),
            pl.col(STALE),
            *[pl.col(item.code) for item in table.items],
        )
        return shown.write_csv(include_header=False).encode()

    async def pieces() -> AsyncIterator[bytes]:
        # One frame is made into text while the one before it is on its way.
        coming = asyncio.ensure_future(asyncio.to_thread(text))
        try:
            while (data := await coming) is not None:
                coming = asyncio.ensure_future(asyncio.to_thread(text))
                for start in range(0, len(data), _PIECE):
                    yield data[start : start + _PIECE]
        finally:
            coming.cancel()

    await connection.copy_to_table(
        table.name,
        schema_name=SCHEMA,
        columns=["$key", "$flags", "$stale", *[item.code for item in table.items]],
        source=pieces(),
        format="csv",
        freeze=fresh,
    )
