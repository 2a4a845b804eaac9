"""What is put down of deliveries: that they were handed out, and what their holder says of them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange.delivered import CutKind
from services.exchange.known import Grant
from services.exchange.receipts import queries
from services.exchange.receipts.models import Delivery
from shared import clock
from shared.db import Sessions
from shared.errors import Conflict
from shared.ids import new_id
from shared.outbox import emit
from shared.principal import Principal


class DeliveryUnknown(Conflict):
    """Nothing was handed out under the grant up to that sequence number of that epoch."""

    code = "delivery-unknown"
    title = "Delivery unknown"


class ReceiptDiffers(Conflict):
    """What the holder holds is not what was handed out."""

    code = "receipt-differs"
    title = "Receipt differs"


@dataclass(frozen=True, slots=True)
class HandedOut:
    """What a manifest hands out: its kind, how far it goes, and the digest of its files."""

    kind: CutKind
    epoch: int
    after: int
    sequence: int
    digest: bytes
    rows: int


async def hand_out(
    session: AsyncSession, by: Principal, grant: Grant, what: HandedOut, at: datetime
) -> None:
    """Put down that a manifest was told; told again it is the same delivery.

    One that says that nothing is new hands nothing out.
    """
    if what.kind is CutKind.CHANGES and what.sequence == what.after:
        return
    row = {
        "id": new_id(),
        "version": 1,
        "grant_id": grant.id,
        "resource_id": grant.resource_id,
        "epoch": what.epoch,
        "after": what.after,
        "sequence": what.sequence,
        "kind": what.kind,
        "digest": what.digest,
        "rows": what.rows,
        "told_at": at,
        "told_to": by.actor,
    }
    await session.execute(insert(Delivery).values(row).on_conflict_do_nothing())


async def confirm(
    sessions: Sessions, by: Principal, grant: UUID, epoch: int, sequence: int, holds: bytes
) -> Delivery:
    """The holder says what it holds up to a sequence number; said again, nothing changes.

    Raises NotFound, DeliveryUnknown, and ReceiptDiffers, which is put down for both sides to see.
    """
    at = clock.now()
    async with sessions.begin() as session:
        await queries.held(session, grant, by)
        told = await queries.handed_out(session, grant, epoch, sequence)
        if not told:
            raise DeliveryUnknown(
                f"截至序号 {sequence}（纪元 {epoch}）没有向贵部门交付过数据 (nothing was handed "
                f"out to you up to sequence {sequence} of epoch {epoch})."
            )
        # Both are public to whoever may ask: nothing is learnt from how long this takes.
        match = next((delivery for delivery in told if delivery.digest == holds), None)
        if match is not None:
            if match.confirmed_at is None:
                emit(session, match.confirm(by, at))
            return match
        emit(session, told[-1].differ(by, holds, at))
    # Committed: that they differ stays on record, whatever the caller does next.
    raise ReceiptDiffers(
        f"贵部门持有的内容与序号 {sequence} 的交付内容不一致，请重新获取全量数据 (what you hold is "
        f"not what was handed out up to sequence {sequence}: take a snapshot anew)."
    )
