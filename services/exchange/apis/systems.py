"""Providers' systems as this process knows them now: breakers, rates, who was there. In memory.

What outlasts the process are the outages, which `watching` writes down and reads at its beginning.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from services.exchange.apis.breaker import Breaker, State
from services.exchange.apis.rates import Rates


@dataclass(frozen=True, slots=True)
class Seen:
    """How a system stands at a moment."""

    state: State
    failures: int
    why: str
    machine_at: datetime | None


@dataclass(slots=True)
class System:
    """One provider's system. `health_at` is when it is asked next how it is, in the loop's time;
    `away_since` is when it was last found away."""

    breaker: Breaker = field(default_factory=Breaker)
    revision: int = 0
    health_at: float = 0.0
    away_since: datetime | None = None


@dataclass(slots=True)
class Systems:
    """All of them, by resource; and the front-end machines, by department."""

    rates: Rates = field(default_factory=Rates)
    _systems: dict[UUID, System] = field(default_factory=dict)
    # When a department's machine last asked for calls, and the same in the loop's time.
    _machines: dict[UUID, tuple[datetime, float]] = field(default_factory=dict)

    def of(self, resource: UUID) -> System:
        """A resource's system."""
        found = self._systems.get(resource)
        if found is None:
            found = self._systems[resource] = System()
        return found

    def machine_came(self, department: UUID, at: datetime, now: float) -> None:
        """The department's front-end machine asked for calls."""
        self._machines[department] = at, now

    def machine_missing(self, department: UUID, since: float, now: float) -> float:
        """For how many seconds nobody has asked for the department's calls; `since` is when this
        process began to look."""
        _, last = self._machines.get(department, (None, since))
        return now - last

    def seen(self, resource: UUID, provider: UUID, now: float) -> Seen:
        """How a system stands."""
        breaker = self.of(resource).breaker
        at, _ = self._machines.get(provider, (None, now))
        return Seen(breaker.state(now), breaker.failures, breaker.why, at)
