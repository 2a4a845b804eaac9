"""Watching over providers' systems: asks how they are, and writes down from when to when they are
away.

Breakers are this process's memory and change with the calls; here they are compared with what the
database has, and what differs is written down with its event. So no call waits for that, a
database that is away makes it late and not wrong, and a new process learns what was away.
"""

import asyncio
import logging
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from services.exchange import recalls
from services.exchange.apis import last_answers, queries
from services.exchange.apis.asking import Asking
from services.exchange.apis.definition import Health
from services.exchange.apis.faults import FrontEndMachineAway
from services.exchange.apis.models import Api, ApiOutage
from services.exchange.apis.systems import System, Systems
from shared import clock
from shared.background import together
from shared.db import Sessions
from shared.outbox import emit
from shared.worker import Away

_log = logging.getLogger(__name__)
_EVERY: Final = 1.0
_SWEEP_EVERY: Final = timedelta(minutes=10)
# A front-end machine asks for calls at least twice a minute.
MACHINE_SECONDS: Final = 60.0


class Watch:
    """One a process."""

    def __init__(self, sessions: Sessions, asking: Asking, systems: Systems) -> None:
        self._sessions = sessions
        self._asking = asking
        self._systems = systems
        # When this process began to look, in the loop's time.
        self._since: float | None = None
        self._looking = asyncio.Lock()
        self._swept: datetime | None = None

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            try:
                await self.look()
            except (*Away, SQLAlchemyError) as error:
                _log.warning("cannot watch over interfaces: %s", type(error).__name__)
            except Exception:
                _log.exception("watching over interfaces failed and goes on")
            await asyncio.sleep(_EVERY)

    async def look(self) -> None:
        """Look at all systems once."""
        async with self._looking:
            await self._look(clock.now(), asyncio.get_running_loop().time())

    async def _look(self, at: datetime, now: float) -> None:
        async with self._sessions() as session:
            apis = await queries.enabled(session)
            standing = await queries.standing(session)
        if self._since is None:
            for resource, outage in standing.items():
                self._systems.of(resource).breaker.was_away(outage.reason, now)
            self._since = now
        checks = [
            self._check(self._systems.of(api.resource_id), api, health)
            for api, _ in apis
            if (health := self._due(api, now)) is not None
        ]
        if checks:
            await together(*checks)
        now = asyncio.get_running_loop().time()
        for api, provider in apis:
            missing = self._systems.machine_missing(provider, self._since, now)
            self._notice(self._systems.of(api.resource_id), api, missing, now)
        await self._write_down({api.resource_id for api, _ in apis}, standing, at)
        if self._swept is None or at - self._swept >= _SWEEP_EVERY:
            async with self._sessions.begin() as session:
                await last_answers.sweep(session, at)
            self._swept = at

    def _due(self, api: Api, now: float) -> Health | None:
        health, system = api.definition.health, self._systems.of(api.resource_id)
        return health if health is not None and now >= system.health_at else None

    async def _check(self, system: System, api: Api, health: Health) -> None:
        try:
            wrong = await self._asking.healthy(api, health)
        except Exception:
            # A fault of ours, e.g. a credential that no key opens, says nothing of the system; and
            # the others are asked all the same.
            _log.exception("a health check failed")
            system.health_at = asyncio.get_running_loop().time() + health.every_seconds
            return
        now = asyncio.get_running_loop().time()
        system.health_at = now + health.every_seconds
        if wrong is None:
            system.breaker.succeeded()
        else:
            system.breaker.failed(wrong, now)

    def _notice(self, system: System, api: Api, missing: float, now: float) -> None:
        """What the system has not said itself: it was changed, or its front-end machine has not
        come for so many seconds."""
        if system.revision != api.revision:
            if system.revision and system.breaker.open:
                # What was wrong may be mended: the next call tries.
                system.breaker.was_away(system.breaker.why, now)
            system.revision, system.health_at = api.revision, 0.0
        if not api.served:
            return
        breaker = system.breaker
        came_back = breaker.open and breaker.why == FrontEndMachineAway.code
        if missing > MACHINE_SECONDS and not breaker.open:
            breaker.was_away(FrontEndMachineAway.code, now)
        elif missing < MACHINE_SECONDS / 2 and came_back:
            breaker.succeeded()

    async def _write_down(
        self, watched: set[UUID], standing: dict[UUID, ApiOutage], at: datetime
    ) -> None:
        for resource in watched | standing.keys():
            breaker = self._systems.of(resource).breaker
            away = breaker.open and resource in watched
            if away == (resource in standing):
                continue
            async with self._sessions.begin() as session:
                provider = await queries.provider_of(session, resource)
                if provider is None:
                    continue
                holders = await recalls.holders(session, resource, at)
                if away:
                    outage = ApiOutage(resource_id=resource, began_at=at, reason=breaker.why)
                    session.add(outage)
                    emit(session, outage.began(provider, holders))
                else:
                    outage = await session.merge(standing[resource])
                    emit(session, outage.end(provider, holders, at))
