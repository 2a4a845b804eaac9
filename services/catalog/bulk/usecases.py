"""What can be done with imports: hand one in."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO
from uuid import UUID

import orjson
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog import queries as catalogue
from services.catalog.bulk import queries
from services.catalog.bulk.models import Import, ImportPart, Mode, Way
from shared import clock, idempotency
from shared.errors import TooMany
from shared.outbox import emit
from shared.principal import Principal

PIECE = 1 << 20
# What one department may have waiting: more would only wait longer, and take room meanwhile.
MOST_OPEN = 5
_IMPORT = "import"


class ImportsFull(TooMany):
    """So many imports of the department are not over yet."""

    code = "imports-full"
    title = "Imports full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handed:
    """What was handed in, whole and hashed, and how it is to be taken."""

    way: Way
    mode: Mode
    dry_run: bool
    unfinished: bool
    file: BinaryIO
    size: int
    digest: bytes
    mapping: str | None = None
    translation: Mapping[str, Any] | None = None


async def receive(
    session: AsyncSession, by: Principal, key: str, handed: Handed
) -> tuple[Import, bool]:
    """Keep what was handed in for the worker; once for each `key`.

    False beside the import says that the key had brought it before. Raises ImportsFull,
    ProviderUnknown and IdempotencyKeyReused.
    """
    at = clock.now()
    taken = [handed.way, handed.mode, handed.dry_run, handed.unfinished, handed.mapping]
    same = orjson.dumps([handed.digest.hex(), *taken])
    identity, new = await idempotency.claim(session, by, _IMPORT, key, same, at)
    if not new:
        return await queries.get(session, identity, by), False
    await _refuse_too_many(session, by)
    return await keep(session, by, identity, handed), True


async def keep(session: AsyncSession, by: Principal, identity: UUID, handed: Handed) -> Import:
    """Keep what was handed in under this id. Raises ProviderUnknown."""
    department = await catalogue.provider(session, by)
    job = Import(
        id=identity,
        department=department.id,
        actor_kind=by.kind,
        actor_id=by.id,
        access_id=by.access_id,
        way=handed.way,
        mode=handed.mode,
        dry_run=handed.dry_run,
        unfinished=handed.unfinished,
        received_at=clock.now(),
        size=handed.size,
        mapping=handed.mapping,
        translation=None if handed.translation is None else dict(handed.translation),
    )
    session.add(job)
    await session.flush()
    handed.file.seek(0)
    position = 0
    while piece := handed.file.read(PIECE):
        row = {"import_id": job.id, "position": position, "body": piece}
        await session.execute(insert(ImportPart).values(row))
        position += 1
    emit(session, job.received())
    return job


async def _refuse_too_many(session: AsyncSession, by: Principal) -> None:
    if await queries.count_open(session, by) >= MOST_OPEN:
        raise ImportsFull(
            f"{MOST_OPEN} imports of your department are not over yet; wait for one of them.",
            retry_after=10,
        )
