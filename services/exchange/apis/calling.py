"""A call under a grant: checked, counted, asked of the provider's system, on record, answered.

On record comes before answered: the event that names the operation is committed before the first
byte of the answer leaves. A system that is away is left alone (breaker.py); then, where the
provider allows it, its last good answer is given with its date.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fastapi.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from services.exchange.apis import arguments, last_answers, queries
from services.exchange.apis.arguments import Value
from services.exchange.apis.asking import Asking, Fit, Question
from services.exchange.apis.definition import Operation
from services.exchange.apis.faults import (
    ProviderAnswerUnfit,
    ProviderAway,
    ProviderFailed,
    ProviderLeftAlone,
)
from services.exchange.apis.last_answers import Good
from services.exchange.apis.queries import ApiUnknown, Granted
from services.exchange.apis.systems import System, Systems
from services.exchange.models import Grant
from services.exchange.vault import Vault
from shared import clock
from shared.db import Sessions
from shared.errors import Conflict, ProviderFault
from shared.events.exchange_apis import ApiCalled
from shared.outbox import emit
from shared.principal import Principal

LIVE = "live"
LAST_GOOD = "last-good"
_OK = 200


class OperationNotGranted(Conflict):
    """The answer holds more than the grant includes, and cannot be narrowed on the way."""

    code = "operation-not-granted"
    title = "Operation not granted"


class Relayed(StreamingResponse):
    """An answer that goes on while it comes; what it needs is closed when it is over."""

    def __init__(self, fit: Fit, headers: dict[str, str], until_over: contextlib.AsyncExitStack):
        async def whole() -> AsyncIterator[bytes]:
            yield fit.first
            if fit.rest is not None:
                async for piece in fit.rest:
                    yield piece

        super().__init__(whole(), fit.status, headers, fit.content_type)
        self._until_over = until_over

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        async with self._until_over:
            await super().__call__(scope, receive, send)


@dataclass(frozen=True, slots=True)
class _Call:
    """One call that may be made."""

    found: Granted
    operation: Operation
    given: Mapping[str, Value]
    # A code of the question that nobody can ask backwards.
    digest: bytes
    by: Principal
    at: datetime


class Calls:
    """The calls of this process."""

    def __init__(self, sessions: Sessions, vault: Vault, asking: Asking, systems: Systems) -> None:
        self._sessions = sessions
        self._vault = vault
        self._asking = asking
        self._systems = systems
        self._digest_key = vault.derived("api questions")

    async def call(
        self, by: Principal, grant: UUID, name: str, parameters: Mapping[str, Value | None]
    ) -> Response:
        """What the operation answers, or its last good answer.

        Raises NotFound, ApiUnknown, OperationNotGranted, Malformed, ApiRateExceeded, ApiBusy, and
        the provider's faults.
        """
        call = await self._admitted(by, grant, name, parameters)
        resource, rates = call.found.resource.id, self._systems.rates
        definition = call.found.api.definition
        now = asyncio.get_running_loop().time()
        rates.take(resource, by.department, definition.calls_per_minute, now)
        rates.enter(resource, by.department, definition.at_once)
        async with contextlib.AsyncExitStack() as until_over:
            until_over.callback(rates.leave, resource, by.department)
            try:
                fit = await self._ask(call, until_over)
            except (ProviderFault, ProviderAway) as fault:
                good = await self._last(call, fault)
                if good is None:
                    await self._record(call, fault.code, None)
                    raise
                await self._record(call, LAST_GOOD, None)
                headers = self._headers(call, LAST_GOOD, good.at)
                return Response(good.body, _OK, headers, good.content_type)
            at = clock.now()
            await self._record(call, LIVE, fit, at)
            headers = self._headers(call, LIVE, at)
            if fit.rest is None:
                return Response(fit.first, fit.status, headers, fit.content_type)
            if fit.length is not None:
                headers["Content-Length"] = str(fit.length)
            return Relayed(fit, headers, until_over.pop_all())

    async def _admitted(
        self, by: Principal, grant: UUID, name: str, parameters: Mapping[str, Value | None]
    ) -> _Call:
        at = clock.now()
        async with self._sessions() as session:
            found = await queries.granted(session, grant, by, at)
        operation = found.api.definition.operation(name)
        if operation is None:
            raise ApiUnknown("The provider's interface has no such operation.")
        if not may_call(found.grant, operation):
            raise OperationNotGranted(
                "The answer of this operation holds more than the grant includes, and what a "
                "provider's system answers cannot be narrowed on the way."
            )
        given = arguments.checked(operation, parameters)
        digest = self._vault.suite.mac(self._digest_key, arguments.canonical(operation, given))
        return _Call(found, operation, given, digest, by, at)

    async def _ask(self, call: _Call, until_over: contextlib.AsyncExitStack) -> Fit:
        found = call.found
        system = self._systems.of(found.resource.id)
        now = asyncio.get_running_loop().time()
        if not system.breaker.lets_through(now):
            raise ProviderLeftAlone(
                "The provider's system is away and is left alone for a while; see its outages.",
                retry_after=system.breaker.seconds_left(now),
            )
        provider = found.resource.provider
        question = Question(found.api, provider, call.by.department, call.operation, call.given)
        try:
            fit = await self._asking.ask(question, until_over)
        except (ProviderFault, ProviderAway) as fault:
            self._count(system, fault, asyncio.get_running_loop().time())
            raise
        except BaseException:
            system.breaker.gave_up()
            raise
        system.breaker.succeeded()
        return fit

    def _count(self, system: System, fault: ProviderFault | ProviderAway, now: float) -> None:
        """What the fault says of the system: one question that it chokes on makes it no absentee,
        or every caller could have it left alone."""
        if isinstance(fault, ProviderAnswerUnfit | ProviderFailed):
            system.breaker.gave_up()
        else:
            system.breaker.failed(fault.code, now)

    async def _last(self, call: _Call, fault: ProviderFault | ProviderAway) -> Good | None:
        if call.operation.last_good_hours is None or isinstance(fault, ProviderAnswerUnfit):
            return None
        api = call.found.api
        async with self._sessions() as session:
            return await last_answers.find(
                session,
                self._vault,
                api.resource_id,
                call.digest,
                api.definition_number,
                call.at,
            )

    async def _record(
        self, call: _Call, outcome: str, fit: Fit | None, at: datetime | None = None
    ) -> None:
        """Commit that the call was made, and with it what is kept of its answer."""
        found, hours = call.found, call.operation.last_good_hours
        async with self._sessions.begin() as session:
            emit(
                session,
                ApiCalled(
                    at=at or clock.now(),
                    actor=call.by.actor,
                    department=call.by.department,
                    aggregate=found.resource.id,
                    access_id=call.by.access_id,
                    resource=found.resource.id,
                    grant=found.grant.id,
                    operation=call.operation.name,
                    outcome=outcome,
                    status=fit.status if fit is not None else None,
                ),
            )
            whole = fit is not None and fit.rest is None and fit.status == _OK
            if whole and fit is not None and hours is not None and at is not None:
                await last_answers.keep(
                    session,
                    self._vault,
                    found.resource.id,
                    call.digest,
                    found.api.definition_number,
                    hours,
                    Good(fit.content_type or "", fit.first, at),
                )

    def _headers(self, call: _Call, answer: str, at: datetime) -> dict[str, str]:
        """Where the answer comes from and of when it is; the digest is for the access record."""
        return {
            "Cache-Control": "no-store",
            "X-Huitong-Answer": answer,
            "X-Huitong-Data-At": at.isoformat(),
            "X-Huitong-Keys-Digest": call.digest.hex(),
            "X-Huitong-Source": str(call.found.resource.provider),
        }


def may_call(grant: Grant, operation: Operation) -> bool:
    """Whether a grant includes all that an operation answers, every row of it, and unmasked."""
    return grant.narrowing is None and set(grant.items).issuperset(operation.items)
