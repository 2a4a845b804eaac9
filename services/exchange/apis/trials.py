"""A provider tries its own interface: one call, told how it went."""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from services.exchange.apis import arguments, queries
from services.exchange.apis.arguments import Value
from services.exchange.apis.asking import Asking, CutShort, Fit, Question
from services.exchange.apis.calling import LIVE
from services.exchange.apis.faults import ProviderAway, ProviderBrokeOff
from services.exchange.apis.queries import ApiUnknown
from shared import clock
from shared.db import Sessions
from shared.errors import ProviderFault
from shared.events.exchange_apis import ApiTested
from shared.outbox import emit
from shared.principal import Principal

_BEGINNING: Final = 2000
_TEXTUAL: Final = ("application/json", "application/geo+json", "application/xml", "text/")


@dataclass(frozen=True, slots=True)
class Tried:
    """How it went; without an answer, `detail` says what was wrong."""

    outcome: str
    milliseconds: int
    detail: str | None = None
    fit: Fit | None = None
    size: int | None = None
    beginning: str | None = field(default=None, repr=False)


class Trials:
    """Test calls. They say nothing of whether the system is away: nobody waits for them."""

    def __init__(self, sessions: Sessions, asking: Asking) -> None:
        self._sessions = sessions
        self._asking = asking

    async def run(
        self, by: Principal, resource: UUID, name: str, parameters: Mapping[str, Value | None]
    ) -> Tried:
        """Call one's own system once. Raises NotFound, ApiUnknown, Malformed."""
        async with self._sessions() as session:
            api = await queries.own(session, resource, by)
        operation = api.definition.operation(name)
        if operation is None:
            raise ApiUnknown("The interface has no such operation.")
        given = arguments.checked(operation, parameters)
        question = Question(api, by.department, by.department, operation, given)
        tried = await self._try(question)
        async with self._sessions.begin() as session:
            emit(
                session,
                ApiTested(
                    at=clock.now(),
                    actor=by.actor,
                    department=by.department,
                    aggregate=resource,
                    version=api.revision,
                    access_id=by.access_id,
                    resource=resource,
                    operation=name,
                    outcome=tried.outcome,
                ),
            )
        return tried

    async def _try(self, question: Question) -> Tried:
        loop = asyncio.get_running_loop()
        began = loop.time()

        def passed() -> int:
            return round((loop.time() - began) * 1000)

        try:
            async with contextlib.AsyncExitStack() as until_over:
                fit = await self._asking.ask(question, until_over)
                size = len(fit.first)
                if fit.rest is not None:
                    async for piece in fit.rest:
                        size += len(piece)
                return Tried(LIVE, passed(), None, fit, size, _beginning(fit))
        except (ProviderFault, ProviderAway) as fault:
            return Tried(fault.code, passed(), fault.detail)
        except CutShort:
            detail = "The answer ended early, was larger than registered, or took too long."
            return Tried(ProviderBrokeOff.code, passed(), detail)


def _beginning(fit: Fit) -> str | None:
    if fit.content_type is None or not fit.content_type.startswith(_TEXTUAL):
        return None
    # A character may be cut in the middle at the end of what is looked at.
    return fit.first[: _BEGINNING * 4].decode(errors="replace")[:_BEGINNING]
