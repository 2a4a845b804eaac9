"""A repeated POST does its work once: `Idempotency-Key`, per department and operation.

The first call with a key reserves the id of what it makes; a repeat is told that id. The same
key with another body is refused. The reservation commits with what it made, or not at all.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Header
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, MappedAsDataclass, mapped_column

from shared import db
from shared.crypto import STANDARD
from shared.errors import Conflict
from shared.ids import new_id
from shared.outbox import table_of
from shared.principal import Principal

IdempotencyKey = Annotated[
    str,
    Header(
        alias="Idempotency-Key",
        min_length=8,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="Yours to choose, new for each new intent; a repeat returns what was made.",
        examples=["legal-entities-2026-11-22"],
    ),
]


class IdempotencyKeyReused(Conflict):
    """The key was used before, with another body."""

    code = "idempotency-key-reused"
    title = "Idempotency key reused"


class IdempotencyTable(MappedAsDataclass, kw_only=True):
    """Keys seen, what they were sent with, and what was made."""

    __tablename__ = "idempotency"

    department: Mapped[UUID] = mapped_column(primary_key=True)
    operation: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[bytes]
    made: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(db.Timestamp)


async def claim(
    session: AsyncSession, by: Principal, operation: str, key: str, body: bytes, at: datetime
) -> tuple[UUID, bool]:
    """The id to make the thing under and True; or the id that was made before and False.

    Raises IdempotencyKeyReused. A second call waits for the first one's commit.
    """
    table = table_of(session.info["base"], IdempotencyTable)
    digest = STANDARD.digest(body)
    row = {
        "department": by.department,
        "operation": operation,
        "key": key,
        "digest": digest,
        "made": new_id(),
        "at": at,
    }
    added = await session.scalar(
        insert(table).values(row).on_conflict_do_nothing().returning(table.made)
    )
    if added is not None:
        return added, True
    before = await session.scalar(
        select(table).where(
            table.department == by.department, table.operation == operation, table.key == key
        )
    )
    if before is None or not STANDARD.mac_equal(before.digest, digest):
        raise IdempotencyKeyReused(
            "This Idempotency-Key came before with another body; use a new one."
        )
    return before.made, False
