"""Where the migration of an older exchange stands, and which steps lead on. Pure.

jiangsu-2017 §14, baoji-2017 §12 §13.
"""

from collections.abc import Collection
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.errors import Conflict, FieldError, Forbidden
from shared.rulebooks import Rulebook


class MigrationState(StrEnum):
    """How far an older exchange has moved to the platform.

    KEPT stays where it is by the authority's word, as the lines of secret networks do; ENDED was
    given up and nothing takes its place.
    """

    REGISTERED = "registered"
    PLANNED = "planned"
    MIGRATING = "migrating"
    MIGRATED = "migrated"
    KEPT = "kept"
    ENDED = "ended"


_LEAVING: Final = frozenset(
    {
        MigrationState.PLANNED,
        MigrationState.MIGRATING,
        MigrationState.MIGRATED,
        MigrationState.ENDED,
    }
)
# What its department may say next; a plan may be made anew, and what had moved may fall back.
MOVES: Final[dict[MigrationState, frozenset[MigrationState]]] = {
    MigrationState.REGISTERED: _LEAVING,
    MigrationState.PLANNED: _LEAVING,
    MigrationState.MIGRATING: _LEAVING,
    MigrationState.MIGRATED: frozenset({MigrationState.MIGRATING}),
    MigrationState.KEPT: _LEAVING,
    MigrationState.ENDED: frozenset(),
}
# What still has to move, and so can be late or be kept.
OPEN: Final = frozenset(
    {MigrationState.REGISTERED, MigrationState.PLANNED, MigrationState.MIGRATING}
)
_DATED: Final = frozenset({MigrationState.PLANNED, MigrationState.MIGRATING})


class OlderExchangeNotInRulebook(Conflict):
    """The rulebook does not have older exchanges move."""

    code = "older-exchange-not-in-rulebook"
    title = "Not in this rulebook"


class OlderExchangeNotYours(Forbidden):
    """The department that registered an exchange carries its migration on."""

    code = "older-exchange-not-yours"
    title = "Not your department's"


class OlderExchangeNotTheAuthority(Forbidden):
    """That an exchange stays where it is, the competent authority says."""

    code = "older-exchange-not-the-authority"
    title = "Not the authority"


class OlderExchangeStateUnfit(Conflict):
    """From where the migration stands no such step leads on."""

    code = "older-exchange-state-unfit"
    title = "State unfit"


class OlderExchangeResourcesUnknown(Conflict):
    """What takes its place are resources of the platform."""

    code = "older-exchange-resources-unknown"
    title = "Resources unknown"


def check_rulebook(rulebook: Rulebook) -> None:
    """Refuse where older exchanges do not have to move. Raises OlderExchangeNotInRulebook."""
    if rulebook.migration.silent or not rulebook.migration.value.existing_moves:
        raise OlderExchangeNotInRulebook(
            "This rulebook does not have older exchanges move to the platform; what goes on "
            "outside it is filed (/v1/off-platform-exchanges).",
            article=rulebook.platform_only.article,
        )


def check_move(
    state: MigrationState, to: MigrationState, planned_on: date | None, today: date
) -> None:
    """Refuse a step that does not lead on, or has no day. Raises OlderExchangeStateUnfit."""
    if to not in MOVES[state]:
        known = ", ".join(sorted(MOVES[state])) or "nothing"
        raise OlderExchangeStateUnfit(f"From {state} it goes on to: {known}.")
    if to in _DATED and planned_on is None:
        raise OlderExchangeStateUnfit(
            "Say by when it is to have moved.",
            errors=[FieldError("planned_on", "missing", "A day.")],
        )
    if to in _DATED and planned_on is not None and planned_on < today:
        raise OlderExchangeStateUnfit(
            "The day by which it is to have moved has passed.",
            errors=[FieldError("planned_on", "past", "A day to come.")],
        )


def check_resources(to: MigrationState, named: Collection[UUID], known: Collection[UUID]) -> None:
    """Refuse what has moved to nothing, or to what is not there.

    Raises OlderExchangeResourcesUnknown.
    """
    unknown = [n for n, resource in enumerate(named) if resource not in known]
    if unknown or (to is MigrationState.MIGRATED and not named):
        raise OlderExchangeResourcesUnknown(
            "Name the resources of the platform that take its place.",
            errors=[FieldError(f"resources.{n}", "unknown", "No such resource.") for n in unknown],
        )
