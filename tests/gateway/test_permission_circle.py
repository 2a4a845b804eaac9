"""Outside its circle of knowledge a grant is unknown, and unusable where one must be named."""

import asyncio
from datetime import timedelta
from itertools import product
from uuid import UUID

import pytest

from gateway.consumers import on_grant_circle_changed, on_grant_issued
from gateway.decision import decide
from gateway.live import LiveGrant, Member
from gateway.models import ClientAddresses, GrantCopy
from gateway.rules import RULES
from shared import clock
from shared.events.requests import GrantCircleChanged, GrantIssued
from shared.ids import new_id
from shared.principal import Permission, PrincipalKind
from tests.gateway.conftest import Gateway
from tests.gateway.test_permission_suspension import AT, CALL, HERE, fresh

ARTICLE = "baoji-2017 §15(4)"


@pytest.mark.duty("D38", "baoji-2017 §15(4)")
def test_every_circle_and_every_member_is_decided_as_the_law_says() -> None:
    department, inside = new_id(), new_id()
    circles: tuple[frozenset[UUID] | None, ...] = (None, frozenset(), frozenset({inside, new_id()}))
    for rule, kind, circle, named, article, suspended in product(
        [r for r in RULES if r.data],
        PrincipalKind,
        circles,
        (True, False),
        (None, ARTICLE),
        (None, "baoji-2017 §29"),
    ):
        identity = inside if named else new_id()
        member = Member(kind, identity, department, frozenset(Permission), addresses=HERE)
        grant = LiveGrant(
            id=new_id(),
            resource=new_id(),
            grantee=department,
            purpose="核验",
            grade="sensitive",
            valid_from=AT - timedelta(days=1),
            valid_until=None,
            revoked=False,
            circle=circle,
            circle_article=article,
        )
        refusal = decide(rule, member, grant.id, grant, suspended, fresh(), CALL, AT).refusal
        expected = (
            (404, "grant-unknown", None)
            if circle is not None and member.id not in circle
            else (403, "department-suspended", suspended)
            if suspended
            else (409, "grant-circle-missing", ARTICLE)
            if circle is None and article
            else None
        )
        found = (refusal.status, refusal.code, refusal.article) if refusal else None
        assert found == expected


@pytest.mark.duty("D38", "baoji-2017 §15(4)")
async def test_a_machine_outside_the_circle_cannot_tell_that_the_grant_exists(
    gateway: Gateway,
) -> None:
    inside, _ = gateway.client("tax", "system")
    grant = await gateway.grant("tax", circle=[UUID(inside)])
    path = f"/v1/grants/{grant}/changes"
    headers = await gateway.bearer("tax", "system")
    assert (await gateway.http.get(path, headers=headers)).status_code == 200
    outside = await gateway.bearer("tax", "front-end-machine")
    hidden = await gateway.http.get(path, headers=outside)
    absent = await gateway.http.get(f"/v1/grants/{new_id()}/changes", headers=outside)
    assert hidden.status_code == absent.status_code == 404
    told, nothing = hidden.json(), absent.json()
    assert told.pop("request_id") != nothing.pop("request_id")
    assert told == nothing
    assert len(gateway.behind.seen) == 1
    # Naming somebody of another department lets nobody in.
    foreign, _ = gateway.client("education")
    grant = await gateway.grant("tax", circle=[UUID(foreign)])
    answer = await gateway.http.get(
        f"/v1/grants/{grant}/changes", headers=await gateway.bearer("education")
    )
    assert answer.status_code == 404


@pytest.mark.duty("D38", "baoji-2017 §15(4)")
async def test_a_sensitive_grant_gives_no_data_before_its_circle_is_named(
    gateway: Gateway,
) -> None:
    grant = new_id()
    issued = GrantIssued(
        at=clock.now(),
        actor="operator:provider",
        department=gateway.department("civil-affairs"),
        aggregate=grant,
        grant=grant,
        request=new_id(),
        resource=new_id(),
        resource_version=1,
        provider=gateway.department("civil-affairs"),
        grantee=gateway.department("tax"),
        purpose="核验",
        items=["uscc"],
        grade="sensitive",
        valid_from=clock.now() - timedelta(minutes=1),
        valid_until=None,
        circle_article=ARTICLE,
        source_sequence=1,
    )
    async with gateway.sessions.begin() as session:
        await on_grant_issued(session, issued)
    await asyncio.sleep(0.2)
    path = f"/v1/grants/{grant}/changes"
    headers = await gateway.bearer("tax")
    answer = await gateway.http.get(path, headers=headers)
    assert answer.status_code == 409
    assert (answer.json()["code"], answer.json()["article"]) == ("grant-circle-missing", ARTICLE)
    assert gateway.behind.seen == []
    await circle(gateway, issued, 2, gateway.client("tax")[0])
    await register_address(gateway, "tax")
    assert (await gateway.http.get(path, headers=headers)).status_code == 200
    await circle(gateway, issued, 3, gateway.client("tax", "front-end-machine")[0])
    assert (await gateway.http.get(path, headers=headers)).status_code == 404
    async with gateway.sessions() as session:
        kept = await session.get(GrantCopy, grant)
    assert kept is not None
    assert kept.sequence == 3


async def register_address(gateway: Gateway, short_name: str) -> None:
    """The department's system calls from here, as its department registered."""
    async with gateway.sessions.begin() as session:
        machine = UUID(gateway.client(short_name)[0])
        session.add(ClientAddresses(client=machine, networks=["127.0.0.0/8"], version=1))
    await asyncio.sleep(0.2)


async def circle(gateway: Gateway, issued: GrantIssued, sequence: int, member: str) -> None:
    """The gateway hears that only this member may use the grant."""
    event = GrantCircleChanged(
        at=clock.now(),
        actor="operator:administrator",
        department=issued.grantee,
        aggregate=issued.grant,
        version=sequence,
        grant=issued.grant,
        circle=[UUID(member)],
        source_sequence=sequence,
    )
    async with gateway.sessions.begin() as session:
        await on_grant_circle_changed(session, event)
    await asyncio.sleep(0.2)
