"""The whole log, derived again from its entries and compared with everything that is stored.

Reads one consistent snapshot, in order, in bounded memory, while the appender goes on. What is
inside the database can be rewritten together by whoever holds both it and the signing key; what
finds that is a checkpoint that was kept elsewhere, so kept ones are checked as well.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TypeAlias

import asyncpg
import orjson
from pydantic import JsonValue

from services.audit import tree
from services.audit.checkpoint import Checkpoint, CheckpointRefused, LogKey, open_checkpoint
from services.audit.entry import Kind
from services.audit.sequences import Gap, Sequences, spoken
from services.audit.tree import Node
from shared.crypto import Suite

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Row: TypeAlias = asyncpg.Record
Progress = Callable[[int, int], None]

# A power of STRIDE's power: the nodes of a chunk are whole rows of every level it reaches.
CHUNK = 4096
# A message that a killed appender had in hand comes again after a minute (bus.ACK_WAIT_SECONDS).
GRACE = timedelta(minutes=2)

_ENTRIES = """
    SELECT index, body, leaf, kind, time, recorded, department::text, actor, resource::text,
           "grant"::text, access_id::text, operation, decision, subject, provider::text,
           grantee::text
    FROM entry WHERE index >= $1 AND index < $2 ORDER BY index
"""


class Fault(Exception):
    """The log is not what it was signed as; one precise sentence."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found to hold."""

    head: Checkpoint | None
    checkpoints: int
    sources: dict[str, Sequences]
    arriving: list[str] = field(default_factory=list)
    """Gaps too young to be called missing, in words."""


@dataclass(slots=True)
class _Walk:
    """Where the walk stands: the tree so far, and each source's numbers so far."""

    suite: Suite
    size: int = 0
    edge: list[bytes] = field(default_factory=list)
    checkpoints: int = 0
    sources: dict[str, Sequences] = field(default_factory=dict)

    def root(self) -> bytes:
        return tree.root(self.suite.digest, self.edge)


async def verify(
    connection: Connection,
    key: LogKey,
    suite: Suite,
    *,
    at: datetime,
    kept: Sequence[str] = (),
    progress: Progress = lambda done, total: None,
) -> Verified:
    """Verify everything. Raises Fault at the first thing that does not hold.

    `kept` are signed checkpoints from outside the database; `at` is the present moment, against
    which a gap's age counts.
    """
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        note = await connection.fetchval("SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1")
        head = _opened(note, key, suite, "The newest checkpoint") if note else None
        total = head.size if head else 0
        outside = _outside(kept, key, suite, total)
        walk = _Walk(suite)
        seen = _seen(connection)
        for start in range(0, total, CHUNK):
            stop = min(start + CHUNK, total)
            await _chunk(connection, walk, range(start, stop), seen, key, outside)
            progress(stop, total)
        await _nothing_else(connection, seen, total)
        await _books(connection, walk)
    return Verified(head, walk.checkpoints, walk.sources, _missing(walk, at))


async def _chunk(
    connection: Connection,
    walk: _Walk,
    places: range,
    seen: AsyncIterator[tuple[int, str]],
    key: LogKey,
    outside: dict[int, bytes],
) -> None:
    """Verify the entries at `places` and everything that hangs on them."""
    rows = await connection.fetch(_ENTRIES, places.start, places.stop)
    unread = await connection.fetch(
        "SELECT index, body FROM unreadable WHERE index >= $1 AND index < $2",
        places.start,
        places.stop,
    )
    bodies = {row["index"]: row["body"] for row in unread}
    leaves: list[bytes] = []
    for index, row in zip(places, rows, strict=False):
        if row[0] != index:
            raise Fault(f"Entry {index} is missing.")
        told = _entry(walk, row)
        leaves.append(row[2])
        if await anext(seen, None) != (index, told.get("id")):
            raise Fault(f"Entry {index}: its id is not the one that was noted as seen.")
        if told["kind"] == Kind.UNREADABLE:
            _unread(walk, told.get("content"), index, bodies.pop(index, None))
    if len(rows) < len(places):
        raise Fault(f"Entry {places.start + len(rows)} is missing.")
    if bodies:
        raise Fault(f"Entry {min(bodies)} is not unreadable, but bytes are kept for it.")
    made = await _checkpoints(connection, walk, places, leaves, key, outside)
    await _nodes(connection, made)


def _entry(walk: _Walk, row: Row) -> dict[str, JsonValue]:
    """Verify one row by itself; return its members."""
    index, body, leaf = row[0], row[1], row[2]
    if tree.leaf_hash(walk.suite.digest, body) != leaf:
        raise Fault(f"Entry {index}: its bytes do not give its leaf hash.")
    try:
        told = orjson.loads(body)
        derived = (
            told["kind"],
            datetime.fromisoformat(told["time"]),
            datetime.fromisoformat(told["recorded"]),
            told.get("department"),
            told.get("actor"),
            told.get("resource"),
            told.get("grant"),
            told.get("access_id"),
            told.get("operation"),
            told.get("decision"),
            told.get("subject"),
            told.get("provider"),
            told.get("grantee"),
        )
        source, sequence = told.get("source"), told.get("sequence")
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Fault(f"Entry {index}: its bytes are not an entry.") from None
    if derived != row[3:]:
        raise Fault(f"Entry {index}: its columns are not those that its bytes give.")
    if source is not None and sequence is not None:
        walk.sources.setdefault(source, Sequences()).arrive(sequence, derived[2])
    members: dict[str, JsonValue] = told
    return members


def _unread(walk: _Walk, content: JsonValue, index: int, body: bytes | None) -> None:
    digest = content.get("digest") if isinstance(content, dict) else None
    if body is None or walk.suite.digest(body).hex() != digest:
        raise Fault(f"Entry {index}: the bytes kept for it are not those of its digest.")


async def _checkpoints(
    connection: Connection,
    walk: _Walk,
    places: range,
    leaves: list[bytes],
    key: LogKey,
    outside: dict[int, bytes],
) -> list[tuple[Node, bytes]]:
    """Grow the tree from one checkpoint to the next and compare each; return the nodes made."""
    digest = walk.suite.digest
    signed = await connection.fetch(
        "SELECT size, root, note FROM checkpoint WHERE size > $1 AND size <= $2 ORDER BY size",
        places.start,
        places.stop,
    )
    by_size = {row["size"]: row for row in signed}
    here = {size for size in outside if places.start < size <= places.stop}
    made: list[tuple[Node, bytes]] = []
    for before, size in pairwise(sorted({places.start, places.stop} | by_size.keys() | here)):
        grown = tree.grow(
            digest, before, walk.edge, leaves[before - places.start : size - places.start]
        )
        walk.size, walk.edge = grown.size, grown.edge
        made += grown.kept
        if size in by_size:
            _checkpoint(walk, by_size[size], key)
        if size in here and outside[size] != walk.root():
            raise Fault(
                f"The log was rewritten: at size {size} it is not the log of the checkpoint "
                "that was kept outside."
            )
    return made


def _checkpoint(walk: _Walk, row: Row, key: LogKey) -> None:
    size, root = row["size"], walk.root()
    told = _opened(row["note"], key, walk.suite, f"The checkpoint at size {size}")
    if told.size != size:
        raise Fault(f"The checkpoint at size {size} was signed for size {told.size}.")
    if told.root != root:
        raise Fault(f"The checkpoint at size {size} was signed over another tree.")
    if row["root"] != root:
        raise Fault(f"The checkpoint at size {size}: its root is not that of its note.")
    walk.checkpoints += 1


async def _nodes(connection: Connection, made: list[tuple[Node, bytes]]) -> None:
    """Compare the nodes that the chunk gave birth to."""
    for level in sorted({node.level for node, _ in made}):
        row = [(node.position, hash_) for node, hash_ in made if node.level == level]
        stored = await connection.fetch(
            "SELECT position, hash FROM node WHERE level = $1 AND position >= $2 "
            "AND position <= $3 ORDER BY position",
            level,
            row[0][0],
            row[-1][0],
        )
        held = {found["position"]: found["hash"] for found in stored}
        for position, hash_ in row:
            if held.get(position) != hash_:
                raise Fault(
                    f"The tree node at level {level}, position {position} is not the hash of "
                    "what lies below it."
                )


async def _seen(connection: Connection) -> AsyncIterator[tuple[int, str]]:
    """The ids that were noted, in the order of their entries."""
    cursor = connection.cursor("SELECT index, id::text FROM seen ORDER BY index", prefetch=CHUNK)
    async for row in cursor:
        yield row["index"], row["id"]


async def _nothing_else(
    connection: Connection, seen: AsyncIterator[tuple[int, str]], size: int
) -> None:
    """Nothing is stored beyond what was signed."""
    extra = await connection.fetchval(
        "SELECT index FROM entry WHERE index < 0 OR index >= $1 LIMIT 1", size
    )
    if extra is not None:
        raise Fault(f"Entry {extra} was never signed: the newest checkpoint has size {size}.")
    if (more := await anext(seen, None)) is not None:
        raise Fault(f"The id {more[1]} is noted as seen, but has no entry.")
    if await connection.fetchval("SELECT 1 FROM checkpoint WHERE size <= 0 LIMIT 1"):
        raise Fault("There is a checkpoint of an empty log.")
    counts = await connection.fetch("SELECT level, count(*) FROM node GROUP BY level")
    for level, count in counts:
        if level <= 0 or level % tree.STRIDE or count != size >> level:
            raise Fault(f"The tree has {count} nodes at level {level} where {size} entries do not.")


async def _books(connection: Connection, walk: _Walk) -> None:
    """The bookkeeping of sources says what the entries say."""
    stored = {
        row["name"]: Sequences(row["highest"], row["arrived"], row["repeated"])
        for row in await connection.fetch("SELECT name, highest, arrived, repeated FROM source")
    }
    gaps = await connection.fetch("SELECT source, first, last, noticed FROM gap ORDER BY 1, 2")
    for row in gaps:
        book = stored.setdefault(row["source"], Sequences())
        book.gaps.append(Gap(row["first"], row["last"], row["noticed"]))
    for source in sorted(walk.sources.keys() | stored.keys()):
        if walk.sources.get(source) != stored.get(source):
            raise Fault(f"{source}: the books do not say what its entries say.")


def _missing(walk: _Walk, at: datetime) -> list[str]:
    """Gaps that may still close, in words. Raises Fault for a number missing or repeated."""
    arriving: list[str] = []
    for source, book in sorted(walk.sources.items()):
        if book.repeated:
            raise Fault(f"{source}: {book.repeated} numbers came twice, under different ids.")
        lost = [gap for gap in book.gaps if at - gap.noticed > GRACE]
        if lost:
            since = min(gap.noticed for gap in lost)
            raise Fault(
                f"{source}: of {book.highest} messages number {spoken(lost)} never arrived; "
                f"noticed {since:%Y-%m-%d %H:%M:%S} UTC."
            )
        if book.gaps:
            arriving.append(f"{source}: number {spoken(book.gaps)} is still on its way")
    return arriving


def _outside(kept: Sequence[str], key: LogKey, suite: Suite, total: int) -> dict[int, bytes]:
    """The heads that were kept outside, by size."""
    found: dict[int, bytes] = {}
    for note in kept:
        told = _opened(note, key, suite, "A checkpoint that was kept outside")
        if told.size > total:
            raise Fault(
                f"The log was cut: it has {total} entries, a checkpoint that was kept outside "
                f"has {told.size}."
            )
        if found.setdefault(told.size, told.root) != told.root:
            raise Fault(f"Two checkpoints of size {told.size} were signed over different logs.")
    return found


def _opened(note: str, key: LogKey, suite: Suite, which: str) -> Checkpoint:
    try:
        return open_checkpoint(note, key, suite)
    except CheckpointRefused as refusal:
        raise Fault(f"{which} does not hold: {refusal}") from None
