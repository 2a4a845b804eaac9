"""Grants, suspensions and published resources in memory, as fresh as the database's ring.

For the file door and for lookups, which cannot ask the database about a grant each time. What
is here is never trusted for longer than the connection that rings stands; `Following` says how
far the events of requests are known to have taken effect here.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange import queries, recalls
from services.exchange.bell import Bell
from services.exchange.lookup_names import LookupTable
from services.exchange.models import CutKind
from services.exchange.queries import Heard
from services.exchange.recalls import Span
from shared.background import beside
from shared.db import Sessions
from shared.narrowing import Narrowing
from shared.worker import Away

_log = logging.getLogger(__name__)
_AGAIN = 1.0


@dataclass(frozen=True, slots=True)
class LiveGrant:
    """A grant as it stands."""

    id: UUID
    resource: UUID
    grantee: UUID
    items: frozenset[str]
    grade: str
    valid_from: datetime
    valid_until: datetime | None
    heard: int
    revoked: bool
    circle: frozenset[UUID] | None
    narrowing: Narrowing | None = None

    def in_force(self, at: datetime) -> bool:
        """Whether it lets data flow at `at`."""
        ended = self.valid_until is not None and self.valid_until <= at
        return not self.revoked and self.valid_from <= at and not ended

    def knows(self, holder: UUID) -> bool:
        """Whether that client or operator is inside its circle of knowledge."""
        return self.circle is None or holder in self.circle


@dataclass(frozen=True, slots=True)
class LiveResource:
    """A resource with data, as it is published."""

    id: UUID
    name: str
    provider: UUID
    provider_name: str | None
    epoch: int
    sequence: int
    data_at: datetime | None
    table: LookupTable
    recalled: tuple[Span, ...]


def shows(span: Span, kind: CutKind, epoch: int, sequence: int) -> bool:
    """Whether files of a kind at a sequence number show what was recalled."""
    if epoch != span.epoch:
        return False
    if kind is CutKind.CHANGES:
        return sequence == span.recalled
    return span.recalled <= sequence < span.recall


class Live:
    """What is known now. Read it without waiting; `follow` keeps it true."""

    def __init__(self, sessions: Sessions, dsn: str) -> None:
        self.grants: dict[UUID, LiveGrant] = {}
        self.resources: dict[UUID, LiveResource] = {}
        # Departments that may not take others' data.
        self.suspended: frozenset[UUID] = frozenset()
        # Clients and operators that were revoked or closed.
        self.ended: frozenset[UUID] = frozenset()
        self.ready = asyncio.Event()
        self._sessions = sessions
        self._dsn = dsn
        self._rung: dict[str, set[UUID]] = {"grants": set(), "resources": set()}
        self._changes = 0
        self._reading = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def following(self) -> AsyncIterator[None]:
        """Keep following for the block."""
        async with beside(self.follow()):
            yield

    async def follow(self) -> None:
        """Load, then hear of every change; begin anew whenever the connection was lost."""
        while True:
            try:
                await self._follow()
            except (*Away, SQLAlchemyError) as error:
                self.ready.clear()
                _log.warning("cannot follow grants: %s", type(error).__name__)
                await asyncio.sleep(_AGAIN)

    async def refresh(self, grant: UUID | None = None, resource: UUID | None = None) -> None:
        """Read what a caller missed: it may have been made a moment ago."""
        async with self._sessions() as session:
            if grant is not None:
                await self._load_grants([grant], session)
            if resource is not None:
                await self._load_resources([resource], session)

    async def settled(self) -> Heard:
        """How far requests was heard, once everything up to there is in memory.

        Each change of a grant raises the sum, and what was in memory before the database was
        asked is in the database too, so equal sums are equal grants.
        """
        known = (len(self.grants), self._changes)
        async with self._sessions() as session:
            heard = await queries.heard(session)
            await self._load_suspended(session)
            if known != (heard.grants, heard.changes):
                await self._load_grants(None, session)
        return heard

    async def _follow(self) -> None:
        channels = ("grants", "suspensions", "resources")
        async with Bell(self._dsn, *channels, heard=self._ring) as bell:
            # Listening comes first: what changes while everything is read rings, and is read.
            async with self._sessions() as session:
                await self._load_suspended(session)
                await self._load_grants(None, session)
                await self._load_resources(None, session)
            self.ready.set()
            while True:
                await bell.wait(30.0)
                grants, self._rung["grants"] = self._rung["grants"], set()
                resources, self._rung["resources"] = self._rung["resources"], set()
                async with self._sessions() as session:
                    await self._load_suspended(session)
                    await self._load_grants(list(grants), session)
                    await self._load_resources(list(resources), session)

    def _ring(self, channel: str, payload: str) -> None:
        # Suspensions and ended holders are few and always read whole.
        if channel in self._rung:
            self._rung[channel].add(UUID(payload))

    async def _load_suspended(self, session: AsyncSession) -> None:
        # One reader at a time: of two, the one that asked first might otherwise be the last.
        async with self._reading:
            self.suspended = await queries.suspended(session)
            self.ended = await queries.ended_holders(session)

    async def _load_grants(self, identities: list[UUID] | None, session: AsyncSession) -> None:
        if identities == []:
            return
        for grant in await queries.grants(session, identities):
            # Two readers may overtake each other; the newer state stays, and what was seen
            # revoked stays so.
            known = self.grants.get(grant.id)
            if known is not None and (known.revoked or known.heard > grant.heard):
                continue
            self.grants[grant.id] = LiveGrant(
                id=grant.id,
                resource=grant.resource_id,
                grantee=grant.grantee,
                items=frozenset(grant.items),
                grade=grant.grade,
                valid_from=grant.valid_from,
                valid_until=grant.valid_until,
                heard=grant.heard,
                revoked=grant.revoked_at is not None,
                circle=None if grant.circle is None else frozenset(grant.circle),
                narrowing=grant.narrowing,
            )
        self._changes = sum(grant.heard + grant.revoked for grant in self.grants.values())

    async def _load_resources(self, identities: list[UUID] | None, session: AsyncSession) -> None:
        if identities == []:
            return
        for resource, department in await queries.published_resources(session, identities):
            if resource.lookup_table is None or resource.shape is None:
                continue
            known = self.resources.get(resource.id)
            if known is not None and known.sequence > resource.sequence:
                continue
            self.resources[resource.id] = LiveResource(
                id=resource.id,
                name=resource.name,
                provider=resource.provider,
                provider_name=department,
                epoch=resource.epoch,
                sequence=resource.sequence,
                data_at=resource.data_at,
                table=LookupTable(resource.lookup_table, tuple(resource.shape)),
                recalled=tuple(await recalls.spans(session, resource.id)),
            )
