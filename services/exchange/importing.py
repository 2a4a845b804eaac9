"""One batch worked through: the upload read and checked, compared with what stands, shelved.

This is the long part, and nothing of it is visible: it writes files that nothing refers to and
runs in a thread. What it comes to is published by `publishing.publish` in one commit.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import BinaryIO
from uuid import UUID

import polars as pl

from services.exchange.decoding import Decoding
from services.exchange.judging import Terms
from services.exchange.models import Phase
from services.exchange.queries import StoredFile, StoredState
from services.exchange.tables.buckets import count_for
from services.exchange.tables.counts import Counts
from services.exchange.tables.difference import (
    CHANGE,
    Change,
    Columns,
    Difference,
    State,
    Step,
    inserted,
)
from services.exchange.tables.formats import Content, Format
from services.exchange.tables.intake import Intake, Source, Taken
from services.exchange.tables.items import Bindings, Item
from services.exchange.tables.reasons import Severities
from services.exchange.tables.refusals import BatchRefused
from services.exchange.tables.sealed import sync_folder
from services.exchange.tables.shelf import BOUNDS, Bounds, Part, PartWriter, Scratch, Shelf
from services.exchange.tables.types import dtype
from services.exchange.uploads.examining import arrived, examine
from services.exchange.uploads.scanning import Scanner, scan
from services.exchange.uploads.segments import StoredUpload
from services.exchange.vault import Vault
from shared.events.exchange import BatchMode

# A chain of deltas is worked into a new whole state when it has grown to so many keys: readers
# of a state hold its chain in memory.
_LONGEST_CHAIN = 500_000
# Parquet holds text in about an eighth of the room that CSV takes.
_COMPRESSION = 8


class Interrupted(Exception):
    """The worker was told to stop; the batch waits for the next one."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What there is to do: a batch, what the catalogue says now, and what stands."""

    batch: UUID
    attempt: int
    mode: BatchMode
    size: int
    content: Content
    digest: bytes
    staging_key: bytes
    upload: StoredUpload | None
    items: Sequence[Item]
    shape: Sequence[Item] | None
    severities: Severities
    bindings: Bindings
    stands: StoredState
    terms: Terms


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a batch came to, written and fsynced; `wrapped` opens its files.

    `rows` is the whole state after the batch (`whole`), else empty; `first` says that nothing
    comparable stood before, so that the rows are the changes. `came` is how many keys are new,
    less those that leave.
    """

    wrapped: bytes
    items: Sequence[Item]
    counts: Counts
    rows: Sequence[Part]
    changes: Sequence[Part]
    report: Sequence[Part]
    whole: bool
    first: bool
    renewed: bool
    changed: int
    came: int

    def after(self, stands: int | None) -> int | None:
        """How many rows stand after the batch, where `stands` did; None where nobody knows."""
        if self.whole:
            return sum(part.rows for part in self.rows)
        return None if stands is None else stands + self.came


@dataclass(frozen=True, slots=True)
class Progress:
    """Told while working; each may raise Interrupted."""

    rows: Callable[[int], None]
    phase: Callable[[Phase], None]


def goes_on(shape: Sequence[Item], items: Sequence[Item]) -> bool:
    """Whether rows of `shape` are rows of `items` in which what was added is empty: no column is
    gone or of another type, and the key is the same. A longer or shorter text is the same type."""
    now = {item.code: (dtype(item), item.key) for item in items}
    stays = all(now.pop(item.code, None) == (dtype(item), item.key) for item in shape)
    return stays and not any(key for _, key in now.values())


class Importer:
    """Works batches through, one at a time."""

    def __init__(
        self, vault: Vault, bounds: Bounds = BOUNDS, scanner: Scanner | None = None
    ) -> None:
        self._vault = vault
        self._bounds = bounds
        self._scanner = scanner

    def ready(self) -> bool:
        """Whether uploads can be read now: where a malware scanner is set, it has to be there."""
        return self._scanner is None or self._scanner.answers()

    def work(self, todo: Assignment, progress: Progress) -> Outcome:
        """The outcome of a batch. Raises BatchRefused, Interrupted, OSError, Tampered.

        Repeated, also after a kill, it comes to the same rows under another key.
        """
        renewed = todo.shape is not None and not goes_on(todo.shape, todo.items)
        if renewed and todo.mode is BatchMode.DELTA:
            raise BatchRefused(
                "delta-needs-snapshot",
                "信息项已变更，请先提交全量批次 "
                "(the items have changed: hand in a snapshot before the next delta)",
            )
        key, wrapped = self._vault.fresh_key()
        folder = self._vault.attempt(todo.batch, todo.attempt)
        shelf = Shelf(folder, key, self._vault.suite, self._vault.beyond(folder))
        scratch = Scratch(self._vault.scratch(str(todo.batch)), self._vault.suite)
        try:
            outcome = self._work(todo, progress, shelf, scratch, wrapped, renewed=renewed)
        finally:
            scratch.remove()
        shelf.settle()
        sync_folder(shelf.folder.parent.parent)
        progress.phase(Phase.PUBLISHING)
        return outcome

    def _work(
        self,
        todo: Assignment,
        progress: Progress,
        shelf: Shelf,
        scratch: Scratch,
        wrapped: bytes,
        *,
        renewed: bool,
    ) -> Outcome:
        progress.phase(Phase.READING)
        delta = todo.mode is BatchMode.DELTA
        intake = Intake(
            todo.items,
            todo.severities,
            delta=delta,
            shelf=shelf,
            scratch=scratch,
            bounds=self._bounds,
            progress=progress.rows,
            total_of=todo.terms.item,
            bindings=todo.bindings,
        )
        with arrived(self._vault, todo.batch, todo.upload, todo.staging_key) as upload:
            self._examine(upload, todo, progress)
            if todo.content.format is Format.PARQUET:
                with Decoding(upload, todo.size, self._bounds.unpacked) as decoded:
                    taken = intake.take(Source(upload, todo.size, todo.content, decoded))
            else:
                taken = intake.take(Source(upload, todo.size, todo.content))
        progress.phase(Phase.COMPARING)
        nothing = StoredState(base=[], changes=[])
        old = self.state(nothing if renewed else todo.stands)
        first = not delta and not old.base and not old.changes
        changes, rows = PartWriter(shelf, self._bounds), list(taken.parts)
        came = sum(part.rows for part in rows) if first else 0
        if not first:
            stale = PartWriter(shelf, self._bounds)
            for step in self._steps(todo, taken, old, shelf, scratch, progress):
                changes.add(step.changes)
                came += _came(step.changes)
                stale.add(step.stale)
            changes.flush()
            stale.flush()
            rows = [*rows, *stale.parts]
        changed = sum(part.rows for part in (rows if first else changes.parts))
        if delta:
            for part in rows:
                shelf.drop(part)
            rows = []
            now = State(old.base, [*old.changes, *((shelf, p) for p in changes.parts)])
            if sum(part.rows for _, part in now.changes) > _LONGEST_CHAIN or not old.base:
                rows = self._rebase(todo, now, shelf, scratch)
        return Outcome(
            wrapped=wrapped,
            items=todo.items,
            counts=taken.counts,
            rows=rows,
            changes=changes.parts,
            report=taken.report,
            whole=not delta or bool(rows),
            first=first,
            renewed=renewed,
            changed=changed,
            came=came,
        )

    def _examine(self, upload: BinaryIO, todo: Assignment, progress: Progress) -> None:
        """What must be true of the bytes before a row of them is read."""
        examine(upload, todo.size, todo.digest if todo.upload else None, self._vault.suite)
        if self._scanner is not None:
            scan(
                self._scanner,
                upload,
                todo.size,
                todo.content,
                self._bounds.unpacked,
                lambda: progress.phase(Phase.SCANNING),
            )
            progress.phase(Phase.READING)
        upload.seek(0)

    def _steps(
        self,
        todo: Assignment,
        taken: Taken,
        old: State,
        shelf: Shelf,
        scratch: Scratch,
        progress: Progress,
    ) -> Iterator[Step]:
        new = (shelf.get(part) for part in taken.parts)
        rejected = (scratch.get(part) for part in taken.rejected_keys)
        if todo.mode is BatchMode.DELTA:
            difference = Difference(todo.items, scratch, taken.row_buckets)
            steps = difference.of_delta(old, new, rejected)
        else:
            buckets = max(taken.row_buckets, self._buckets(old))
            steps = Difference(todo.items, scratch, buckets).of_snapshot(old, new, rejected)
        for step in steps:
            yield step
            progress.phase(Phase.COMPARING)

    def _rebase(self, todo: Assignment, state: State, shelf: Shelf, scratch: Scratch) -> list[Part]:
        whole = PartWriter(shelf, self._bounds)
        for rows in Difference(todo.items, scratch, self._buckets(state)).rebased(state):
            whole.add(rows)
        whole.flush()
        return whole.parts

    def standing(
        self, items: Sequence[Item], stored: StoredState, scratch: Scratch
    ) -> Iterator[pl.DataFrame]:
        """The rows of a stored state, in the columns of its items."""
        state = self.state(stored)
        return Difference(items, scratch, self._buckets(state)).rebased(state)

    def _buckets(self, state: State) -> int:
        return count_for(state.size * _COMPRESSION, self._bounds.bucket)

    def state(self, stored: StoredState) -> State:
        """A stored state, its files opened."""
        return State(
            base=[self.opened(file) for file in stored.base],
            changes=[self.opened(file) for file in stored.changes],
        )

    def opened(self, file: StoredFile) -> tuple[Shelf, Part]:
        """A stored file on its shelf."""
        folder = self._vault.attempt(file.batch, file.attempt)
        key, beyond = self._vault.unwrap(file.wrapped), self._vault.beyond(folder)
        shelf = Shelf(folder, key, self._vault.suite, beyond)
        return shelf, Part(file.digest, file.size, file.rows)


def _came(changes: pl.DataFrame) -> int:
    """Keys that are new, less those that leave."""
    kinds = changes[CHANGE]
    return int((kinds == Change.INSERT.value).sum()) - int((kinds == Change.DELETE.value).sum())


def as_changes(
    outcome: Outcome, rows: Iterator[pl.DataFrame], changes: Iterator[pl.DataFrame]
) -> Iterator[pl.DataFrame]:
    """What the batch changed, whichever files say so."""
    if not outcome.first:
        return changes
    columns = Columns(outcome.items)
    return (inserted(frame, columns) for frame in rows)
