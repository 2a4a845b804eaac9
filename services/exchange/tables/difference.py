"""What a batch changed against the state before it, with before-images, in bounded memory.

The state at a sequence is a base (the parts of the latest snapshot) and the changes since.
Changes have one row a key: `$change`, the item's values after it, `$flags`, `$stale`, and the
values before it in columns that begin with `$before.`; so what a grant sees of a change can be
cut out row by row.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import polars as pl

from services.exchange.tables.buckets import Buckets
from services.exchange.tables.checks import DELETE, FLAGS, STALE, delta_schema, state_schema
from services.exchange.tables.items import Item
from services.exchange.tables.shelf import Part, Scratch, Shelf

CHANGE = "$change"
BEFORE = "$before."


class Change(StrEnum):
    """What happened to a key."""

    INSERT = "insert"
    UPDATE = "update"
    DELETE = "delete"


class Columns:
    """The columns of states and changes of one resource."""

    def __init__(self, items: Sequence[Item]) -> None:
        self.items = [item.code for item in items]
        self.keys = [item.code for item in items if item.key]
        self.kept = [*self.items, FLAGS, STALE]
        self.state = state_schema(items)
        self.delta = delta_schema(items)
        self.changes = pl.Schema(
            {CHANGE: pl.String()}
            | dict(self.state)
            | {BEFORE + name: kind for name, kind in self.state.items()}
        )


@dataclass(frozen=True, slots=True)
class State:
    """The rows of a resource at one sequence: the base's parts, then those of each later
    change in order, each with the shelf that it lies on."""

    base: Sequence[tuple[Shelf, Part]] = ()
    changes: Sequence[tuple[Shelf, Part]] = ()

    @property
    def rows(self) -> int:
        """At most so many rows."""
        return sum(part.rows for _, part in self.base)

    @property
    def size(self) -> int:
        """Bytes of its files."""
        return sum(part.size for _, part in (*self.base, *self.changes))


def settled(base: pl.DataFrame, changes: pl.DataFrame, columns: Columns) -> pl.DataFrame:
    """The state that `changes`, in order, make of `base`."""
    if not changes.height:
        return base
    last = changes.unique(columns.keys, keep="last", maintain_order=True)
    kept = base.join(last, on=columns.keys, how="anti")
    now = last.filter(pl.col(CHANGE) != Change.DELETE.value).select(columns.kept)
    return pl.concat([kept, now])


def rows_of(state: State, columns: Columns) -> Iterator[pl.DataFrame]:
    """The rows of a state, part by part; its changes alone are in memory as a whole."""
    chain = list(frames(state.changes, columns.changes))
    changes = pl.concat(chain) if chain else pl.DataFrame(schema=columns.changes)
    last = changes.unique(columns.keys, keep="last", maintain_order=True)
    for rows in frames(state.base, columns.state):
        yield rows.join(last, on=columns.keys, how="anti") if last.height else rows
    if last.height:
        yield last.filter(pl.col(CHANGE) != Change.DELETE.value).select(columns.kept)


def compare(
    old: pl.DataFrame, new: pl.DataFrame, gone: pl.DataFrame, columns: Columns
) -> pl.DataFrame:
    """The changes that lead from `old` to `new`, where the keys in `gone` leave.

    Rows of `old` that are neither in `new` nor in `gone` stay as they are.
    """
    keys = columns.keys
    before = old.select(
        *[pl.col(key) for key in keys], *[pl.col(c).alias(BEFORE + c) for c in columns.kept]
    )
    both = new.join(before, on=keys, how="inner")
    differs = pl.any_horizontal(pl.col(c).ne_missing(pl.col(BEFORE + c)) for c in columns.kept)
    inserted = new.join(old, on=keys, how="anti")
    deleted = before.join(gone, on=keys, how="semi")
    pieces = [
        (Change.INSERT, inserted),
        (Change.UPDATE, both.filter(differs)),
        (Change.DELETE, deleted),
    ]
    return pl.concat(
        [
            piece.select(
                pl.lit(change.value).alias(CHANGE),
                *[
                    pl.col(c) if c in piece.columns else pl.lit(None, dtype=kind).alias(c)
                    for c, kind in columns.changes.items()
                    if c != CHANGE
                ],
            )
            for change, piece in pieces
            if piece.height
        ]
        or [pl.DataFrame(schema=columns.changes)]
    )


def inserted(rows: pl.DataFrame, columns: Columns) -> pl.DataFrame:
    """`rows` of a first snapshot as the changes that they are."""
    return rows.select(
        pl.lit(Change.INSERT.value).alias(CHANGE),
        *[pl.col(c) for c in columns.kept],
        *[pl.lit(None, dtype=kind).alias(BEFORE + c) for c, kind in columns.state.items()],
    )


def changes_of(state: State, columns: Columns, *, all_inserted: bool) -> Iterator[pl.DataFrame]:
    """The changes in the base of `state`, which are its rows where nothing stood before."""
    if all_inserted:
        for rows in frames(state.base, columns.state):
            yield inserted(rows, columns)
    else:
        yield from frames(state.base, columns.changes)


def undone(changes: pl.DataFrame, columns: Columns) -> pl.DataFrame:
    """The changes that take `changes` back: what they say was before is after, and the reverse."""
    back = {Change.INSERT.value: Change.DELETE.value, Change.DELETE.value: Change.INSERT.value}
    gone = pl.col(CHANGE) == Change.INSERT.value
    stayed = pl.col(CHANGE) != Change.DELETE.value
    return changes.select(
        pl.col(CHANGE).replace(back),
        # A row that leaves keeps its key, by which it is found.
        *[
            pl.when(gone & pl.lit(c in columns.keys))
            .then(pl.col(c))
            .otherwise(pl.col(BEFORE + c))
            .alias(c)
            for c in columns.kept
        ],
        *[pl.when(stayed).then(pl.col(c)).alias(BEFORE + c) for c in columns.kept],
    ).select(columns.changes.names())


@dataclass(slots=True)
class Step:
    """The outcome for one bucket: what changed, and old rows that stay though not handed in."""

    changes: pl.DataFrame
    stale: pl.DataFrame


@dataclass(slots=True)
class Difference:
    """Works out what a batch changes.

    `rejected` are keys of rejected rows: what stood under them yesterday stays, marked stale.
    """

    items: Sequence[Item]
    scratch: Scratch
    buckets: int
    columns: Columns = field(init=False)

    def __post_init__(self) -> None:
        self.columns = Columns(self.items)

    def of_snapshot(
        self, old: State, new: Iterable[pl.DataFrame], rejected: Iterable[pl.DataFrame]
    ) -> Iterator[Step]:
        """What a batch of all rows changes: what it does not name leaves."""
        columns, keys = self.columns, self.columns.keys
        base = self._spread(frames(old.base, self.columns.state))
        chain = self._spread(frames(old.changes, self.columns.changes))
        arrived, kept_out = self._spread(new), self._spread(rejected)
        for number in range(self.buckets):
            was = settled(
                base.take(number, columns.state), chain.take(number, columns.changes), columns
            )
            now = arrived.take(number, columns.state)
            refused = kept_out.take(number, pl.Schema({k: columns.state[k] for k in keys}))
            stale = _stale(was, refused, now, keys)
            after = pl.concat([now, stale])
            gone = was.select(keys).join(after, on=keys, how="anti")
            yield Step(compare(was, after, gone, columns), stale)

    def of_delta(
        self, old: State, new: Iterable[pl.DataFrame], rejected: Iterable[pl.DataFrame]
    ) -> Iterator[Step]:
        """What a batch of upserts and deletes changes; its rows carry `$delete`."""
        columns, keys = self.columns, self.columns.keys
        arrived, kept_out = self._spread(new), self._spread(rejected)
        for number in range(self.buckets):
            rows = arrived.take(number, columns.delta)
            refused = kept_out.take(number, pl.Schema({k: columns.state[k] for k in keys}))
            touched = pl.concat([rows.select(keys), refused]).unique()
            base = _matching(old.base, touched, columns.state, keys)
            chain = _matching(old.changes, touched, columns.changes, keys)
            was = settled(base, chain, columns)
            upserts = rows.filter(~pl.col(DELETE)).drop(DELETE)
            gone = rows.filter(pl.col(DELETE)).select(keys)
            stale = _stale(was, refused, rows, keys)
            yield Step(compare(was, pl.concat([upserts, stale]), gone, columns), stale)

    def rebased(self, old: State) -> Iterator[pl.DataFrame]:
        """The rows of a state, its changes worked in, bucket by bucket."""
        base = self._spread(frames(old.base, self.columns.state))
        chain = self._spread(frames(old.changes, self.columns.changes))
        for number in range(self.buckets):
            yield settled(
                base.take(number, self.columns.state),
                chain.take(number, self.columns.changes),
                self.columns,
            )

    def _spread(self, frames: Iterable[pl.DataFrame]) -> Buckets:
        buckets = Buckets(self.scratch, self.columns.keys, self.buckets)
        for frame in frames:
            buckets.add(frame)
        return buckets


def _stale(
    was: pl.DataFrame, refused: pl.DataFrame, handed_in: pl.DataFrame, keys: Sequence[str]
) -> pl.DataFrame:
    """Yesterday's rows whose successors were rejected and not also handed in well."""
    return (
        was.join(refused, on=keys, how="semi")
        .join(handed_in, on=keys, how="anti")
        .with_columns(pl.lit(value=True).alias(STALE))
    )


def frames(parts: Iterable[tuple[Shelf, Part]], schema: pl.Schema) -> Iterator[pl.DataFrame]:
    """The rows of each part, its columns in the order of `schema`."""
    for shelf, part in parts:
        yield _fitted(shelf.get(part), schema)


def _fitted(rows: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """The rows in these columns; an item that was added after they were written is empty."""
    return rows.select(
        pl.col(name) if name in rows.columns else pl.lit(None, dtype=kind).alias(name)
        for name, kind in schema.items()
    )


def _matching(
    parts: Iterable[tuple[Shelf, Part]], wanted: pl.DataFrame, schema: pl.Schema, keys: list[str]
) -> pl.DataFrame:
    """The rows under the wanted keys; a part without any is read only in its key columns."""
    found: list[pl.DataFrame] = []
    for shelf, part in parts:
        rows = shelf.get(part, keys).with_row_index("$row")
        hits = rows.join(wanted, on=keys, how="semi")["$row"]
        if hits.len():
            found.append(_fitted(shelf.get(part)[hits.sort()], schema))
    return pl.concat(found) if found else pl.DataFrame(schema=schema)
