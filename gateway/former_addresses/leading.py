"""Old addresses in memory, and the turn that a read of one takes before the door."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Mapping
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from starlette.types import Receive, Scope, Send

from gateway.door import Door
from gateway.former_addresses import queries
from gateway.former_addresses.rules import Way, found, leads
from gateway.matching import Matcher
from gateway.rules import RULES
from shared import db
from shared.background import beside

_LOOK_SECONDS = 2.0
_MATCHER = Matcher(RULES)
_log = logging.getLogger(__name__)


class Led:
    """Where old addresses lead, as PostgreSQL said a moment ago."""

    def __init__(self, sessions: db.Sessions) -> None:
        self._sessions = sessions
        self._state: tuple[object, ...] | None = None
        self._ways: Mapping[str, Way] = {}

    def find(self, path: bytes, query: bytes) -> Way | None:
        """Where the old address of a request leads, None where it is none."""
        return found(self._ways, path, query)

    def by_id(self, identity: UUID) -> Way | None:
        """Where that old address leads, None where it leads nowhere."""
        return next((way for way in self._ways.values() if way.id == identity), None)

    @contextlib.asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Look again and again, for as long as the block runs."""
        async with beside(self._follow()):
            yield

    async def _follow(self) -> None:
        while True:
            try:
                await self._look()
            except (OSError, SQLAlchemyError) as error:
                # What is known goes on leading.
                _log.warning("old addresses wait for the database: %s", type(error).__name__)
            await asyncio.sleep(_LOOK_SECONDS)

    async def _look(self) -> None:
        async with self._sessions() as session:
            state = await queries.state(session)
            if state == self._state:
                return
            rows = await queries.all_leading(session)
        self._ways = {
            row.address: Way(row.id, row.target, leads(row.target, _MATCHER)[1]) for row in rows
        }
        self._state = state


class Leading:
    """The door, to which a read of an old address comes as the operation that leads on.

    So whoever comes is identified, limited and recorded like everybody else; what leads to a page
    of the public needs nobody's name.
    """

    def __init__(self, door: Door, led: Led) -> None:
        self._door = door
        self._led = led
        # The kind of connection that this application is served over (shared/connections.py).
        self.connection = door.connection

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET":
            way = self._led.find(scope["raw_path"], scope["query_string"])
            if way is not None:
                at = "/v1/former-addresses" if way.matched else "/catalogue/former-addresses"
                path = f"{at}/{way.id}/target"
                scope = {**scope, "path": path, "raw_path": path.encode(), "query_string": b""}
        await self._door(scope, receive, send)
