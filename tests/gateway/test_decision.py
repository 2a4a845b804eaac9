"""Deciding: every combination of permission, grant, circle, suspension and freshness."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from itertools import product
from uuid import UUID

import pytest

from gateway.decision import decide
from gateway.demands import Call
from gateway.live import LiveGrant, Member
from gateway.roles import CLIENTS, ROLES, ClientKind, Role, permissions_of
from gateway.rules import RULES, Rule
from shared.ids import new_id
from shared.lease import Beat, Lease
from shared.principal import Permission, PrincipalKind

AT = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
# From where the member's machine is registered: what else a grade demands has its own tests.
CALL = Call(acr="client-secret", address="10.1.2.3", end_user=None, matter=None)
HERE = (ip_network("10.1.0.0/16"),)
MINE, OTHER = new_id(), new_id()
DATA = next(rule for rule in RULES if rule.data)
PLAIN = next(rule for rule in RULES if not rule.data)


def lease_of(age: float) -> Lease:
    held = Lease()
    held.beat(Beat(AT - timedelta(seconds=age), 0, None))
    return held


def member(*permissions: Permission) -> Member:
    return Member(PrincipalKind.CLIENT, new_id(), MINE, frozenset(permissions), addresses=HERE)


def grant(
    grantee: UUID = MINE,
    *,
    grade: str = "ordinary",
    since: float = -60,
    until: float | None = None,
    revoked: bool = False,
    circle: frozenset[UUID] | None = None,
    circle_article: str | None = None,
) -> LiveGrant:
    return LiveGrant(
        id=new_id(),
        resource=new_id(),
        grantee=grantee,
        purpose="核验",
        grade=grade,
        valid_from=AT + timedelta(seconds=since),
        valid_until=None if until is None else AT + timedelta(seconds=until),
        revoked=revoked,
        circle=circle,
        circle_article=circle_article,
    )


GRANTS = {
    "good": grant(),
    "sensitive": grant(grade="sensitive"),
    "of an unknown grade": grant(grade="?"),
    "until later": grant(until=1),
    "unknown": None,
    "another's": grant(OTHER),
    "not yet": grant(since=1),
    "ended this moment": grant(until=0),
    "revoked": grant(revoked=True),
    "without me": grant(circle=frozenset()),
    "without its circle": grant(circle_article="baoji-2017 §15(4)"),
}
OPEN = {"good", "sensitive", "of an unknown grade", "until later"}
HIDDEN = {"unknown", "another's", "not yet", "ended this moment", "revoked", "without me"}


@pytest.mark.duty("D44", "jiangsu-2017 §16(2)")
@pytest.mark.parametrize(
    ("end_user", "matter", "code"),
    [(None, None, "end-user-missing"), ("c-7", None, "matter-missing"), ("c-7", "2026-1", None)],
)
def test_a_service_counter_asks_for_a_matter_and_its_clerk_whatever_the_data_is(
    end_user: str | None, matter: str | None, code: str | None
) -> None:
    counter = next(rule for rule in RULES if rule.path.endswith("/counter"))
    call = Call(acr="client-secret", address="10.1.2.3", end_user=end_user, matter=matter)
    known, who = grant(), member(counter.permission)
    refusal = decide(counter, who, known.id, known, None, lease_of(0), call, AT).refusal
    assert (refusal and refusal.code) == code


@pytest.mark.duty("D23", "baoji-2017 §4(4)", "baoji-2017 §18")
@pytest.mark.parametrize(
    ("permitted", "name", "suspended", "age"),
    list(product([True, False], GRANTS, [None, "baoji-2017 §29"], [0.0, 60.0, 301.0])),
)
def test_data_flows_in_exactly_the_one_case(
    permitted: bool, name: str, suspended: str | None, age: float
) -> None:
    known = GRANTS[name]
    who = member(*([DATA.permission] if permitted else []))
    named = known.id if known else new_id()
    refusal = decide(DATA, who, named, known, suspended, lease_of(age), CALL, AT).refusal
    fresh = age <= (300 if name in ("good", "until later") else 30)
    if permitted and name in OPEN and suspended is None and fresh:
        assert refusal is None
        return
    assert refusal is not None
    if not permitted:
        assert refusal.code == "permission-missing"
    elif name in HIDDEN:
        assert (refusal.code, refusal.status) == ("grant-unknown", 404)
        assert refusal.detail == "There is no such grant."
    elif suspended is not None:
        assert refusal.code == "department-suspended"
    elif name == "without its circle":
        assert refusal.code == "grant-circle-missing"
    else:
        assert (refusal.code, refusal.status) == ("grants-stale", 503)


@pytest.mark.parametrize("known", list(GRANTS.values()))
def test_work_that_moves_no_data_needs_the_permission_alone(known: LiveGrant | None) -> None:
    for suspended, age in product([None, "baoji-2017 §29"], [0.0, 10_000.0]):
        who = member(PLAIN.permission)
        decision = decide(PLAIN, who, None, known, suspended, lease_of(age), CALL, AT)
        assert decision.refusal is None
        # A record names a grant only to the department that holds it.
        assert decision.grant in (None, known)
        if known is not None and known.grantee != MINE:
            assert decision.grant is None
        refused = decide(PLAIN, member(), None, known, suspended, lease_of(age), CALL, AT)
        assert refused.refusal is not None


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.operation)
def test_every_operation_is_refused_to_whoever_has_all_permissions_but_its_own(rule: Rule) -> None:
    others = member(*(set(Permission) - {rule.permission}))
    known = grant()
    refusal = decide(rule, others, known.id, known, None, lease_of(0), CALL, AT).refusal
    assert refusal is not None
    assert (refusal.code, refusal.status) == ("permission-missing", 403)


@pytest.mark.duty("D28", "baoji-2017 §10")
def test_no_role_compiles_and_reviews_and_the_three_administrators_share_no_power() -> None:
    for permissions in ROLES.values():
        assert not {Permission.RESOURCE_COMPILE, Permission.RESOURCE_REVIEW} <= permissions
    common = permissions_of(frozenset())
    assert common == frozenset()
    everyone = frozenset.intersection(*ROLES.values())
    three = [
        # Approving a reset is the one power of two of them: it takes two people by design.
        ROLES[role] - everyone - {Permission.RECOVERY_APPROVE}
        for role in (
            Role.SYSTEM_ADMINISTRATOR,
            Role.SECURITY_ADMINISTRATOR,
            Role.AUDIT_ADMINISTRATOR,
        )
    ]
    assert sum(len(powers) for powers in three) == len(frozenset().union(*three))


def test_no_supervisor_changes_anything_and_no_front_end_machine_looks_up() -> None:
    assert Permission.DATA_LOOKUP not in CLIENTS[ClientKind.FRONT_END_MACHINE]
    others = ROLES[Role.SUPERVISOR] - {Permission.PROFILE_MANAGE}  # Its own second factor.
    assert {p.value.partition(":")[2] for p in others} <= {"read", "prove", "oversee"}
