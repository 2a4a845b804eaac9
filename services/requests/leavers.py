"""What this service does when a person leaves: out of every circle of knowledge (知悉范围).

The successor does not inherit the place: the provider named who may know (baoji-2017 §15(4)). A
circle that nobody is left in stays one: it is nobody's, not everybody's.
"""

from sqlalchemy.ext.asyncio import AsyncSession

from services.requests import queries
from shared.events.gateway import OperatorClosed
from shared.inbox import Consumer, on
from shared.outbox import emit


async def on_operator_closed(session: AsyncSession, event: OperatorClosed) -> None:
    """Name each circle anew without the person; to whoever follows circles it is said of each."""
    for grant in await queries.lock_grants_known_to(session, event.operator):
        left = [member for member in grant.circle or [] if member != event.operator]
        emit(session, grant.name_circle(event, left, event.at))


CONSUMERS: list[Consumer] = [on(OperatorClosed, on_operator_closed)]
