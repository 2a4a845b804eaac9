"""Keep an index at what PostgreSQL holds: built once, then followed change by change.

A search first takes in what has changed since, so whoever has written finds it. When more has
changed than a search should wait for, it goes on in the background, and the search is late by
that much.
"""

import asyncio
import contextlib
import itertools
import logging
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, SQLColumnExpression, func, select, text
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from services.catalog.models import Department, Resource, ResourceItem, ResourceVersion
from services.catalog.search import changes
from services.catalog.search.documents import Document, Facet, Stand, Version, documents
from services.catalog.search.index import Index, IndexTaken, Mark
from shared import clock
from shared.background import beside
from shared.db import Sessions
from shared.errors import Unavailable
from shared.events.catalog import Secrecy, ShareType

_AT_ONCE: Final = 200
_BUILT_AT_ONCE: Final = 1_000
_SECONDS: Final = 1.0
_PATIENCE_SECONDS: Final = 2.0
_SLOTS: Final = 16
_log = logging.getLogger(__name__)
_Row = Row[*tuple[Any, ...]]


class SearchNotReady(Unavailable):
    """The index is being built; lists without words are answered meanwhile."""

    code = "search-not-ready"
    title = "Search not ready"


class Following:
    """An index and how far it has followed."""

    def __init__(self, sessions: Sessions, folder: Path | None) -> None:
        self.index = _taken(folder)
        self._sessions = sessions
        self._mark: Mark | None = None
        self._begun = asyncio.Event()
        self._lock = asyncio.Lock()
        self._built, self._all = 0, 0

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Build and follow for as long as the block runs."""
        try:
            async with beside(self._for_ever()):
                yield
        finally:
            await asyncio.to_thread(self.index.close)

    async def catch_up(self, session: AsyncSession) -> None:
        """Take in what has changed, before a search. Raises SearchNotReady."""
        if not self._begun.is_set():
            # The index of a young installation is built in a moment.
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._begun.wait(), _PATIENCE_SECONDS)
        mark = self._mark
        if mark is None:
            raise SearchNotReady(
                f"The search index is being built: {self._built} of {self._all} resources are in "
                "it. Lists without `q` are answered meanwhile.",
                retry_after=5,
            )
        noted = await changes.noted(session, mark.before, sorted(mark.beside), 1)
        if noted.changes:
            # Others may be taking it in at this moment; then there is nothing left to do.
            async with self._lock:
                await self._follow(session)

    async def _for_ever(self) -> None:
        while True:
            try:
                if self._mark is None:
                    self._mark = await self._begin()
                    self._begun.set()
                await self._follow_all()
            except (SQLAlchemyError, OSError):
                _log.warning("the search index cannot be followed now", exc_info=True)
            await asyncio.sleep(_SECONDS)

    async def _follow_all(self) -> None:
        more = True
        while more:
            # A search that waits for the lock comes in between.
            async with self._lock, self._sessions() as session:
                more = await self._follow(session)

    async def _begin(self) -> Mark:
        """The mark to go on from; builds the index where there is none that can be gone on with."""
        async with self._sessions() as session:
            origin, before = await _origin(session)
        known = await asyncio.to_thread(self.index.mark)
        fresh = _now() - changes.KEPT.total_seconds() / 2
        if known and known.origin == origin and known.before <= before and known.at > fresh:
            return known
        return await self._build(Mark(origin, before, frozenset(), _now()))

    async def _build(self, mark: Mark) -> Mark:
        # What changes while it is built is noted after the mark, and followed afterwards.
        await asyncio.to_thread(self.index.clear)
        async with self._sessions() as session:
            self._all = int(await session.scalar(select(func.count()).select_from(Resource)) or 0)
        self._built, after = 0, None
        while True:
            statement = select(Resource.id).order_by(Resource.id).limit(_BUILT_AT_ONCE)
            if after is not None:
                statement = statement.where(Resource.id > after)
            # A session for each piece: nothing that was read is kept, no snapshot held open.
            async with self._sessions() as session:
                ids = list(await session.scalars(statement))
                made = await _load(session, ids) if ids else []
            if not ids:
                break
            await asyncio.to_thread(self.index.replace, (), made, None)
            self._built, after = self._built + len(ids), ids[-1]
        await asyncio.to_thread(self.index.replace, (), (), mark)
        if self._all:
            _log.info("the search index was built: %d resources", self._built)
        return mark

    async def _follow(self, session: AsyncSession) -> bool:
        """Take in some of what has changed; whether there was anything."""
        mark = self._mark
        if mark is None:
            return False
        noted = await changes.noted(session, mark.before, sorted(mark.beside), _AT_ONCE)
        beside = frozenset(
            by for by in mark.beside | {by for by, _ in noted.changes} if by >= noted.before
        )
        following = Mark(mark.origin, noted.before, beside, _now())
        if noted.changes:
            ids = {resource for _, resource in noted.changes}
            made = await _load(session, ids)
            await asyncio.to_thread(self.index.replace, ids, made, following)
        self._mark = following
        return bool(noted.changes)


def _taken(folder: Path | None) -> Index:
    """The first index under `folder` that no other process has."""
    if folder is None:
        return Index(None)
    for slot in range(_SLOTS):
        with contextlib.suppress(IndexTaken):
            return Index(folder / str(slot))
    raise IndexTaken(f"{_SLOTS} processes have an index under {folder} already")


async def _origin(session: AsyncSession) -> tuple[str, int]:
    """Which tables these are, and the number before which no transaction is open.

    Transactions are numbered by the cluster, so a table that was restored is another one.
    """
    row = await session.execute(
        text(
            "SELECT (SELECT system_identifier FROM pg_control_system())::text || '/' ||"
            " (SELECT oid FROM pg_database WHERE datname = current_database()) || '/' ||"
            " 'search_change'::regclass::oid,"
            " pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
        )
    )
    origin, before = row.one()
    return str(origin), int(before)


def _joined(text: SQLColumnExpression[str], *conditions: ColumnElement[bool]) -> ColumnElement[str]:
    """Something of each item of a version, in the items' order."""
    joined = func.array_to_string(
        func.array_agg(aggregate_order_by(text, ResourceItem.position)), "，"
    )
    of_it = (
        ResourceItem.resource_id == ResourceVersion.resource_id,
        ResourceItem.number == ResourceVersion.number,
    )
    return func.coalesce(select(joined).where(*of_it, *conditions).scalar_subquery(), "")


_FACETS: Final[dict[Facet, InstrumentedAttribute[Any]]] = {
    Facet.CLASSIFICATION: ResourceVersion.attribute,
    Facet.TOPIC: ResourceVersion.topic,
    Facet.LEVEL: ResourceVersion.level,
    Facet.BASIC_CATEGORY: ResourceVersion.basic_category,
    Facet.FORMAT: ResourceVersion.format_class,
    Facet.SHARE_TYPE: ResourceVersion.share_type,
    Facet.GRADE: ResourceVersion.grade,
    Facet.SECRECY: ResourceVersion.secrecy,
    Facet.OPENNESS: ResourceVersion.openness,
    Facet.UPDATE_CYCLE: ResourceVersion.update_cycle,
}
# Columns and not entities: a catalogue is read whole, and an entity costs ten times a row.
_ROWS: Final = (
    select(
        Resource.id,
        Resource.provider,
        Resource.state,
        Resource.latest,
        Resource.published,
        Department.region,
        Department.name.label("called"),
        Department.short_name,
        ResourceVersion.number,
        func.coalesce(ResourceVersion.published_at, ResourceVersion.started_at).label("began"),
        ResourceVersion.name,
        func.coalesce(ResourceVersion.abstract, "").label("abstract"),
        _joined(ResourceItem.name + "，" + ResourceItem.code).label("items"),
        _joined(
            ResourceItem.name,
            ResourceItem.secrecy == Secrecy.NONE,
            ResourceItem.share_type.is_distinct_from(ShareType.NOT_SHARED),
        ).label("public_items"),
        ResourceVersion.share_methods,
        *(column.label(f"facet_{facet.value}") for facet, column in _FACETS.items()),
    )
    .join(Resource, Resource.id == ResourceVersion.resource_id)
    .join(Department, Department.id == Resource.provider)
    .where(ResourceVersion.number.in_([Resource.latest, Resource.published]))
    .order_by(Resource.id)
)


async def _load(session: AsyncSession, resources: Collection[UUID]) -> list[Document]:
    """What the index shall hold of these resources."""
    rows = (await session.execute(_ROWS.where(Resource.id.in_(resources)))).all()
    return await asyncio.to_thread(lambda: list(_documents(rows)))


def _documents(rows: Sequence[_Row]) -> Iterator[Document]:
    for _, of_one in itertools.groupby(rows, key=lambda row: row.id):
        versions = list(of_one)
        row = versions[0]
        stand = Stand(
            resource=row.id,
            provider=row.provider,
            region=row.region,
            state=row.state,
            latest=row.latest,
            published=row.published,
        )
        yield from documents(stand, map(_version, versions), (row.called, row.short_name))


def _version(row: _Row) -> Version:
    said = {facet: getattr(row, f"facet_{facet.value}") for facet in _FACETS}
    facets = {facet: () if value is None else (value.value,) for facet, value in said.items()}
    return Version(
        number=row.number,
        began=row.began,
        name=row.name,
        abstract=row.abstract,
        items=row.items,
        public_items=row.public_items,
        facets={**facets, Facet.SHARE_METHOD: tuple(row.share_methods)},
    )


def _now() -> float:
    return clock.now().timestamp()
