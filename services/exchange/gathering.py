"""Lookups of a moment gathered into one statement, over connections of their own.

A lookup costs the database little and a round trip much. So whatever has been asked for while a
connection was busy goes out as one `= ANY($1)`, per table and columns.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import asyncpg

from services.exchange.bell import Connection
from services.exchange.lookup_names import FLAGGED, KEY, STALENESS, LookupTable, quoted
from services.exchange.narrowing.lookups import Where
from shared import db
from shared.background import end
from shared.errors import Unavailable

_MOST_GATHERED = 10_000
_CONNECTIONS = 2
_AGAIN = 0.5

ALL_ROWS = Where()
Row = tuple[object, ...]
Answer = asyncio.Future[dict[str, Row]]
Waiting = list[tuple[Sequence[str], Answer]]
# A table, the columns that are asked for, and which rows there are for whoever asks.
Group = tuple[str, tuple[str, ...], Where]


class LookupAway(Unavailable):
    """The lookup tables cannot be asked at the moment."""

    code = "lookup-away"
    title = "Lookup away"


class Gatherer:
    """Connections of its own, and what waits for one of them."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._waiting: dict[Group, Waiting] = defaultdict(list)
        self._asked = asyncio.Event()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Answer for the block."""
        tasks = [asyncio.create_task(self._serve()) for _ in range(_CONNECTIONS)]
        try:
            yield
        finally:
            await end(*tasks)

    def ask(
        self,
        table: LookupTable,
        columns: tuple[str, ...],
        keys: Sequence[str],
        where: Where = ALL_ROWS,
    ) -> Answer:
        """The rows under these keys that `where` holds of: flags, staleness, then the columns."""
        answer: Answer = asyncio.get_running_loop().create_future()
        self._waiting[table.qualified, columns, where].append((keys, answer))
        self._asked.set()
        return answer

    async def _serve(self) -> None:
        while True:
            try:
                arguments = db.asyncpg_arguments(self._dsn)
                connection = await asyncpg.connect(**arguments, timeout=5)
            except (OSError, TimeoutError, asyncpg.PostgresError):
                # Whoever asks meanwhile is told at once; the next attempt follows.
                self._refuse_all()
                await asyncio.sleep(_AGAIN)
                continue
            try:
                await self._serve_over(connection)
            finally:
                connection.terminate()

    async def _serve_over(self, connection: Connection) -> None:
        """Answer until the connection fails."""
        while not connection.is_closed():
            await self._asked.wait()
            if not self._waiting:
                self._asked.clear()
                continue
            group, waiting = self._take()
            try:
                await _answer(connection, group, waiting)
            except asyncio.CancelledError:
                _fail(waiting, LookupAway("The service is stopping; ask again."))
                raise
            except asyncpg.UndefinedTableError as error:
                _fail(waiting, error)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                _fail(waiting, LookupAway("The lookup tables cannot be asked now."))
                return

    def _refuse_all(self) -> None:
        while self._waiting:
            _, waiting = self._take()
            _fail(waiting, LookupAway("The lookup tables cannot be asked now."))

    def _take(self) -> tuple[Group, Waiting]:
        """The group that has waited longest, or as much of it as one statement takes."""
        group = next(iter(self._waiting))
        waiting = self._waiting.pop(group)
        count = 0
        for place, (keys, _) in enumerate(waiting):
            count += len(keys)
            if count > _MOST_GATHERED and place:
                self._waiting[group] = waiting[place:]
                return group, waiting[:place]
        return group, waiting


async def _answer(
    connection: Connection,
    group: Group,
    waiting: Waiting,
) -> None:
    table, columns, where = group
    named = ", ".join([KEY, FLAGGED, STALENESS, *map(quoted, columns)])
    keys = list({key for keys, _ in waiting for key in keys})
    # Names are quoted and ours; the keys and what rows are compared with are parameters.
    records = await connection.fetch(
        f"SELECT {named} FROM {table} WHERE {KEY} = ANY($1::text[]){where.sql}",  # noqa: S608
        keys,
        *where.parameters,
    )
    found = {record[0]: tuple(record)[1:] for record in records}
    for _, answer in waiting:
        if not answer.done():
            answer.set_result(found)


def _fail(waiting: Waiting, error: Exception) -> None:
    for _, answer in waiting:
        if not answer.done():
            answer.set_exception(error)
