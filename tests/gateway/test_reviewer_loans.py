"""A reviewer on loan reviews for the other department, for its time, and does nothing else."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from gateway.live import Lent, Member
from gateway.loans import rules
from gateway.roles import Role, permissions_of
from shared import clock
from shared.ids import new_id
from shared.principal import Permission, PrincipalKind
from tests.gateway.conftest import Gateway
from tests.gateway.logging_in import log_in, log_in_to_platform

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
REVIEW = permissions_of(frozenset({Role.REVIEWER}))
REVIEWER = "market-regulation.reviewer"
Json = dict[str, Any]  # the edge: what an answer says


def test_a_loan_begins_and_ends_by_itself_and_is_for_that_department_only() -> None:
    department = new_id()
    reviewer = Member(PrincipalKind.OPERATOR, new_id(), department, REVIEW)
    loan = Lent(reviewer, AT, AT + timedelta(hours=1))
    home = Member(
        PrincipalKind.OPERATOR, reviewer.id, new_id(), frozenset(Permission), lent=(loan,)
    )
    for_it = str(department)
    assert home.acting_for(for_it, AT) is reviewer
    assert home.acting_for(for_it, AT - timedelta(seconds=1)) is None
    assert home.acting_for(for_it, AT + timedelta(hours=1)) is None
    for other in (str(new_id()), str(home.department), "", "x", for_it + "0"):
        assert home.acting_for(other, AT) is None


def test_a_loan_has_a_time_and_another_department() -> None:
    home, other = new_id(), new_id()
    rules.check_person(home, other, None)
    rules.check_time(AT, AT + timedelta(days=366), AT)
    for person in ((home, home, None), (home, other, AT)):
        with pytest.raises(rules.LoanNotPossible):
            rules.check_person(*person)
    for since, until in (
        (AT, AT),
        (AT - timedelta(days=2), AT - timedelta(days=1)),
        (AT, AT + timedelta(days=367)),
    ):
        with pytest.raises(rules.LoanNotPossible):
            rules.check_time(since, until, AT)


async def lend(gateway: Gateway, username: str = REVIEWER, **otherwise: object) -> httpx.Response:
    """Lend a person to the department of education, as the platform's security administrator."""
    security = await log_in_to_platform(gateway, "platform.security")
    people: list[Json] = []
    cursor = ""
    while cursor is not None:
        query = {"cursor": cursor} if cursor else {}
        page = (await gateway.http.get("/v1/operators", headers=security, params=query)).json()
        people += page["items"]
        cursor = page["next"]
    (person,) = [p for p in people if p["username"] == username]
    body = {
        "operator": person["id"],
        "department": str(gateway.department("education")),
        "until": (clock.now() + timedelta(days=30)).isoformat(),
        "basis": "锡数发〔2026〕12号",
        **otherwise,
    }
    return await gateway.http.post(
        "/v1/reviewer-loans", json=body, headers=security | {"idempotency-key": f"l-{new_id()}"}
    )


async def me(gateway: Gateway, headers: dict[str, str], status: int) -> Json:
    """What the platform says of the caller, as soon as it answers so."""
    for _ in range(60):
        answer = await gateway.http.get("/v1/me", headers=headers)
        if answer.status_code == status:
            break
        await asyncio.sleep(0.05)
    assert answer.status_code == status, answer.text
    return dict(answer.json())


@pytest.mark.duty("D02", "baoji-2017 §10")
async def test_a_reviewer_on_loan_acts_for_the_department_that_has_none(gateway: Gateway) -> None:
    person = await log_in(gateway, REVIEWER)
    education = str(gateway.department("education"))
    acting = person | {"x-huitong-acting-for": education}
    assert (await me(gateway, acting, 403))["code"] == "reviewer-not-lent"
    made = await lend(gateway)
    assert made.status_code == 201, made.text
    as_lent = await me(gateway, acting, 200)
    assert as_lent["department"]["id"] == education
    assert set(as_lent["permissions"]) == {p.value for p in REVIEW}
    at_home = await me(gateway, person, 200)
    assert at_home["department"]["id"] == str(gateway.department("market-regulation"))
    # The same person, so whoever compiled an entry is known as its compiler there too.
    assert as_lent["id"] == at_home["id"]
    publish = await gateway.http.post(f"/v1/resources/{new_id()}/publish", json={}, headers=acting)
    assert publish.status_code == 403
    other = person | {"x-huitong-acting-for": str(gateway.department("tax"))}
    assert (await me(gateway, other, 403))["code"] == "reviewer-not-lent"
    machine = await gateway.bearer("tax") | {"x-huitong-acting-for": education}
    assert (await me(gateway, machine, 403))["code"] == "reviewer-not-lent"
    security = await log_in_to_platform(gateway, "platform.security")
    path = f"/v1/reviewer-loans/{made.json()['id']}/end"
    ended = await gateway.http.post(path, headers=security)
    assert ended.json()["ended_at"] is not None
    assert (await me(gateway, acting, 403))["code"] == "reviewer-not-lent"
    again = await gateway.http.post(path, headers=security)
    assert (again.status_code, again.json()["code"]) == (409, "reviewer-loan-ended")
    listed = (await gateway.http.get("/v1/reviewer-loans", headers=security)).json()["items"]
    assert [loan["id"] for loan in listed] == [made.json()["id"]]


async def test_a_loan_is_refused_where_it_cannot_be(gateway: Gateway) -> None:
    past = (clock.now() - timedelta(days=1)).isoformat()
    for otherwise, status, code in (
        ({"until": past}, 409, "reviewer-loan-not-possible"),
        ({"department": str(gateway.department("market-regulation"))}, 409, None),
        ({"department": str(new_id())}, 404, "not-found"),
        ({"operator": str(new_id())}, 404, "not-found"),
        ({"until": "2027-01-01T00:00:00"}, 422, "malformed"),
        ({"until": "9999-12-31T23:59:59Z"}, 409, "reviewer-loan-not-possible"),
        ({"basis": ""}, 422, "malformed"),
    ):
        answer = await lend(gateway, **otherwise)
        assert answer.status_code == status, answer.text
        assert code is None or answer.json()["code"] == code
    administrator = await log_in(gateway, "education.administrator")
    refused = await gateway.http.get("/v1/reviewer-loans", headers=administrator)
    assert refused.status_code == 403
