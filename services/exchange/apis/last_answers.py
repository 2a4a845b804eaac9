"""末次有效应答: the last good answers, sealed, bounded, and given only while a system is away."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange.apis import queries
from services.exchange.apis.models import LastAnswer
from services.exchange.vault import Vault

# Of one resource; the oldest go first.
MOST: Final = 10_000


@dataclass(frozen=True, slots=True)
class Good:
    """An answer as the system gave it at `at`."""

    content_type: str
    body: bytes = field(repr=False)
    at: datetime


async def keep(
    session: AsyncSession,
    vault: Vault,
    resource: UUID,
    question: bytes,
    definition: int,
    hours: int,
    good: Good,
) -> None:
    """Keep an answer in place of the one before, for so many hours."""
    key, wrapped = vault.fresh_key()
    sealed = vault.suite.seal(key, good.body, _of(resource, question))
    row = {
        "definition_number": definition,
        "answered_at": good.at,
        "good_until": good.at + timedelta(hours=hours),
        "content_type": good.content_type,
        "sealed": sealed,
        "key": wrapped,
    }
    statement = insert(LastAnswer).values(resource_id=resource, question=question, **row)
    # Of two answers at once the later one stays.
    newer = LastAnswer.answered_at < statement.excluded.answered_at
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[LastAnswer.resource_id, LastAnswer.question], set_=row, where=newer
        )
    )


async def find(
    session: AsyncSession,
    vault: Vault,
    resource: UUID,
    question: bytes,
    definition: int,
    at: datetime,
) -> Good | None:
    """The last answer to the question under that definition, where it may still be given."""
    kept = await queries.last_answer(session, resource, question, definition, at)
    if kept is None:
        return None
    body = vault.suite.unseal(vault.unwrap(kept.key), kept.sealed, _of(resource, question))
    return Good(kept.content_type, body, kept.answered_at)


async def forget(session: AsyncSession, resource: UUID) -> None:
    """Of a resource nothing is kept any more."""
    await session.execute(delete(LastAnswer).where(LastAnswer.resource_id == resource))


async def sweep(session: AsyncSession, at: datetime) -> None:
    """Forget what is too old, and of each resource all but the newest MOST."""
    await session.execute(delete(LastAnswer).where(LastAnswer.good_until <= at))
    place = (
        func.row_number()
        .over(partition_by=LastAnswer.resource_id, order_by=LastAnswer.answered_at.desc())
        .label("place")
    )
    ranked = select(LastAnswer.resource_id, LastAnswer.question, place).subquery()
    await session.execute(
        delete(LastAnswer).where(
            LastAnswer.resource_id == ranked.c.resource_id,
            LastAnswer.question == ranked.c.question,
            ranked.c.place > MOST,
        )
    )


def _of(resource: UUID, question: bytes) -> bytes:
    return b"api answer " + resource.bytes + question
