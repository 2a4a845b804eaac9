"""Hears PostgreSQL ring on a channel, so that work begins when it is there and not by the clock."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from types import TracebackType
from typing import TypeAlias

import asyncpg

from shared import db

Heard = Callable[[str, str], None]
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


class ConnectionLost(OSError):
    """The connection that listened is gone; what rang meanwhile was not heard."""


class Bell:
    """One connection that listens on some channels. Use as an async context manager."""

    def __init__(self, dsn: str, *channels: str, heard: Heard | None = None) -> None:
        self._dsn = dsn
        self._channels = channels
        self._heard = heard
        self._rung = asyncio.Event()
        self.connection: Connection | None = None

    async def __aenter__(self) -> "Bell":
        connection = await asyncpg.connect(**db.asyncpg_arguments(self._dsn), timeout=5)
        try:
            connection.add_termination_listener(lambda _: self._rung.set())
            for channel in self._channels:
                await connection.add_listener(channel, self._ring)
        except BaseException:
            # Whoever enters was stopped: nobody will leave, and close it.
            connection.terminate()
            raise
        self.connection = connection
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.connection is not None:
            await self.connection.close(timeout=2)

    async def wait(self, seconds: float) -> bool:
        """Until it rings, or for so long; whether it rang. Raises ConnectionLost."""
        try:
            async with asyncio.timeout(seconds):
                await self._rung.wait()
        except TimeoutError:
            return False
        finally:
            if self.connection is None or self.connection.is_closed():
                raise ConnectionLost("the listening connection is gone")
            self._rung.clear()
        return True

    def _ring(self, _: object, __: int, channel: str, payload: object) -> None:
        if self._heard is not None:
            self._heard(channel, str(payload))
        self._rung.set()


@asynccontextmanager
async def held(connection: Connection, name: str) -> AsyncIterator[bool]:
    """Hold the lock `name` for the block, if nobody else does; whether it is held.

    The lock is the connection's: when the process dies, PostgreSQL lets it go at once.
    """
    lock = "hashtextextended($1, 0)"
    got = await connection.fetchval(f"SELECT pg_try_advisory_lock({lock})", name)
    try:
        yield bool(got)
    finally:
        if got and not connection.is_closed():
            await connection.execute(f"SELECT pg_advisory_unlock({lock})", name)
