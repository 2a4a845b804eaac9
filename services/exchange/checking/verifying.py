"""Every stored file of every batch read again, and the lookup tables counted."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from services.exchange import recalls
from services.exchange.checking import queries
from services.exchange.checking.queries import Place
from services.exchange.models import Resource
from services.exchange.queries import StoredFile
from services.exchange.vault import Vault
from shared.crypto import Tampered
from shared.db import Sessions

_PIECE = 1 << 20
_PAGE = 500


@dataclass(slots=True)
class Looked:
    """How much was looked at, and of how much it does not hold."""

    files: int = 0
    bytes: int = 0
    tables: int = 0
    faults: int = 0


async def verify(sessions: Sessions, vault: Vault, say: Callable[[str], None]) -> Looked:
    """Read every stored file against its digest, and count each lookup table's rows.

    `say` hears a sentence for each that does not hold, never a value. Memory holds a piece of one
    file. What is published meanwhile may be passed over. Raises what the database raises.
    """
    looked = Looked()
    place: Place | None = None
    while True:
        async with sessions() as session:
            page = await queries.files_after(session, place, _PAGE)
        for here, stored in page:
            place = here
            wrong = await asyncio.to_thread(_wrong, vault, stored)
            looked.files += 1
            looked.bytes += stored.size
            if wrong is not None:
                looked.faults += 1
                say(f"batch {stored.batch}: its file {stored.digest} {wrong}")
        if not page:
            break
    async with sessions() as session:
        resources = await queries.resources_with_data(session)
    for resource in resources:
        differs = await _differs(sessions, resource)
        looked.tables += 1
        if differs is not None:
            looked.faults += 1
            say(f"resource {resource.id}: its lookup table {differs}; rebuild it")
    return looked


def _wrong(vault: Vault, stored: StoredFile) -> str | None:
    hasher, seen = vault.suite.hasher(), 0
    try:
        files = vault.files(vault.attempt(stored.batch, stored.attempt), stored.wrapped)
        with files.open(stored.digest) as reader:
            while piece := reader.read_at(seen, _PIECE):
                hasher.update(piece)
                seen += len(piece)
    except FileNotFoundError:
        return "is missing"
    except Tampered:
        return "was altered"
    if seen != stored.size or hasher.hexdigest() != stored.digest:
        return "has another digest"
    return None


async def _differs(sessions: Sessions, resource: Resource) -> str | None:
    if resource.lookup_table is None:
        return None
    async with sessions() as session:
        # Both numbers of one moment: a batch that is published in between changes both.
        await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
        now = await session.get_one(Resource, resource.id)
        expected = await recalls.rows_standing(session, now)
        found = await queries.rows_in(session, now.lookup_table or resource.lookup_table)
    if found is None:
        return "is missing"
    if expected is not None and found != expected:
        return f"has {found} rows where {expected} stand"
    return None
