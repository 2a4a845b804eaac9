"""Asking a provider's system one question: in time, again where that is safe, and only for what
was registered."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from services.exchange.apis import credentials
from services.exchange.apis.arguments import Outgoing, Value, outgoing
from services.exchange.apis.definition import Health, Operation
from services.exchange.apis.faults import (
    ProviderAnswerUnfit,
    ProviderAway,
    ProviderBrokeOff,
    ProviderBusy,
    ProviderFailed,
    ProviderLate,
    ProviderRefusesPlatform,
    ProviderUnreachable,
)
from services.exchange.apis.front_ends import FrontEnds
from services.exchange.apis.models import Api
from services.exchange.apis.reaching import Answered, Reaching, Target
from services.exchange.vault import Vault
from shared.errors import ProviderFault

# An answer up to here is read whole before anything of it goes on, so that what is wrong with it
# can still be told.
WHOLE: Final = 256 * 1024
_LARGEST_REFUSAL: Final = 64 * 1024
_PAUSE_SECONDS: Final = 0.2
_HEALTH_SECONDS: Final = 5.0
_SUCCESS: Final = range(200, 300)
# Answers to the question, and no fault of the system: it is not there, or was asked wrongly.
_ANSWERS: Final = frozenset({400, 404, 409, 410, 422})
_NOT_LET_IN: Final = frozenset({401, 403, 407})
_NOT_NOW: Final = frozenset({429, 502, 503, 504})
_TOO_OFTEN: Final = 429
_LONGEST_WAIT: Final = 3600


class CutShort(Exception):
    """An answer that had begun to go on ended: the caller must see that it is not whole."""


@dataclass(frozen=True, slots=True)
class Fit:
    """An answer that is as registered. `rest` follows `first` where it is larger than WHOLE."""

    status: int
    content_type: str | None
    first: bytes = field(repr=False)
    rest: AsyncIterator[bytes] | None = field(repr=False)
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, of whose system, for which department."""

    api: Api
    provider: UUID
    department: UUID
    operation: Operation
    given: Mapping[str, Value] = field(repr=False)


class Asking:
    """The way to providers' systems, by address or by front-end machine."""

    def __init__(self, reaching: Reaching, front_ends: FrontEnds, vault: Vault) -> None:
        self._reaching = reaching
        self._front_ends = front_ends
        self._vault = vault

    async def ask(self, question: Question, until_over: contextlib.AsyncExitStack) -> Fit:
        """The answer; what it needs stays open until `until_over` is closed.

        Raises ProviderFault and ProviderAway, of the kinds in `faults`.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + question.operation.timeout_seconds
        left, renewed = question.operation.retries, False
        while True:
            async with contextlib.AsyncExitStack() as attempt:
                try:
                    fit = await self._attempt(question, attempt, deadline)
                except ProviderRefusesPlatform:
                    # The token may have ended early: once, another one is worth a try.
                    if renewed or not self._reaching.forget_token(question.api.resource_id):
                        raise
                    renewed = True
                    continue
                except (ProviderFault, ProviderAway) as fault:
                    late = loop.time() + _PAUSE_SECONDS >= deadline
                    if not left or late or not _worth_another(fault, question.operation):
                        raise
                    left -= 1
                else:
                    until_over.push_async_exit(attempt.pop_all())
                    return fit
            await asyncio.sleep(_PAUSE_SECONDS)

    async def healthy(self, api: Api, health: Health) -> str | None:
        """None where the system says that it is well, else the code of what is wrong."""
        request = Outgoing("GET", health.path, None, None)
        try:
            async with (
                asyncio.timeout(_HEALTH_SECONDS),
                self._reaching.asking(self._target(api), request, "*/*", _HEALTH_SECONDS) as found,
            ):
                return None if found.status in _SUCCESS else ProviderFailed.code
        except TimeoutError:
            return ProviderLate.code
        except (ProviderFault, ProviderAway) as fault:
            return fault.code

    def _target(self, api: Api) -> Target:
        shown = credentials.unseal(
            self._vault, api.resource_id, api.credential_sealed, api.credential_key
        )
        return Target(api.resource_id, api.revision, api.definition.address or "", shown)

    async def _attempt(
        self, question: Question, attempt: contextlib.AsyncExitStack, deadline: float
    ) -> Fit:
        api, operation = question.api, question.operation
        request = outgoing(operation, question.given)
        seconds = deadline - asyncio.get_running_loop().time()
        if api.served:
            way = self._front_ends.asking(
                api.resource_id,
                question.provider,
                question.department,
                operation,
                request,
                seconds,
            )
        else:
            accept = ", ".join(operation.content_types)
            way = self._reaching.asking(self._target(api), request, accept, seconds)
        try:
            async with asyncio.timeout_at(deadline):
                answered = await attempt.enter_async_context(way)
                return await _fit(answered, operation, deadline)
        except TimeoutError:
            raise ProviderLate("The provider's system did not answer in time.") from None


def _worth_another(fault: ProviderFault | ProviderAway, operation: Operation) -> bool:
    """Whether the same may be asked again: nothing was asked yet, or asking twice does no harm."""
    if isinstance(fault, ProviderUnreachable):
        return True
    passing = isinstance(fault, ProviderBrokeOff) or (
        isinstance(fault, ProviderBusy) and fault.retry_after <= 1
    )
    return passing and operation.safe_to_repeat


async def _fit(answered: Answered, operation: Operation, deadline: float) -> Fit:
    status = answered.status
    if status in _NOT_LET_IN:
        raise ProviderRefusesPlatform(
            "The provider's system does not let the platform in; the provider must set its "
            "credential anew."
        )
    if status in _NOT_NOW:
        raise ProviderBusy(
            "The provider's system cannot answer now.", retry_after=_wait(answered, status)
        )
    if status not in _SUCCESS and status not in _ANSWERS:
        raise ProviderFailed(f"The provider's system failed with status {status}.")
    kind = answered.headers.get("content-type", "").partition(";")[0].strip().lower()
    content_type = next((one.value for one in operation.content_types if one == kind), None)
    if answered.headers.get("content-encoding", "identity").lower() != "identity":
        raise ProviderAnswerUnfit("The provider's system answers in an encoding nobody asked for.")
    if status in _ANSWERS:
        return await _refusal(answered, content_type)
    length = _length(answered)
    if length is not None and length > operation.most_bytes:
        raise _too_large(operation)
    first = bytearray()
    async for piece in answered.pieces:
        first += piece
        if len(first) > operation.most_bytes:
            raise _too_large(operation)
        if len(first) > WHOLE:
            break
    if first and content_type is None:
        raise ProviderAnswerUnfit("The provider's system answers in a format not registered.")
    if len(first) <= WHOLE:
        return Fit(status, content_type, bytes(first), None)
    rest = _rest(answered.pieces, operation.most_bytes - len(first), deadline)
    return Fit(status, content_type, bytes(first), rest, length)


async def _refusal(answered: Answered, content_type: str | None) -> Fit:
    """What the system says of a question that it does not answer: short, or nothing of it."""
    body = bytearray()
    async for piece in answered.pieces:
        body += piece
        if len(body) > _LARGEST_REFUSAL:
            content_type = None
            break
    told = bytes(body) if content_type is not None else b""
    return Fit(answered.status, content_type if told else None, told, None)


async def _rest(pieces: AsyncIterator[bytes], most: int, deadline: float) -> AsyncIterator[bytes]:
    while True:
        try:
            async with asyncio.timeout_at(deadline):
                piece = await anext(pieces, None)
        except (TimeoutError, ProviderFault):
            raise CutShort from None
        if piece is None:
            return
        most -= len(piece)
        if most < 0:
            raise CutShort
        yield piece


def _length(answered: Answered) -> int | None:
    stated = answered.headers.get("content-length", "")
    return int(stated) if stated.isdecimal() and len(stated) < 16 else None


def _wait(answered: Answered, status: int) -> int:
    stated = answered.headers.get("retry-after", "")
    if stated.isdecimal() and len(stated) < 6:
        return min(max(int(stated), 1), _LONGEST_WAIT)
    return 5 if status == _TOO_OFTEN else 1


def _too_large(operation: Operation) -> ProviderAnswerUnfit:
    return ProviderAnswerUnfit(
        f"The provider's system answers with more than the {operation.most_bytes} bytes registered."
    )
