"""The one place where the log grows: parcels in, entries, tree, bookkeeping and checkpoint out.

Who owns what:

    the log, its size and its tree    PostgreSQL. Nothing of it is remembered between two calls,
                                      so what runs after a crash is the next call, no other code.
    the right to append               the advisory lock (`alone`), one process at a time. It only
                                      spares work: were there two appenders, the primary keys of
                                      entry.index, checkpoint.size and seen.id let one commit.
    the signing key                   this process's memory. PostgreSQL never sees it.
    a message                         JetStream, until it is acknowledged, after the commit.
"""

import logging
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import asyncpg
from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit import checkpoint, parties, queries, tree
from services.audit.checkpoint import Checkpoint
from services.audit.entry import Entry
from services.audit.models import (
    KnownDepartment,
    KnownGrant,
    KnownHeir,
    KnownResource,
    MissingRange,
    SignedCheckpoint,
    Source,
    Unreadable,
)
from services.audit.parties import Following, Parties
from services.audit.reading import Parcel
from services.audit.sequences import Sequences
from shared import db
from shared.crypto import Signer, Suite

_log = logging.getLogger(__name__)
# Any constant: one appender at a time in the log's own database.
_APPENDER_LOCK = 0x6962
# The columns of `entry` that are derived from its bytes, in the order of `columns`.
COLUMNS = (
    "kind",
    "time",
    "recorded",
    "department",
    "actor",
    "resource",
    "grant",
    "access_id",
    "operation",
    "decision",
    "subject",
    "provider",
    "grantee",
)


class LogDamaged(Exception):
    """The stored tree is not the one that the last checkpoint signed. Nothing is appended to it."""


@dataclass(frozen=True, slots=True)
class Log:
    """What an append needs: the tables, and the key that signs for them."""

    sessions: db.Sessions
    suite: Suite
    signer: Signer
    origin: str


async def append(log: Log, parcels: Sequence[Parcel], at: datetime) -> int:
    """Append what is new among `parcels`, in order and in one commit; return how many were.

    Nothing at all is written when nothing is new. Raises LogDamaged.
    """
    digest = log.suite.digest
    async with log.sessions.begin() as session:
        # The tree as it stands, and whether it is the one that was signed last.
        last = await queries.latest(session)
        size = last.size if last else 0
        try:
            edge = await queries.edge(session, digest, size)
        except KeyError as gone:
            raise LogDamaged(f"The tree at size {size} lacks {gone}.") from None
        if last and tree.root(digest, edge) != last.root:
            raise LogDamaged(f"The tree at size {size} is not the one that was signed.")

        # What is new: a redelivered message finds its id here and adds nothing.
        fresh = await _unseen(session, parcels)
        if not fresh:
            return 0

        # Whose each entry is, as far as it was heard up to that entry.
        known = await queries.parties(session, *parties.asked_for(p.entry for p in fresh))
        entries: list[Entry] = []
        for parcel in fresh:
            known.learn(parcel.entry)
            entries.append(known.complete(parcel.entry))

        # The entries, their tree, and the signature over its head.
        bodies = [entry.to_bytes() for entry in entries]
        leaves = [tree.leaf_hash(digest, body) for body in bodies]
        grown = tree.grow(digest, size, edge, leaves)
        head = Checkpoint(log.origin, grown.size, tree.root(digest, grown.edge))
        # Signed before the commit, but it leaves this process only through the committed row.
        note = checkpoint.sign(head, log.signer, log.suite)

        # The log itself, by COPY: nothing is ever updated here.
        into = await _copying(session)
        places = range(size, grown.size)
        await into.copy_records_to_table(
            "entry",
            columns=("index", "body", "leaf", *COLUMNS),
            records=[
                (index, body, leaf, *columns(entry))
                for index, body, leaf, entry in zip(places, bodies, leaves, entries, strict=True)
            ],
        )
        await into.copy_records_to_table(
            "node",
            columns=("level", "position", "hash"),
            records=[(node.level, node.position, hash_) for node, hash_ in grown.kept],
        )
        await into.copy_records_to_table(
            "seen",
            columns=("id", "index"),
            records=[(entry.id, index) for index, entry in zip(places, entries, strict=True)],
        )
        for index, parcel in zip(places, fresh, strict=True):
            if parcel.unread is not None:
                session.add(Unreadable(index=index, subject=parcel.subject, body=parcel.unread))
        session.add(SignedCheckpoint(size=head.size, root=head.root, note=note, signed=at))

        # The bookkeeping, which repeats what the entries say.
        await _count(session, entries)
        await _remember(session, known)
    # Committed from here on: the entries are in the log for ever, and a receipt for each can be
    # had. A crash before this line leaves nothing; a crash after it and before the messages are
    # acknowledged brings them again, and they are found in `seen`.
    return len(fresh)


@asynccontextmanager
async def alone(dsn: str) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """Hold the right to append, on a connection of its own; wait while another process has it.

    It is lost with the connection: look at `is_closed()` before each append.
    """
    connection = await asyncpg.connect(**db.asyncpg_arguments(dsn), timeout=5)
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _APPENDER_LOCK)
        yield connection
    finally:
        # Closing gives the lock back, also where the query for it was broken off.
        await connection.close(timeout=2)


def columns(entry: Entry) -> tuple[object, ...]:
    """The values of COLUMNS for an entry."""
    return tuple([getattr(entry, name) for name in COLUMNS])


async def _unseen(session: AsyncSession, parcels: Sequence[Parcel]) -> list[Parcel]:
    """The parcels without an entry, the first of each id."""
    first = {parcel.entry.id: parcel for parcel in reversed(parcels)}
    known = await queries.seen(session, first)
    return [p for p in parcels if p.entry.id not in known and first[p.entry.id] is p]


async def _copying(session: AsyncSession) -> "asyncpg.Connection[asyncpg.Record]":
    """The driver's own connection, inside the session's transaction."""
    raw = await (await session.connection()).get_raw_connection()
    driver: asyncpg.Connection[asyncpg.Record] | None = raw.driver_connection
    if driver is None:
        raise ConnectionError("the connection was lost")
    return driver


async def _count(session: AsyncSession, entries: Iterable[Entry]) -> None:
    """Keep the books of every source that is heard here: how far, and what is missing."""
    heard = [
        (e.source, e.sequence, e.recorded)
        for e in entries
        if e.source is not None and e.sequence is not None
    ]
    if not heard:
        return
    books = await queries.sources(session, {source for source, _, _ in heard})
    gaps = {(s, gap) for s, book in books.items() for gap in book.gaps}
    heard_to = {s: book.highest for s, book in books.items()}
    for source, sequence, recorded in heard:
        books.setdefault(source, Sequences()).arrive(sequence, recorded)
    after = {(s, gap) for s, book in books.items() for gap in book.gaps}
    if closed := gaps - after:
        place = tuple_(MissingRange.source, MissingRange.first)
        where = place.in_([(source, gap.first) for source, gap in closed])
        await session.execute(delete(MissingRange).where(where))
    for source, gap in sorted(after - gaps):
        if gap.first > heard_to.get(source, 0):
            _log.warning("%s: %d to %d have not arrived", source, gap.first, gap.last)
        session.add(
            MissingRange(source=source, first=gap.first, last=gap.last, noticed=gap.noticed)
        )
    rows = [
        {"name": s, "highest": b.highest, "arrived": b.arrived, "repeated": b.repeated}
        for s, b in books.items()
    ]
    told = insert(Source).values(rows)
    new = {name: told.excluded[name] for name in ("highest", "arrived", "repeated")}
    await session.execute(told.on_conflict_do_update(index_elements=[Source.name], set_=new))


async def _remember(session: AsyncSession, known: Parties) -> None:
    """Keep what these entries told about parties and departments."""
    if known.learnt_resources:
        resources = insert(KnownResource).values(
            [{"resource": r, "provider": p} for r, p in known.learnt_resources.items()]
        )
        await session.execute(
            resources.on_conflict_do_update(
                index_elements=[KnownResource.resource],
                set_={"provider": resources.excluded.provider},
            )
        )
    if known.learnt_grants:
        grants = insert(KnownGrant).values(
            [{"grant": g, **held._asdict()} for g, held in known.learnt_grants.items()]
        )
        await session.execute(
            grants.on_conflict_do_update(
                index_elements=[KnownGrant.grant],
                set_={name: grants.excluded[name] for name in ("provider", "grantee")},
            )
        )
    if known.learnt_departments:
        departments = insert(KnownDepartment).values(
            [{"department": d, "region": r} for d, r in known.learnt_departments.items()]
        )
        await session.execute(
            departments.on_conflict_do_update(
                index_elements=[KnownDepartment.department],
                set_={"region": departments.excluded.region},
            )
        )
    for heir in known.learnt_heirs:
        await _follow(session, heir)


async def _follow(session: AsyncSession, heir: Following) -> None:
    """Keep who followed whom; the heir of a whole follows also those before its predecessor."""
    rows = [{"predecessor": heir.predecessor, "successor": heir.successor, "whole": heir.whole}]
    if heir.whole:
        before = select(KnownHeir.predecessor).where(
            KnownHeir.successor == heir.predecessor, KnownHeir.whole
        )
        rows += [
            {"predecessor": earlier, "successor": heir.successor, "whole": True}
            for earlier in await session.scalars(before)
            if earlier != heir.successor
        ]
    await session.execute(insert(KnownHeir).values(rows).on_conflict_do_nothing())
