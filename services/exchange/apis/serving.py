"""What a front-end machine does: ask for calls, accept one, answer it or say what was wrong."""

import asyncio
from collections.abc import AsyncIterator, Collection
from enum import StrEnum
from typing import Final
from uuid import UUID

from starlette.requests import ClientDisconnect

from services.exchange.apis import queries
from services.exchange.apis.faults import ProviderBrokeOff, ProviderLate, ProviderUnreachable
from services.exchange.apis.front_ends import FrontEnds, Served
from services.exchange.apis.systems import Systems
from shared import clock
from shared.db import Sessions
from shared.errors import BadRequest, ProviderFault
from shared.principal import Principal

# A machine that waits takes up a place towards this service at the gateway; there are 64 unless
# the operators choose otherwise. Beyond this many, machines ask again instead of waiting.
_MOST_WAITING: Final = 24
_AGAIN_SECONDS: Final = 2.0


class Wrong(StrEnum):
    """What was wrong at the machine's side."""

    UNREACHABLE = "unreachable"
    LATE = "late"
    BROKE_OFF = "broke-off"


class MachineBrokeOff(BadRequest):
    """The answer ended early."""

    code = "served-answer-broken"
    title = "Answer broken"


class Serving:
    """The machines' side of the calls of this process."""

    def __init__(self, sessions: Sessions, front_ends: FrontEnds, systems: Systems) -> None:
        self._sessions = sessions
        self._front_ends = front_ends
        self._systems = systems
        self._waiting: set[UUID] = set()

    async def take(
        self, by: Principal, only: Collection[UUID] | None, at_most: int, seconds: float
    ) -> tuple[list[Served], float]:
        """Calls for the machine, waiting for one where there is none; and after how many seconds
        it asks again."""
        self._systems.machine_came(by.department, clock.now(), asyncio.get_running_loop().time())
        async with self._sessions() as session:
            served = await queries.served_by(session, by.department)
        wanted = served if only is None else served & set(only)
        if by.department in self._waiting or len(self._waiting) >= _MOST_WAITING:
            found = await self._front_ends.offer(by.department, wanted, at_most, 0.0)
            return found, 0.0 if found else _AGAIN_SECONDS
        self._waiting.add(by.department)
        try:
            return await self._front_ends.offer(by.department, wanted, at_most, seconds), 0.0
        finally:
            self._waiting.discard(by.department)

    def accept(self, by: Principal, call: UUID) -> Served:
        """The call is the machine's from now on, and nobody else's.

        Raises ServedCallUnknown, ServedCallOver.
        """
        return self._front_ends.accept(by.department, call)

    async def answer(
        self,
        by: Principal,
        call: UUID,
        status: int,
        content_type: str | None,
        body: AsyncIterator[bytes],
    ) -> None:
        """Hand the answer on as it comes.

        Raises ServedCallUnknown, ServedCallOver, MachineBrokeOff.
        """
        headers = {} if content_type is None else {"content-type": content_type}
        pipe = self._front_ends.answer(by.department, call, status, headers)
        try:
            async for piece in body:
                if piece:
                    await pipe.put(piece)
        except ClientDisconnect:
            pipe.break_off()
            raise MachineBrokeOff("The answer ended before it was whole.") from None
        except BaseException:
            pipe.break_off()
            raise
        await pipe.end()

    def fail(self, by: Principal, call: UUID, wrong: Wrong) -> None:
        """The system behind the machine did not answer.

        Raises ServedCallUnknown, ServedCallOver.
        """
        kind, sentence = _FAULTS[wrong]
        self._front_ends.fail(by.department, call, kind(sentence))


_FAULTS: Final[dict[Wrong, tuple[type[ProviderFault], str]]] = {
    Wrong.UNREACHABLE: (ProviderUnreachable, "The front-end machine does not reach the system."),
    Wrong.LATE: (ProviderLate, "The system behind the front-end machine did not answer in time."),
    Wrong.BROKE_OFF: (ProviderBrokeOff, "The system behind the front-end machine broke off."),
}
