"""The state machine of a share request, alone: every state × every action."""

import pytest

from services.requests.workflow import MOVES, OPEN, Action, IllegalMove, State, move

EXPECTED = {
    (State.SUBMITTED, Action.APPROVE): State.APPROVED,
    (State.SUBMITTED, Action.REFUSE): State.REFUSED,
    (State.SUBMITTED, Action.WITHDRAW): State.WITHDRAWN,
    (State.NEGOTIATING, Action.APPROVE): State.APPROVED,
    (State.NEGOTIATING, Action.REFUSE): State.REFUSED,
    (State.NEGOTIATING, Action.WITHDRAW): State.WITHDRAWN,
}


@pytest.mark.parametrize(("state", "action"), [(s, a) for s in State for a in Action])
def test_a_move_leads_where_the_table_says_or_is_refused(state: State, action: Action) -> None:
    if (state, action) in EXPECTED:
        assert move(state, action) is EXPECTED[state, action]
    else:
        with pytest.raises(IllegalMove, match=state):
            move(state, action)


def test_a_request_is_open_exactly_as_long_as_something_can_be_done_to_it() -> None:
    assert {state for state, _ in MOVES} == OPEN
