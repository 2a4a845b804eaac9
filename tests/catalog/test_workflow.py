"""The life of an entry, alone: every state, every action, everybody who might take it."""

from datetime import date
from uuid import UUID

import pytest

from services.catalog.workflow import (
    MOVES,
    Act,
    Action,
    CompilerMayNotDecide,
    IllegalMove,
    PersonRequired,
    ReviewerMayNotClear,
    Side,
    State,
    WrongSide,
    allow,
    move,
)
from shared import rulebooks
from shared.principal import Principal, PrincipalKind
from tests.callers import Principals
from tests.catalog.world import MONDAY

EVERYBODY = [(state, action) for state in State for action in Action]
SECOND_PERSON = [pair for pair, found in MOVES.items() if found.second_person]


def act(by: Principal, rulebook: str = "baoji-2017") -> Act:
    """What `by` does under a rulebook."""
    return Act(by, MONDAY, rulebooks.load(rulebook, date(2026, 3, 2)))


@pytest.mark.parametrize(("state", "action"), EVERYBODY)
def test_a_move_is_either_in_the_table_or_refused(state: State, action: Action) -> None:
    if (state, action) in MOVES:
        assert move(state, action) is MOVES[state, action]
    else:
        with pytest.raises(IllegalMove):
            move(state, action)


def test_nothing_leads_out_of_what_is_withdrawn_or_superseded() -> None:
    left = {state for state, _ in MOVES}
    assert left == set(State) - {State.WITHDRAWN, State.SUPERSEDED}


@pytest.mark.parametrize(("state", "action"), list(MOVES))
@pytest.mark.parametrize("side", [None, *Side])
def test_a_step_is_taken_by_its_own_side_alone(
    state: State, action: Action, side: Side | None, principal: Principals
) -> None:
    found, sides = MOVES[state, action], frozenset({side} if side else ())
    if found.sides & sides:
        assert allow(state, action, act(principal()), sides=sides, compilers=()) is found.to
    else:
        with pytest.raises(WrongSide):
            allow(state, action, act(principal()), sides=sides, compilers=())


@pytest.mark.duty(
    "D02",
    "baoji-2017 §9",
    "baoji-2017 §10",
    "jiangsu-2017 §8",
    "yixing-2016 §10",
    "jiangsu-2012 §9",
)
@pytest.mark.parametrize(("state", "action"), SECOND_PERSON)
def test_who_compiled_a_version_decides_nothing_about_it(
    state: State, action: Action, principal: Principals
) -> None:
    compiler = principal()
    with pytest.raises(CompilerMayNotDecide) as refusal:
        allow(state, action, act(compiler), sides=set(Side), compilers=[compiler.actor])
    assert refusal.value.article == "baoji-2017 §10 §28"
    colleague = act(principal())
    allow(state, action, colleague, sides=set(Side), compilers=[compiler.actor])


@pytest.mark.duty("D07", "baoji-2017 §20")
@pytest.mark.parametrize("action", [Action.CLEAR, Action.OBJECT])
def test_who_reviewed_a_version_does_not_review_it_for_secrets_too(
    action: Action, principal: Principals
) -> None:
    reviewer = principal()
    with pytest.raises(ReviewerMayNotClear) as refusal:
        allow(
            State.REVIEWED,
            action,
            act(reviewer),
            sides={Side.PROVIDER},
            compilers=(),
            reviewers=[reviewer.actor],
        )
    assert refusal.value.article == "baoji-2017 §20"


@pytest.mark.duty("D02", "baoji-2017 §10")
@pytest.mark.parametrize(("state", "action"), SECOND_PERSON)
def test_a_system_decides_nothing(state: State, action: Action, principal: Principals) -> None:
    system = principal(kind=PrincipalKind.CLIENT)
    with pytest.raises(PersonRequired):
        allow(state, action, act(system), sides=set(Side), compilers=())


def test_a_system_with_the_same_number_as_a_compiler_is_somebody_else(
    principal: Principals,
) -> None:
    number = UUID(int=7)
    person, system = principal(id=number), principal(id=number, kind=PrincipalKind.CLIENT)
    decided = allow(
        State.SUBMITTED, Action.PASS, act(person), sides=set(Side), compilers=[system.actor]
    )
    assert decided is State.REVIEWED


@pytest.mark.duty("D02", "jiangsu-2012 §9", "jiangsu-2017 §5", "yixing-2016 §4", "baoji-2017 §5")
@pytest.mark.parametrize("rulebook", ["jiangsu-2012", "jiangsu-2017", "yixing-2016", "baoji-2017"])
def test_a_department_that_publishes_itself_is_told_whose_step_it_is(
    rulebook: str, principal: Principals
) -> None:
    with pytest.raises(WrongSide) as refusal:
        allow(
            State.CLEARED,
            Action.PUBLISH,
            act(principal(), rulebook),
            sides={Side.PROVIDER},
            compilers=(),
        )
    assert refusal.value.article is not None
    assert refusal.value.article.startswith(rulebook)
