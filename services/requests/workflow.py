"""The life of a share request, as a table. Pure: no database, no HTTP, no clock."""

from enum import StrEnum
from uuid import UUID

from shared.errors import Conflict


class State(StrEnum):
    """Where a request stands. `submitted` waits for the provider's answer inside a limit;
    `negotiating` is asked for although it is not shared, or no longer published (D35)."""

    SUBMITTED = "submitted"
    NEGOTIATING = "negotiating"
    APPROVED = "approved"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class Action(StrEnum):
    """What can be done to a request."""

    APPROVE = "approve"
    REFUSE = "refuse"
    WITHDRAW = "withdraw"


class IllegalMove(Conflict):
    """The request has been decided or withdrawn already."""

    code = "request-illegal-move"
    title = "Not possible in this state"


class AlreadyOpen(Conflict):
    """The department has an open request for the same resource and purpose."""

    code = "request-already-open"
    title = "Request already open"


OPEN = frozenset({State.SUBMITTED, State.NEGOTIATING})
"""The states in which somebody still has to act."""

MOVES = {
    (State.SUBMITTED, Action.APPROVE): State.APPROVED,
    (State.SUBMITTED, Action.REFUSE): State.REFUSED,
    (State.SUBMITTED, Action.WITHDRAW): State.WITHDRAWN,
    (State.NEGOTIATING, Action.APPROVE): State.APPROVED,
    (State.NEGOTIATING, Action.REFUSE): State.REFUSED,
    (State.NEGOTIATING, Action.WITHDRAW): State.WITHDRAWN,
}


def move(state: State, action: Action) -> State:
    """Return the state to which `action` leads. Raises IllegalMove."""
    try:
        return MOVES[state, action]
    except KeyError:
        raise IllegalMove(f"A request that is {state} takes no {action}.") from None


def check_first(still_open: UUID | None) -> None:
    """Refuse a second open request of one department, resource and purpose.

    Raises AlreadyOpen.
    """
    if still_open is not None:
        raise AlreadyOpen(
            f"Your department has request {still_open} open for this resource and purpose."
        )
