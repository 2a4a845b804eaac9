"""A suspended department gives and cannot take: the decision, and the door over a real port."""

import asyncio
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from itertools import product
from uuid import UUID, uuid4

import pytest

from gateway.consumers import on_department_suspended, on_suspension_lifted
from gateway.decision import decide
from gateway.demands import Call
from gateway.live import LiveGrant, Member
from gateway.rules import RULES, Rule
from shared import clock
from shared.events.requests import DepartmentSuspended, SuspensionLifted
from shared.ids import new_id
from shared.lease import Beat, Lease
from shared.principal import Permission, PrincipalKind
from tests.gateway.conftest import Gateway

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
ARTICLE = "baoji-2017 §29"
# Somebody who brings everything that any grade demands.
CALL = Call(acr="password+totp", address="10.1.1.7", end_user="u-1", matter="m-1")
HERE = (ip_network("10.1.0.0/16"),)


def fresh(age: timedelta = timedelta(0)) -> Lease:
    """What is known of the freshness of grants and suspensions."""
    lease = Lease()
    lease.beat(Beat(at=AT - age, sequence=0, oldest_unsent=None))
    return lease


def granted(grantee: UUID, *, revoked: bool = False) -> LiveGrant:
    """A grant of that department."""
    return LiveGrant(
        id=new_id(),
        resource=new_id(),
        grantee=grantee,
        purpose="核验",
        grade="ordinary",
        valid_from=AT - timedelta(days=1),
        valid_until=None,
        revoked=revoked,
    )


@pytest.mark.duty("D27", "baoji-2017 §29")
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.operation))
def test_a_suspension_takes_the_operations_on_others_data_and_nothing_else(rule: Rule) -> None:
    member = Member(PrincipalKind.CLIENT, new_id(), new_id(), frozenset(Permission))
    grant = granted(member.department)
    for suspended_under in (None, ARTICLE):
        decision = decide(rule, member, grant.id, grant, suspended_under, fresh(), CALL, AT)
        if rule.data and suspended_under:
            assert decision.refusal is not None
            assert (decision.refusal.code, decision.refusal.status) == ("department-suspended", 403)
            assert decision.refusal.article == ARTICLE
        else:
            assert decision.refusal is None


def test_every_reason_to_refuse_has_its_place_before_or_after_the_suspension() -> None:
    """What a caller may not know of stays unknown; a stale copy refuses nobody by name first."""
    (rule,) = [r for r in RULES if r.path == "/v1/grants/{grant}/changes"]
    department = new_id()
    for permitted, own, revoked, suspended, stale in product((True, False), repeat=5):
        permissions = frozenset(Permission) if permitted else frozenset[Permission]()
        member = Member(PrincipalKind.CLIENT, new_id(), department, permissions)
        grant = granted(department if own else new_id(), revoked=revoked)
        lease = fresh(timedelta(days=1) if stale else timedelta(0))
        article = ARTICLE if suspended else None
        refusal = decide(rule, member, grant.id, grant, article, lease, CALL, AT).refusal
        expected = (
            "permission-missing"
            if not permitted
            else "grant-unknown"
            if not own or revoked
            else "department-suspended"
            if suspended
            else "grants-stale"
            if stale
            else None
        )
        assert (refusal.code if refusal else None) == expected


@pytest.mark.duty("D27", "baoji-2017 §29")
async def test_a_suspended_department_gives_and_cannot_take_until_it_is_lifted(
    gateway: Gateway,
) -> None:
    grant = await gateway.grant("tax")
    other = await gateway.grant("education")
    tax, education = await gateway.bearer("tax"), await gateway.bearer("education")
    data = (
        ("GET", f"/v1/grants/{grant}/changes"),
        ("GET", f"/v1/grants/{grant}/snapshot"),
        ("POST", f"/v1/grants/{grant}/lookup"),
    )
    gives = f"/v1/resources/{uuid4()}/batches"
    began = await suspend(gateway, "tax")
    reached = len(gateway.behind.seen)
    for method, path in data:
        answer = await gateway.http.request(method, path, headers=tax)
        assert answer.status_code == 403, answer.text
        problem = answer.json()
        assert (problem["code"], problem["article"]) == ("department-suspended", ARTICLE)
    assert len(gateway.behind.seen) == reached
    # It keeps giving, and everybody else keeps taking.
    assert (await gateway.http.post(gives, content=b"a", headers=tax)).status_code == 200
    path = f"/v1/grants/{other}/changes"
    assert (await gateway.http.get(path, headers=education)).status_code == 200
    # A grant of somebody else stays unknown to it.
    assert (await gateway.http.get(path, headers=tax)).status_code == 404
    await lift(gateway, began)
    assert (await gateway.http.get(data[0][1], headers=tax)).status_code == 200


@pytest.mark.duty("D27", "baoji-2017 §29")
async def test_a_suspension_that_may_not_have_been_heard_stops_data_within_the_leases_bound(
    gateway: Gateway,
) -> None:
    grant = await gateway.grant("tax")
    headers = await gateway.bearer("tax")
    path = f"/v1/grants/{grant}/changes"
    assert (await gateway.http.get(path, headers=headers)).status_code == 200
    with clock.turn(clock.now() + timedelta(seconds=301)):
        answer = await gateway.http.get(path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (503, "grants-stale")


async def suspend(gateway: Gateway, short_name: str) -> DepartmentSuspended:
    """The gateway hears that a department is suspended."""
    suspension = new_id()
    event = DepartmentSuspended(
        at=clock.now(),
        actor="operator:coordinator",
        department=gateway.department("data-bureau"),
        aggregate=suspension,
        suspension=suspension,
        suspended=gateway.department(short_name),
        violation="outside-duties",
        reason="未在期限内整改",
        notified_on=AT.date(),
        rectify_by=AT.date(),
        article=ARTICLE,
        rulebook="baoji-2017",
        rulebook_version="baoji-2017@1",
        source_sequence=1,
    )
    async with gateway.sessions.begin() as session:
        await on_department_suspended(session, event)
    await asyncio.sleep(0.2)
    return event


async def lift(gateway: Gateway, began: DepartmentSuspended) -> None:
    """The gateway hears that the suspension is lifted."""
    event = SuspensionLifted(
        at=clock.now(),
        actor=began.actor,
        department=began.department,
        aggregate=began.suspension,
        version=2,
        suspension=began.suspension,
        suspended=began.suspended,
        since=began.at,
        article=began.article,
        reason="已整改",
        source_sequence=2,
    )
    async with gateway.sessions.begin() as session:
        await on_suspension_lifted(session, event)
    await asyncio.sleep(0.2)
