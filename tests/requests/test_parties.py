"""Who may do what to a request, alone."""

import pytest

from services.requests.parties import (
    NotTheProvider,
    NotTheRequester,
    OwnRequest,
    OwnResource,
    check_decider,
    check_provider,
    check_requester,
    check_withdrawal,
)
from shared.ids import new_id
from tests.callers import Principals


def test_a_department_asks_others_and_not_itself(principal: Principals) -> None:
    caller = principal()
    check_requester(caller, new_id())
    with pytest.raises(OwnResource):
        check_requester(caller, caller.department)


def test_the_provider_decides_and_nobody_on_their_own_request(principal: Principals) -> None:
    decider = principal()
    check_decider(decider, decider.department, "operator:somebody-else")
    with pytest.raises(NotTheProvider):
        check_decider(decider, new_id(), "operator:somebody-else")
    with pytest.raises(OwnRequest):
        check_decider(decider, decider.department, decider.actor)


def test_the_provider_revokes_and_the_requester_withdraws(principal: Principals) -> None:
    caller = principal()
    check_provider(caller, caller.department)
    check_withdrawal(caller, caller.department)
    with pytest.raises(NotTheProvider):
        check_provider(caller, new_id())
    with pytest.raises(NotTheRequester):
        check_withdrawal(caller, new_id())
