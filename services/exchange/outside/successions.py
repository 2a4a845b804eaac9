"""Whose exchanges outside the platform they are when one department follows another."""

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange.off_platform.models import OffPlatform
from services.exchange.older.models import OlderExchange
from services.exchange.outside import queries
from services.exchange.outside.models import Act, Outside
from services.exchange.outside.recording import record
from shared.events.gateway import DepartmentSucceeded
from shared.inbox import Consumer, on


async def on_department_succeeded(session: AsyncSession, event: DepartmentSucceeded) -> None:
    """What a department that ended had stated is its successor's, and so is its part in others'.

    Where nobody takes over, or the predecessor lives on, all stays as it is.
    """
    if event.successor is None or not event.ended:
        return
    kinds: tuple[type[Outside], ...] = (OffPlatform, OlderExchange)
    for kind in kinds:
        for found in await queries.lock_of(session, kind, event.owner):
            found.hand_over(event.successor)
            stated: dict[str, JsonValue] = {"formerly": str(event.owner)}
            record(session, found.id, Act.HANDED_OVER, None, event.at, stated)
        for found in await queries.lock_shared_with(session, kind, event.owner):
            heirs = [event.successor if p == event.owner else p for p in found.partners]
            found.partners = [p for p in dict.fromkeys(heirs) if p != found.department]
            found.version += 1


CONSUMERS: list[Consumer] = [on(DepartmentSucceeded, on_department_succeeded)]
