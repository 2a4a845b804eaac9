"""When somebody may stand in for a colleague. Pure: no database, no HTTP, no clock.

A deputy holds the colleague's roles besides the own ones for the time named, and acts under the
own name: what the workflow keeps apart by actor, compiling and reviewing one entry, stays apart
(baoji-2017 §10). A deputy's own deputy gets the deputy's roles only.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from gateway.accounts.rules import RolesIncompatible, over_two_of_three
from gateway.roles import Role
from shared.errors import Conflict, Forbidden
from shared.principal import Principal

LONGEST: Final = timedelta(days=366)


class DeputyUnfit(Conflict):
    """A deputy is a colleague of the same department whose account is open."""

    code = "deputy-unfit"
    title = "Deputy unfit"


class DeputySelfNamed(Forbidden):
    """Nobody names themselves somebody's deputy."""

    code = "deputy-self-named"
    title = "Named oneself"


class DeputyTimes(Conflict):
    """The time of a deputy begins before it ends, ends in the future and within a year."""

    code = "deputy-times"
    title = "Times of a deputy"


class DeputyNamedAlready(Conflict):
    """The person has another deputy at that time."""

    code = "deputy-named-already"
    title = "Deputy named already"


class DeputyOver(Conflict):
    """It has ended."""

    code = "deputy-over"
    title = "Deputy over"


def check_named_by(by: Principal, deputy: UUID) -> None:
    """Raises DeputySelfNamed."""
    if by.id == deputy:
        raise DeputySelfNamed("Somebody else must name you: the person or another administrator.")


def check_times(since: datetime, until: datetime, at: datetime) -> None:
    """Raises DeputyTimes."""
    if until <= since or until <= at:
        raise DeputyTimes("`until` must be after `since`, and in the future.")
    if until - since > LONGEST:
        raise DeputyTimes(f"A deputy is named for {LONGEST.days} days at most.")


def check_roles(own: frozenset[Role], taken: frozenset[Role]) -> None:
    """Refuse to make one person two of the platform's three. Raises RolesIncompatible."""
    if over_two_of_three(own, taken):
        raise RolesIncompatible(
            "System, security and audit administrator must stay three different people, also "
            "for a time."
        )
