"""A succession over a real port: planned, previewed, carried out once, and told."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select

from gateway.consumers import on_department_suspended
from gateway.departments.rules import day_begins
from gateway.models import Client, Deputy, GrantCopy, Operator, Outbox, RequestCopy, ResourceCopy
from gateway.successions import copies
from gateway.successions.carrying_out import carry_out
from shared import clock
from shared.events import catalog, exchange, requests
from shared.events.requests import DepartmentSuspended, GrantHandedOver
from shared.ids import new_id
from tests.gateway.conftest import Gateway
from tests.gateway.logging_in import log_in, log_in_to_platform

BASIS = "锡委发〔2026〕58号"
SHANGHAI = "Asia/Shanghai"
Json = dict[str, Any]  # the edge: what is sent and what an answer says


def tomorrow() -> date:
    return clock.local_date(clock.now(), SHANGHAI) + timedelta(days=1)


def begins() -> datetime:
    return day_begins(tomorrow(), SHANGHAI)


async def call(
    gateway: Gateway, method: str, path: str = "", body: Json | None = None, **headers: str
) -> httpx.Response:
    """A call as the keeper of the city's registry."""
    sent = await log_in_to_platform(gateway, "platform.system")
    sent |= {"idempotency-key": f"key-{new_id()}"} if method == "POST" and not path else {}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return await gateway.http.request(method, f"/v1/successions{path}", json=body, headers=sent)


def merger(gateway: Gateway, **otherwise: object) -> Json:
    return {
        "kind": "merge",
        "predecessors": [str(gateway.department("education"))],
        "successors": [str(gateway.department("tax"))],
        "effective_on": str(tomorrow()),
        "basis": BASIS,
        **otherwise,
    }


async def planned(gateway: Gateway, **otherwise: object) -> Json:
    made = await call(gateway, "POST", body=merger(gateway, **otherwise))
    assert made.status_code == 201, made.text
    return dict(made.json())


async def fill(gateway: Gateway) -> dict[str, UUID]:
    """Something of everything for the department of education."""
    education, tax = gateway.department("education"), gateway.department("tax")
    other = gateway.department("market-regulation")
    resource, request = new_id(), new_id()
    held = await gateway.grant("education")
    given = await gateway.grant("market-regulation")
    async with gateway.sessions.begin() as session:
        session.add(
            ResourceCopy(
                id=resource, heard=3, provider=education, name="学籍信息", in_catalogue=True
            )
        )
        session.add(
            RequestCopy(
                id=request, resource=resource, requester=other, provider=education, is_open=True
            )
        )
        row = await session.get_one(GrantCopy, given)
        row.provider, row.resource = education, resource
    return {"resource": resource, "held": held, "given": given, "request": request, "tax": tax}


async def told(gateway: Gateway) -> list[Json]:
    async with gateway.sessions() as session:
        return list((await session.scalars(select(Outbox.body).order_by(Outbox.id))).all())


@pytest.mark.duty("D28", "baoji-2017 §10", "baoji-2017 §28")
async def test_a_preview_says_exactly_what_would_move(gateway: Gateway) -> None:
    has = await fill(gateway)
    plan = await planned(gateway)
    assert plan["state"] == "planned"
    preview = (await call(gateway, "GET", f"/{plan['id']}/preview")).json()
    assert preview["hindrances"] == []
    counted = {total["kind"]: total["count"] for total in preview["totals"]}
    assert counted == {
        "resource": 1,
        "grant-held": 1,
        "grant-given": 1,
        "request-asked": 1,
        "client": 1,
        "operator": 1,
    }
    assert {move["heir"] for move in preview["moves"]} == {str(has["tax"])}
    assert {m["id"] for m in preview["moves"]} >= {
        str(has[n]) for n in ("resource", "held", "given")
    }
    names = [party["name"] for party in preview["parties"]]
    assert names[0] == "无锡市教育局"
    assert len(names) == 2


async def test_on_its_day_clients_and_people_act_for_the_successor(gateway: Gateway) -> None:
    plan = await planned(gateway)
    token = await gateway.bearer("education")
    person = await log_in(gateway, "education.administrator")
    assert await carry_out(gateway.sessions, begins() - timedelta(seconds=1)) == 0
    assert await carry_out(gateway.sessions, begins()) == 1
    assert await carry_out(gateway.sessions, begins()) == 0
    for headers in (token, person):
        for _ in range(40):
            me = (await gateway.http.get("/v1/me", headers=headers)).json()
            if me["department"]["id"] == str(gateway.department("tax")):
                break
            await asyncio.sleep(0.05)
        assert me["department"]["id"] == str(gateway.department("tax"))
    before = await gateway.http.get(
        f"/v1/departments/{gateway.department('education')}", headers=token
    )
    assert (before.json()["status"], before.json()["name"]) == ("merged", "无锡市教育局")
    assert datetime.fromisoformat(before.json()["since"]) == begins()
    events = [event for event in await told(gateway) if "department-" in event["type"]][-2:]
    assert [event["type"] for event in events] == [
        "gateway.department-changed.v1",
        "gateway.department-succeeded.v1",
    ]
    said = events[1]["data"]
    assert said["successor"] == str(gateway.department("tax"))
    assert said["succession"] == plan["id"]
    assert len(said["members"]) == 2
    shown = (await call(gateway, "GET", f"/{plan['id']}")).json()
    assert shown["state"] == "carried-out"
    assert {step["applied_at"] for step in shown["steps"]} == {None}


async def test_it_is_settled_when_every_service_has_applied_it(gateway: Gateway) -> None:
    plan = await planned(gateway)
    await carry_out(gateway.sessions, begins())
    education = gateway.department("education")
    facts: Json = {
        "at": clock.now(),
        "actor": "service:x",
        "department": None,
        "aggregate": education,
        "succession": UUID(plan["id"]),
        "owner": education,
    }
    events: list[copies.Applied] = [
        catalog.SuccessionApplied(**facts, moved=3),
        requests.SuccessionApplied(**facts, moved=2),
        exchange.SuccessionApplied(**facts, of="resources"),
        exchange.SuccessionApplied(**facts, of="grants"),
    ]
    for heard, event in enumerate(events, start=1):
        async with gateway.sessions.begin() as session:
            await copies.on_applied(session, event)
            await copies.on_applied(session, event)
        shown = (await call(gateway, "GET", f"/{plan['id']}")).json()
        assert sum(step["applied_at"] is not None for step in shown["steps"]) == heard
    assert shown["state"] == "settled"
    assert {step["moved"] for step in shown["steps"]} == {3, 2, None}


async def test_a_cancelled_plan_is_never_carried_out(gateway: Gateway) -> None:
    plan = await planned(gateway)
    again = await call(gateway, "POST", body=merger(gateway))
    assert (again.status_code, again.json()["code"]) == (409, "succession-planned-already")
    assert (await call(gateway, "POST", f"/{plan['id']}/cancel")).json()["state"] == "cancelled"
    once_more = await call(gateway, "POST", f"/{plan['id']}/cancel")
    assert (once_more.status_code, once_more.json()["code"]) == (409, "succession-settled")
    assert await carry_out(gateway.sessions, begins() + timedelta(days=1)) == 0
    await planned(gateway)


async def test_what_hinders_is_said_and_when_it_is_gone_the_plan_is_carried_out(
    gateway: Gateway,
) -> None:
    has = await fill(gateway)
    plan = await planned(gateway, kind="abolish", successors=[])
    preview = (await call(gateway, "GET", f"/{plan['id']}/preview")).json()
    assert [h["code"] for h in preview["hindrances"]] == ["resource-without-heir"]
    assert preview["hindrances"][0]["thing"] == str(has["resource"])
    assert await carry_out(gateway.sessions, begins()) == 0
    shown = (await call(gateway, "GET", f"/{plan['id']}")).json()
    assert (shown["state"], shown["hindered_by"][:21]) == ("planned", "resource-without-heir")
    body = merger(gateway, kind="abolish") | {
        "resources": [{"thing": str(has["resource"]), "successor": str(has["tax"])}]
    }
    path = f"/{plan['id']}"
    assert (await call(gateway, "PUT", path, body)).status_code == 428
    assert (await call(gateway, "PUT", path, body, if_match='"9"')).status_code == 412
    changed = await call(gateway, "PUT", path, body, if_match='"1"')
    assert (changed.status_code, changed.json()["version"]) == (200, 2)
    assert await carry_out(gateway.sessions, begins()) == 1
    async with gateway.sessions() as session:
        clients = select(func.count()).where(
            Client.department == gateway.department("education"), Client.revoked_at.is_(None)
        )
        people = select(func.count()).where(
            Operator.department == gateway.department("education"), Operator.disabled_at.is_(None)
        )
        assert (await session.scalar(clients), await session.scalar(people)) == (0, 0)
    assert "gateway.client-revoked.v1" in [event["type"] for event in await told(gateway)]


@pytest.mark.duty("D27", "baoji-2017 §29")
async def test_a_suspended_department_is_not_merged_before_that_is_confirmed(
    gateway: Gateway,
) -> None:
    suspended = gateway.department("education")
    event = DepartmentSuspended(
        at=clock.now(),
        actor="operator:x",
        department=new_id(),
        aggregate=new_id(),
        suspension=new_id(),
        suspended=suspended,
        violation="v",
        reason="r",
        notified_on=date(2026, 1, 1),
        rectify_by=date(2026, 2, 1),
        article="baoji-2017 §29",
        rulebook="baoji-2017",
        rulebook_version="1",
    )
    async with gateway.sessions.begin() as session:
        await on_department_suspended(session, event)
    plan = await planned(gateway)
    assert await carry_out(gateway.sessions, begins()) == 0
    body = merger(gateway, suspension_passes=True)
    await call(gateway, "PUT", f"/{plan['id']}", body, if_match='"1"')
    assert await carry_out(gateway.sessions, begins()) == 1


async def test_a_rename_by_a_plan_gives_new_names_and_moves_nothing(gateway: Gateway) -> None:
    plan = await planned(
        gateway, kind="rename", successors=[], renamed={"name": "无锡市教育体育局"}
    )
    assert await carry_out(gateway.sessions, begins()) == 1
    shown = (await call(gateway, "GET", f"/{plan['id']}")).json()
    assert shown["state"] == "settled"
    token = await gateway.bearer("education")
    me = (await gateway.http.get("/v1/me", headers=token)).json()
    assert me["department"]["name"] == "无锡市教育体育局"
    assert [e["type"] for e in await told(gateway)][-1] == "gateway.department-changed.v1"


async def test_a_grant_that_was_handed_over_is_its_new_holders_at_the_door(
    gateway: Gateway,
) -> None:
    grant = await gateway.grant("education")
    tax = gateway.department("tax")
    event = GrantHandedOver(
        at=clock.now(),
        actor="service:requests",
        department=None,
        aggregate=grant,
        succession=new_id(),
        grant=grant,
        resource=new_id(),
        provider=gateway.department("civil-affairs"),
        grantee=tax,
        source_sequence=2,
    )
    async with gateway.sessions.begin() as session:
        await copies.on_grant_handed_over(session, event)
    for _ in range(40):
        await gateway.beat()
        answer = await gateway.http.get(
            f"/v1/grants/{grant}/changes", headers=await gateway.bearer("tax")
        )
        if answer.status_code == 200:
            break
    assert answer.status_code == 200
    gone = await gateway.http.get(
        f"/v1/grants/{grant}/changes", headers=await gateway.bearer("education")
    )
    assert gone.status_code == 404


async def test_a_plan_is_refused_where_it_contradicts_what_is_there(gateway: Gateway) -> None:
    education, tax = str(gateway.department("education")), str(gateway.department("tax"))
    yesterday = clock.local_date(clock.now(), SHANGHAI) - timedelta(days=1)
    for otherwise, status, code in (
        ({"effective_on": str(yesterday)}, 409, "department-day-past"),
        ({"successors": [education]}, 409, "succession-contradicts"),
        ({"successors": [str(new_id())]}, 404, "not-found"),
        ({"kind": "split"}, 409, "succession-contradicts"),
        ({"kind": "rename", "successors": []}, 409, "succession-contradicts"),
        (
            {"resources": [{"thing": tax, "successor": str(new_id())}]},
            409,
            "succession-contradicts",
        ),
        ({"predecessors": []}, 422, "malformed"),
        ({"kind": "dissolve"}, 422, "malformed"),
        ({"effective_on": "9999-99-99"}, 422, "malformed"),
        ({"effective_on": "0001-01-01"}, 409, "department-day-past"),
        ({"basis": "x\x00y令"}, 422, "malformed"),
    ):
        answer = await call(gateway, "POST", body=merger(gateway, **otherwise))
        assert (answer.status_code, answer.json()["code"]) == (status, code), (
            otherwise,
            answer.text,
        )
    assert (await call(gateway, "GET", f"/{new_id()}")).status_code == 404
    far = await call(gateway, "POST", body=merger(gateway, effective_on="9999-12-31"))
    assert far.status_code == 201, far.text


async def test_an_ended_department_takes_no_new_client_and_no_second_end(gateway: Gateway) -> None:
    await planned(gateway)
    await carry_out(gateway.sessions, begins())
    headers = await log_in_to_platform(gateway, "platform.system")
    refused = await gateway.http.post(
        "/v1/clients",
        json={
            "name": "新前置机",
            "kind": "front-end-machine",
            "department": str(gateway.department("education")),
        },
        headers=headers | {"idempotency-key": "new-client"},
    )
    assert (refused.status_code, refused.json()["code"]) == (409, "department-ended")
    again = await call(gateway, "POST", body=merger(gateway))
    assert (again.status_code, again.json()["code"]) == (409, "department-ended")


async def test_a_deputy_of_another_department_acts_for_nobody(gateway: Gateway) -> None:
    """A split parts two colleagues; those who stay together stay deputies."""
    education, tax = gateway.department("education"), gateway.department("tax")
    people = [new_id() for _ in range(3)]
    parted, together = new_id(), new_id()
    async with gateway.sessions.begin() as session:
        for n, person in enumerate(people):
            session.add(
                Operator(
                    id=person,
                    department=education,
                    username=f"clerk.{n}",
                    password_hash="none",
                    roles=["compiler"],
                    registered_at=clock.now(),
                )
            )
        await session.flush()
        for identity, deputy in ((parted, people[1]), (together, people[2])):
            session.add(
                Deputy(
                    id=identity,
                    operator=people[0],
                    deputy=deputy,
                    owner=education,
                    since=clock.now(),
                    until=begins() + timedelta(days=30),
                    named_by=people[0],
                    named_at=clock.now(),
                )
            )
    members = [{"thing": str(people[1]), "successor": str(gateway.department("civil-affairs"))}]
    await planned(
        gateway,
        kind="split",
        successors=[str(tax), str(gateway.department("civil-affairs"))],
        successor=str(tax),
        members=members,
    )
    assert await carry_out(gateway.sessions, begins()) == 1
    async with gateway.sessions() as session:
        first = await session.get_one(Deputy, parted)
        second = await session.get_one(Deputy, together)
    assert (first.ended_at, second.ended_at) == (begins(), None)
    assert second.owner == tax
    assert "gateway.deputy-ended.v1" in [event["type"] for event in await told(gateway)]
