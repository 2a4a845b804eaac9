"""Files cut for grants: made when first wanted, by the worker, and kept.

A cut is found by its row: wanted while `files` is null, made from then on. The worker holds the
row while it works; one that dies lets it go, still wanted.
"""

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import polars as pl

from services.exchange import history, queries, recalls
from services.exchange.bell import Bell
from services.exchange.documents import CutFile
from services.exchange.formats.writing import written
from services.exchange.importing import Importer
from services.exchange.live import shows
from services.exchange.models import CutKind, FileKind, Form
from services.exchange.narrowing.conditions import NarrowingUnfit, Term, terms
from services.exchange.queries import StoredState
from services.exchange.tables import views
from services.exchange.tables.difference import Columns, changes_of, rows_of, undone
from services.exchange.tables.items import Item
from services.exchange.tables.sealed import SealedFolder
from services.exchange.tables.views import View
from services.exchange.vault import Vault
from shared import clock
from shared.db import Sessions
from shared.narrowing import Mask

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be cut, from which files, into which folder."""

    kind: CutKind
    form: Form
    items: list[Item]
    granted: frozenset[str]
    marks: bool
    grant: UUID | None
    stands: StoredState
    all_inserted: bool
    undoes: bool
    folder: SealedFolder
    terms: Sequence[Term]
    masks: Mapping[str, Mask]


class Cutter:
    """Makes the cuts that are wanted, one after another."""

    def __init__(self, sessions: Sessions, vault: Vault, importer: Importer) -> None:
        self._sessions = sessions
        self._vault = vault
        self._importer = importer

    async def work(self, bell: Bell) -> int:
        """Make the cut that has been wanted longest; 0 where none is."""
        async with self._sessions.begin() as session:
            wanted = await queries.wanted_cut(session)
            if wanted is None:
                return 0
            cut, view = wanted
            resource = await queries.resource(session, view.resource_id)
            if resource is None or resource.shape is None:
                raise LookupError("a view of a resource without data")
            if cut.epoch != resource.epoch:
                # The data took another shape meanwhile; whoever asked will ask for that.
                await session.delete(cut)
                return 1
            if history.gone(resource, cut.kind, cut.sequence):
                # It is kept no more, and was wanted a moment before.
                await session.delete(cut)
                return 1
            spans = await recalls.spans(session, resource.id)
            if any(shows(span, cut.kind, cut.epoch, cut.sequence) for span in spans):
                # It was recalled meanwhile: nobody is to have it.
                await session.delete(cut)
                return 1
            all_inserted = undoes = False
            if cut.kind is CutKind.SNAPSHOT:
                stands = await queries.state_at(session, resource.id, cut.epoch, cut.sequence)
            else:
                batch = await queries.published_at(session, resource.id, cut.epoch, cut.sequence)
                if batch is None:
                    raise LookupError("a cut of a sequence that was never published")
                if batch.recalls is not None:
                    batch, undoes = await queries.batch(session, batch.recalls), True
                all_inserted = batch.first
                kind = FileKind.ROWS if batch.first else FileKind.CHANGES
                files = await queries.files(session, [batch.id], kind)
                stands = StoredState(base=files, changes=[])
            try:
                held = terms(view.narrowing, resource.shape)
            except NarrowingUnfit:
                # The condition says nothing of the data as it is now; whoever asked is told.
                await session.delete(cut)
                return 1
            order = _Order(
                kind=cut.kind,
                form=cut.form,
                items=resource.shape,
                granted=frozenset(view.items),
                marks=view.marks,
                grant=view.grant_id,
                stands=stands,
                all_inserted=all_inserted,
                undoes=undoes,
                folder=self._vault.files(self._vault.view(view.id), view.wrapped),
                terms=held,
                masks=view.narrowing.masked if view.narrowing else {},
            )
            try:
                cut.files = await asyncio.to_thread(self._cut, order)
            except Exception:
                # It goes to the end of the queue, so that it keeps nobody else waiting.
                _log.exception("cut %s failed", cut.id)
                cut.wanted_at = clock.now()
                return 0
        return 1

    def _cut(self, order: _Order) -> list[CutFile]:
        secret = None
        if order.grant is not None:
            secret = self._vault.derived(f"pseudonym {order.grant}")
        view = View(
            order.items,
            order.granted,
            secret,
            self._vault.suite,
            order.marks,
            veiled=order.undoes,
            terms=order.terms,
            masks=order.masks,
        )
        made: list[CutFile] = []
        for frame in self._frames(order, view):
            if not frame.height:
                continue
            data = written(frame, order.form)
            part = order.folder.put_bytes(data, frame.height)
            made.append(CutFile(digest=part.digest, size=part.size, rows=part.rows))
        order.folder.settle()
        return made

    def _frames(self, order: _Order, view: View) -> Iterator[pl.DataFrame]:
        columns = Columns(order.items)
        state = self._importer.state(order.stands)
        if order.kind is CutKind.SNAPSHOT:
            for rows in rows_of(state, columns):
                yield views.rows(rows, view)
            return
        for changes in changes_of(state, columns, all_inserted=order.all_inserted):
            yield views.changes(undone(changes, columns) if order.undoes else changes, view)
