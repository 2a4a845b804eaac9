"""What a deputy may do, and for whom: dates count, not events. Pure.

A member carries the colleagues for whom it acts now or later; what holds at a moment is decided
when the member calls, so that a deputy's time begins and ends by itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from gateway.accounts.rules import over_two_of_three
from gateway.roles import Role, permissions_of
from shared.principal import Permission


@dataclass(frozen=True, slots=True)
class StandIn:
    """A colleague for whom a person acts from `since` until `until`."""

    operator: UUID
    permissions: frozenset[Permission]
    since: datetime
    until: datetime

    def holds(self, at: datetime) -> bool:
        """Whether it is time."""
        return self.since <= at < self.until


def stand_ins(
    own: frozenset[Role],
    named: Iterable[tuple[UUID, frozenset[Role], datetime, datetime]],
) -> tuple[StandIn, ...]:
    """For whom a person with these roles may act, of those who named it: operator, roles, times.

    Never so that one person is two of the platform's three administrators (三员分立), also where
    roles changed after the naming.
    """
    taken, found = own, []
    for operator, roles, since, until in named:
        if over_two_of_three(taken, roles):
            continue
        taken |= roles
        found.append(StandIn(operator, permissions_of(roles), since, until))
    return tuple(found)


def permissions_at(
    own: frozenset[Permission], others: tuple[StandIn, ...], at: datetime
) -> frozenset[Permission]:
    """Everything that the person may do at that moment, for itself and for others."""
    return own.union(*(other.permissions for other in others if other.holds(at)))


def on_behalf_of(
    own: frozenset[Permission], others: tuple[StandIn, ...], needed: Permission, at: datetime
) -> UUID | None:
    """For whom the person does what needs that permission; None for itself."""
    if needed in own:
        return None
    acting = (other.operator for other in others if other.holds(at) and needed in other.permissions)
    return next(acting, None)
