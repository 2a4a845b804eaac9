"""The life of an entry: its states, who may take it from one to the next, and who may not.

    draft ─submit→ submitted ─pass→ reviewed ─clear→ cleared ─publish→ published ─revise→ draft
      ↑  write          │ return        │ object        │ return         (the next version)
      └─────────────────┴───────────────┴───────────────┘   every live state ─withdraw→ withdrawn

The authority may also let a publication take effect on a later day: cleared ─schedule→ scheduled,
which becomes published when the day comes, or cleared again when it is called off.

Pure: no database, no HTTP, no clock. Departments compile and review, the authority publishes
(J12 §9, J17 §8, Y16 §6 §10, B17 §9-10); that compiler and reviewer are two people is our
reading of "named persons for compiling and reviewing". The secrecy review (保密审查) is the
department's too (J12 §19, Y16 §12, B17 §20), a step of its own by a third person.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from shared.errors import Conflict, Forbidden
from shared.principal import Principal, PrincipalKind
from shared.rulebooks import Rulebook
from shared.rulebooks.duties import ResponsibleRole


class State(StrEnum):
    """Where a version of a resource stands; `superseded` once a later one is published."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    REVIEWED = "reviewed"
    CLEARED = "cleared"
    SCHEDULED = "scheduled"
    PUBLISHED = "published"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


# With the department's reviewers or with the authority: the compilers cannot change it now.
HANDED_IN: Final = (State.SUBMITTED, State.REVIEWED, State.CLEARED, State.SCHEDULED)


class Action(StrEnum):
    """What can be done with it."""

    WRITE = "write"
    SUBMIT = "submit"
    PASS = "pass"  # noqa: S105 - a reviewer passes an entry; no password.
    RETURN = "return"
    CLEAR = "clear"
    OBJECT = "object"
    PUBLISH = "publish"
    SCHEDULE = "schedule"
    CANCEL = "cancel"
    TAKE_EFFECT = "take-effect"
    REVISE = "revise"
    ANNOUNCE_WITHDRAWAL = "announce-withdrawal"
    WITHDRAW = "withdraw"


class Verdict(StrEnum):
    """What a reviewer decides."""

    PASS = "pass"  # noqa: S105 - a reviewer passes an entry; no password.
    RETURN = "return"


class Side(StrEnum):
    """For whom somebody speaks towards a resource."""

    PROVIDER = "provider"
    AUTHORITY = "authority"


class IllegalMove(Conflict):
    """The entry is not in a state that allows this."""

    code = "resource-illegal-move"
    title = "Not in this state"


class WrongSide(Forbidden):
    """The step belongs to the other side: provider or competent authority."""

    code = "resource-wrong-side"
    title = "Not your step"


class CompilerMayNotDecide(Forbidden):
    """Who compiled a version may neither review nor publish it."""

    code = "compiler-may-not-review"
    title = "Compiler may not review"


class ReviewerMayNotClear(Forbidden):
    """Who reviewed a version is not the one who reviews it for secrets."""

    code = "reviewer-may-not-clear"
    title = "Reviewer may not clear"


class PersonRequired(Forbidden):
    """A decision on an entry is taken by a person, never by a department's system."""

    code = "resource-person-required"
    title = "A person decides"


@dataclass(frozen=True, slots=True)
class Act:
    """Somebody's doing: who, when, and under which rulebook it is judged."""

    by: Principal
    at: datetime
    rulebook: Rulebook


@dataclass(frozen=True, slots=True)
class Move:
    """Where an action leads, whose it is, and who may not be the one to take it.

    A `second_person` did not compile the version; a `third_person` has not reviewed it either.
    """

    to: State
    sides: frozenset[Side]
    second_person: bool = False
    third_person: bool = False


_PROVIDER: Final = frozenset({Side.PROVIDER})
_AUTHORITY: Final = frozenset({Side.AUTHORITY})
_EITHER: Final = _PROVIDER | _AUTHORITY

MOVES: Final[dict[tuple[State, Action], Move]] = {
    (State.DRAFT, Action.WRITE): Move(State.DRAFT, _PROVIDER),
    (State.DRAFT, Action.SUBMIT): Move(State.SUBMITTED, _PROVIDER),
    (State.SUBMITTED, Action.PASS): Move(State.REVIEWED, _PROVIDER, second_person=True),
    (State.SUBMITTED, Action.RETURN): Move(State.DRAFT, _PROVIDER, second_person=True),
    (State.REVIEWED, Action.CLEAR): Move(
        State.CLEARED, _PROVIDER, second_person=True, third_person=True
    ),
    (State.REVIEWED, Action.OBJECT): Move(
        State.DRAFT, _PROVIDER, second_person=True, third_person=True
    ),
    (State.CLEARED, Action.RETURN): Move(State.DRAFT, _AUTHORITY, second_person=True),
    (State.CLEARED, Action.PUBLISH): Move(State.PUBLISHED, _AUTHORITY, second_person=True),
    (State.CLEARED, Action.SCHEDULE): Move(State.SCHEDULED, _AUTHORITY, second_person=True),
    (State.SCHEDULED, Action.CANCEL): Move(State.CLEARED, _AUTHORITY),
    # Nobody takes this step: the day comes by itself (see changes/effects.py).
    (State.SCHEDULED, Action.TAKE_EFFECT): Move(State.PUBLISHED, frozenset()),
    (State.PUBLISHED, Action.ANNOUNCE_WITHDRAWAL): Move(State.PUBLISHED, _EITHER),
    (State.PUBLISHED, Action.REVISE): Move(State.DRAFT, _PROVIDER),
    (State.DRAFT, Action.WITHDRAW): Move(State.WITHDRAWN, _EITHER),
    (State.SUBMITTED, Action.WITHDRAW): Move(State.WITHDRAWN, _EITHER),
    (State.REVIEWED, Action.WITHDRAW): Move(State.WITHDRAWN, _EITHER),
    (State.CLEARED, Action.WITHDRAW): Move(State.WITHDRAWN, _EITHER),
    (State.SCHEDULED, Action.WITHDRAW): Move(State.WITHDRAWN, _EITHER),
    (State.PUBLISHED, Action.WITHDRAW): Move(State.WITHDRAWN, _EITHER),
}


def move(state: State, action: Action) -> Move:
    """The move that `action` makes in `state`. Raises IllegalMove when there is none."""
    found = MOVES.get((state, action))
    if found is None:
        raise IllegalMove(f"An entry that is {state} cannot take the step '{action}'.")
    return found


def allow(
    state: State,
    action: Action,
    act: Act,
    *,
    sides: Collection[Side],
    compilers: Collection[str],
    reviewers: Collection[str] = (),
) -> State:
    """The state that `action` leads to in this `act`.

    `sides` are those for which the actor speaks towards this resource, `compilers` the actors
    who wrote or submitted the version, `reviewers` those who passed it in the department. Raises
    IllegalMove, WrongSide, PersonRequired, CompilerMayNotDecide and ReviewerMayNotClear.
    """
    found = move(state, action)
    if found.sides.isdisjoint(sides):
        whose = " or ".join(sorted(found.sides))
        raise WrongSide(
            f"In this state the step '{action}' belongs to the {whose}.",
            article=_article_of(found.sides, act.rulebook),
        )
    if found.second_person:
        if act.by.kind is not PrincipalKind.OPERATOR:
            raise PersonRequired(f"The step '{action}' is taken by a person, not by a system.")
        if any(hand in compilers for hand in act.by.hands):
            raise CompilerMayNotDecide(
                f"Who compiled a version does not take the step '{action}' on it; ask a colleague.",
                article=_named_persons(act.rulebook),
            )
    if found.third_person and any(hand in reviewers for hand in act.by.hands):
        raise ReviewerMayNotClear(
            "Who reviewed a version does not review it for secrets too; ask the security officer.",
            article=act.rulebook.secrecy_review.article,
        )
    return found.to


def _article_of(sides: frozenset[Side], rulebook: Rulebook) -> str | None:
    """The article that gives a step to its side."""
    if sides == _AUTHORITY:
        return rulebook.competent_authority.article
    return rulebook.catalogue_compilation.article


def _named_persons(rulebook: Rulebook) -> str | None:
    """The article that wants compilers and reviewers named, where there is one."""
    roles = rulebook.responsible_persons
    wanted = {ResponsibleRole.COMPILER, ResponsibleRole.REVIEWER}
    return roles.article if not roles.silent and wanted <= roles.value.roles else None
