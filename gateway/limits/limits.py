"""All limits that a request meets at the door, behind one object. Reads memory alone."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from gateway.limits.overruns import Overruns
from gateway.limits.quotas import Header, Held, Quotas
from gateway.limits.rates import Rates
from gateway.live import LiveGrant, Member
from shared.errors import DomainError


class Limits:
    """What admission asks: may this caller call so fast, and does the grant give more today."""

    def __init__(self, rates: Rates, quotas: Quotas, overruns: Overruns) -> None:
        self._rates = rates
        self._quotas = quotas
        self._overruns = overruns

    def caller(
        self, member: Member, address: str, at: datetime, headers: list[Header]
    ) -> DomainError | None:
        """Take one request of the caller; a refusal is recorded here, added up with others."""
        refusal = self._rates.take(member, time.monotonic_ns(), headers)
        if refusal is not None:
            self._overruns.refused(member, address, refusal.code, refusal.status, at)
        return refusal

    def grant(
        self,
        grant: LiveGrant,
        at: datetime,
        headers: list[Header],
        *,
        lookup: bool,
        length: int | None,
    ) -> Held | DomainError | None:
        """Take one call under the grant. A look-up, whose body has `length` bytes where it says
        so, holds keys until `over`."""
        held = self._quotas.hold(grant, length, at, headers) if lookup else None
        if isinstance(held, DomainError):
            return held
        refusal = self._quotas.call(grant, at, headers)
        if refusal is not None and held is not None:
            self._quotas.settle(grant, held, 0)
        return refusal or held

    def over(self, grant: LiveGrant, held: Held, keys: int) -> None:
        """A look-up is over, in which so many keys were asked for."""
        self._quotas.settle(grant, held, keys)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Record overruns for as long as the block runs."""
        async with self._overruns.counting():
            yield
