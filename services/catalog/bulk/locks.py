"""A lock that dies with its worker: held on a connection of its own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg

from shared import db


@asynccontextmanager
async def held(dsn: str, name: str) -> AsyncIterator[bool]:
    """Hold the lock `name` for the block, if nobody else does; whether it is held.

    The lock is the connection's: when the process dies, PostgreSQL lets it go at once.
    """
    connection = await asyncpg.connect(**db.asyncpg_arguments(dsn), timeout=5)
    try:
        yield bool(
            await connection.fetchval("SELECT pg_try_advisory_lock(hashtextextended($1, 0))", name)
        )
    finally:
        await connection.close(timeout=2)
