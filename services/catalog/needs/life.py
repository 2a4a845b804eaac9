"""The life of a need, from its registration to the authority's ruling. Pure.

jiangsu-2012 §9, jiangsu-2017 §4(2), yixing-2016 §6 §19, baoji-2017 §4(2).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from shared.errors import Conflict, Forbidden, NotFound, PreconditionFailed


class NeedState(StrEnum):
    """Where a need stands."""

    REGISTERED = "registered"
    MATCHED = "matched"
    UNMET = "unmet"
    RULED = "ruled"
    WITHDRAWN = "withdrawn"


class NeedStep(StrEnum):
    """What is done with a need."""

    REGISTER = "register"
    RESTATE = "restate"
    CHOOSE = "choose"
    REPORT = "report"
    RULE = "rule"
    WITHDRAW = "withdraw"


class Urgency(StrEnum):
    """How soon the department needs it."""

    ROUTINE = "routine"
    SOON = "soon"
    URGENT = "urgent"


class NeedUnknown(NotFound):
    """There is no such need, or it is not the caller's to know of."""

    code = "need-unknown"
    title = "Need unknown"


class NeedNotYours(Forbidden):
    """What a department needs it states, chooses and withdraws itself."""

    code = "need-not-yours"
    title = "Not your department's need"


class NeedNotTheAuthority(Forbidden):
    """The competent authority of the department's region coordinates what it needs."""

    code = "need-not-the-authority"
    title = "Not the competent authority"


class NeedStepNotOpen(Conflict):
    """The step cannot be taken where the need stands."""

    code = "need-step-not-open"
    title = "Step not open"


class NeedResourceUnfit(Conflict):
    """A need is met by a resource in the catalogue that another department provides."""

    code = "need-resource-unfit"
    title = "Resource cannot meet the need"


class NeedCollectorUnfit(Conflict):
    """A department of the authority's region is assigned to collect."""

    code = "need-collector-unfit"
    title = "Department cannot be assigned"


class NeedChanged(PreconditionFailed):
    """The need was changed after it was read."""

    code = "need-changed"
    title = "Need changed"


_FROM: Final[Mapping[NeedStep, frozenset[NeedState]]] = {
    NeedStep.RESTATE: frozenset({NeedState.REGISTERED, NeedState.MATCHED, NeedState.UNMET}),
    NeedStep.CHOOSE: frozenset(NeedState) - {NeedState.WITHDRAWN},
    NeedStep.REPORT: frozenset({NeedState.REGISTERED, NeedState.MATCHED}),
    # What was ruled is ruled anew when a gap closes or another department is to collect.
    NeedStep.RULE: frozenset({NeedState.UNMET, NeedState.RULED}),
    NeedStep.WITHDRAW: frozenset(NeedState) - {NeedState.WITHDRAWN},
}
_TO: Final[Mapping[NeedStep, NeedState]] = {
    NeedStep.REGISTER: NeedState.REGISTERED,
    NeedStep.RESTATE: NeedState.REGISTERED,
    NeedStep.CHOOSE: NeedState.MATCHED,
    NeedStep.REPORT: NeedState.UNMET,
    NeedStep.RULE: NeedState.RULED,
    NeedStep.WITHDRAW: NeedState.WITHDRAWN,
}


def move(state: NeedState, step: NeedStep) -> NeedState:
    """Where the step leads. Raises NeedStepNotOpen."""
    if state not in _FROM.get(step, frozenset()):
        raise NeedStepNotOpen(f"`{step}` is not possible while the need is `{state}`.")
    return _TO[step]
