"""Calls on their way to a front-end machine, which comes for them over its own connection.

A call is offered to a machine that asks for calls, accepted by it, and answered. An offer that is
not accepted in time is made again, for whoever took it may be dead; what was accepted is never
handed out a second time, so a system is asked at most once. The rest is in memory: this process
has both ends, the caller's and the machine's.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from services.exchange.apis.arguments import Outgoing
from services.exchange.apis.definition import Operation
from services.exchange.apis.faults import FrontEndMachineAway, ProviderBrokeOff
from services.exchange.apis.reaching import Answered
from shared.errors import Conflict, NotFound, ProviderFault
from shared.ids import new_id

PICK_UP_SECONDS: Final = 10.0
# And of a call's time at most so much: who waits for nobody is told so, and not that it was late.
_PICK_UP_SHARE: Final = 0.75
_OFFER_SECONDS: Final = 5.0
_LOOK_SECONDS: Final = 1.0
# Pieces of an answer that are held while the caller takes nothing.
_HELD: Final = 8


class ServedCallUnknown(NotFound):
    """There is no such call for a machine of this department."""

    code = "served-call-unknown"
    title = "No such call"


class ServedCallOver(Conflict):
    """The call was accepted before, or nobody waits for its answer any more."""

    code = "served-call-over"
    title = "Call over"


class Pipe:
    """The body of an answer, from the machine's request to the caller's."""

    def __init__(self) -> None:
        self._pieces: asyncio.Queue[bytes | ProviderFault | None] = asyncio.Queue(_HELD)
        self._closed = False

    async def put(self, piece: bytes) -> None:
        """Hand a piece on, waiting until there is room. Raises ServedCallOver."""
        await self._put(piece)
        if self._closed:
            raise ServedCallOver("Nobody waits for this answer any more.")

    async def end(self) -> None:
        """That was all of it."""
        await self._put(None)

    def break_off(self) -> None:
        """The machine broke off; what it sent before is worth nothing."""
        if not self._closed:
            self.close()
            self._pieces.put_nowait(ProviderBrokeOff("The front-end machine broke off."))

    def close(self) -> None:
        """Nothing more goes through: whoever still puts is let go."""
        self._closed = True
        while not self._pieces.empty():
            self._pieces.get_nowait()

    async def pieces(self) -> AsyncIterator[bytes]:
        """What was put. Raises ProviderBrokeOff."""
        while (piece := await self._pieces.get()) is not None:
            if isinstance(piece, ProviderFault):
                raise piece
            yield piece

    async def _put(self, piece: bytes | ProviderFault | None) -> None:
        if not self._closed:
            await self._pieces.put(piece)


@dataclass(slots=True)
class Served:
    """One call. `deadline` is in the loop's time; `department` is the one that asks."""

    resource: UUID
    department: UUID
    operation: Operation
    request: Outgoing = field(repr=False)
    deadline: float
    answered: "asyncio.Future[Answered]" = field(repr=False)
    id: UUID = field(default_factory=new_id)
    offered_until: float = 0.0
    accepted: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    pipe: Pipe = field(default_factory=Pipe, repr=False)


class FrontEnds:
    """The calls of all departments that are served so."""

    def __init__(self) -> None:
        # By provider, in the order in which they came.
        self._calls: dict[UUID, dict[UUID, Served]] = {}
        self._bells: dict[UUID, asyncio.Event] = {}

    @contextlib.asynccontextmanager
    async def asking(
        self,
        resource: UUID,
        provider: UUID,
        department: UUID,
        operation: Operation,
        request: Outgoing,
        seconds: float,
    ) -> AsyncIterator[Answered]:
        """What the machine's system answers, for the block. Raises FrontEndMachineAway and the
        fault that the machine reports."""
        loop = asyncio.get_running_loop()
        made: asyncio.Future[Answered] = loop.create_future()
        call = Served(resource, department, operation, request, loop.time() + seconds, made)
        calls = self._calls.setdefault(provider, {})
        calls[call.id] = call
        self._ring(provider)
        try:
            try:
                async with asyncio.timeout(min(PICK_UP_SECONDS, seconds * _PICK_UP_SHARE)):
                    await call.accepted.wait()
            except TimeoutError:
                raise FrontEndMachineAway(
                    "The provider's front-end machine does not take calls now.", retry_after=10
                ) from None
            yield await made
        finally:
            # From here on nobody can accept or answer it.
            del calls[call.id]
            call.pipe.close()
            if made.done() and not made.cancelled():
                made.exception()  # Looked at: a fault that came too late is nobody's.
            made.cancel()

    async def offer(
        self, provider: UUID, resources: Collection[UUID], at_most: int, seconds: float
    ) -> list[Served]:
        """Calls for a machine of the provider, as soon as there are some; none after `seconds`."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        bell = self._bells.setdefault(provider, asyncio.Event())
        while True:
            bell.clear()
            found = self._choose(provider, resources, at_most, loop.time())
            left = until - loop.time()
            if found or left <= 0:
                return found
            with contextlib.suppress(TimeoutError):
                # An offer that nobody accepted ends without a bell.
                async with asyncio.timeout(min(left, _LOOK_SECONDS)):
                    await bell.wait()

    def accept(self, provider: UUID, identity: UUID) -> Served:
        """A machine takes the call: its, and nobody else's from now on.

        Raises ServedCallUnknown, ServedCallOver.
        """
        call = self._call(provider, identity)
        if call.accepted.is_set():
            raise ServedCallOver("This call was accepted before.")
        call.accepted.set()
        return call

    def answer(
        self, provider: UUID, identity: UUID, status: int, headers: Mapping[str, str]
    ) -> Pipe:
        """A machine answers a call that it accepted; its body goes into the pipe.

        Raises ServedCallUnknown, ServedCallOver.
        """
        call = self._accepted(provider, identity)
        call.answered.set_result(Answered(status, headers, call.pipe.pieces()))
        return call.pipe

    def fail(self, provider: UUID, identity: UUID, fault: ProviderFault) -> None:
        """A machine reports that its system did not answer.

        Raises ServedCallUnknown, ServedCallOver.
        """
        self._accepted(provider, identity).answered.set_exception(fault)

    def _accepted(self, provider: UUID, identity: UUID) -> Served:
        call = self._call(provider, identity)
        if not call.accepted.is_set() or call.answered.done():
            raise ServedCallOver("This call was not accepted, or it was answered before.")
        return call

    def _call(self, provider: UUID, identity: UUID) -> Served:
        call = self._calls.get(provider, {}).get(identity)
        if call is None:
            raise ServedCallUnknown("There is no such call, or nobody waits for it any more.")
        return call

    def _choose(
        self, provider: UUID, resources: Collection[UUID], at_most: int, now: float
    ) -> list[Served]:
        """Calls to offer: first those of the department that has the fewest under way."""
        calls = self._calls.get(provider, {}).values()
        held: dict[UUID, int] = {}
        free: list[Served] = []
        for call in calls:
            if call.accepted.is_set() or call.offered_until > now:
                held[call.department] = held.get(call.department, 0) + 1
            elif call.resource in resources:
                free.append(call)
        found: list[Served] = []
        while free and len(found) < at_most:
            call = min(free, key=lambda one: held.get(one.department, 0))
            free.remove(call)
            held[call.department] = held.get(call.department, 0) + 1
            call.offered_until = now + _OFFER_SECONDS
            found.append(call)
        return found

    def _ring(self, provider: UUID) -> None:
        bell = self._bells.get(provider)
        if bell is not None:
            bell.set()
