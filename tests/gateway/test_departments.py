"""Departments change by the day: now or on a later one, and never backwards."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from gateway.departments import rules
from gateway.departments.rules import Level
from gateway.departments.schemas import DepartmentBody
from gateway.departments.taking_effect import take_effect
from gateway.departments.usecases import register_department
from gateway.identity import usecases as identity_usecases
from gateway.identity.schemas import OperatorBody
from gateway.models import Outbox, Particulars
from gateway.roles import Role
from shared import clock
from shared.ids import new_id
from tests.callers import Principals
from tests.gateway.conftest import Gateway
from tests.gateway.logging_in import log_in, log_in_to_platform

BASIS = "锡编办发〔2026〕41号"
SHANGHAI = "Asia/Shanghai"
Json = dict[str, Any]  # the edge: what an answer says


async def keeper(gateway: Gateway) -> dict[str, str]:
    """The header of whoever keeps the city's registry."""
    return await log_in_to_platform(gateway, "platform.system")


async def change(
    gateway: Gateway, department: UUID, if_match: str | None = '"1"', **said: object
) -> httpx.Response:
    """Change a department, as the keeper of the city's registry."""
    headers = await keeper(gateway) | {"idempotency-key": f"change-{new_id()}"}
    if if_match is not None:
        headers["if-match"] = if_match
    return await gateway.http.post(
        f"/v1/departments/{department}/changes", json={"basis": BASIS, **said}, headers=headers
    )


async def read(gateway: Gateway, path: str) -> Json:
    answer = await gateway.http.get(path, headers=await gateway.bearer("tax"))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


@pytest.mark.parametrize(
    ("region", "level"),
    [
        ("320000", Level.PROVINCE),
        ("320000/320200", Level.CITY),
        ("320000/320200/320282", Level.COUNTY),
        ("320000/320200/320282/320299", Level.TOWNSHIP),
    ],
)
def test_the_level_follows_from_the_region(region: str, level: Level) -> None:
    assert rules.level_of(region) is level


def test_a_day_begins_where_the_installation_stands() -> None:
    begins = rules.day_begins(date(2027, 1, 1), SHANGHAI)
    assert begins.astimezone(UTC) == datetime(2026, 12, 31, 16, tzinfo=UTC)


def test_what_is_decided_for_today_holds_at_once_and_for_a_past_day_never() -> None:
    at = datetime(2026, 12, 31, 17, tzinfo=UTC)  # the first of January in Shanghai
    today = clock.local_date(at, SHANGHAI)
    assert rules.takes_effect(None, today, at, SHANGHAI) == at
    assert rules.takes_effect(date(2027, 1, 1), today, at, SHANGHAI) == at
    later = rules.takes_effect(date(2027, 1, 2), today, at, SHANGHAI)
    assert later.astimezone(UTC) == datetime(2027, 1, 1, 16, tzinfo=UTC)
    with pytest.raises(rules.DayPast):
        rules.takes_effect(date(2026, 12, 31), today, at, SHANGHAI)


@pytest.mark.parametrize(
    ("authority", "region", "may"),
    [
        ("320000/320200", "320000/320200", True),
        ("320000/320200", "320000/320200/320282", True),
        ("320000/320200/320282", "320000/320200/320282", True),
        ("320000/320200/320282", "320000/320200", False),
        ("320000/320200/320282", "320000/320200/320281", False),
        ("320000/3202", "320000/320200", False),
        (None, "320000/320200", False),
    ],
)
@pytest.mark.duty("D23", "baoji-2017 §6")
def test_an_authority_keeps_its_own_region_and_those_below(
    principal: Principals, authority: str | None, region: str, may: bool
) -> None:
    by = principal(authority=authority)
    if may:
        rules.check_region(by, region)
    else:
        with pytest.raises(rules.RegionNotYours):
            rules.check_region(by, region)


async def test_a_new_name_holds_at_once_and_the_old_one_stays_readable(gateway: Gateway) -> None:
    department = gateway.department("education")
    before = await read(gateway, f"/v1/departments/{department}")
    assert (before["level"], before["status"], before["version"]) == ("city", "active", 1)
    changed = await change(gateway, department, name="无锡市教育体育局")
    assert changed.status_code == 201, changed.text
    assert changed.json()["state"] == "taken-effect"
    now = await read(gateway, f"/v1/departments/{department}")
    assert (now["name"], now["version"], now["basis"]) == ("无锡市教育体育局", 2, BASIS)
    then = await read(gateway, f"/v1/departments/{department}?at={_sent(before['since'])}")
    assert then["name"] == before["name"]
    assert then["until"] == now["since"]
    history = (await read(gateway, f"/v1/departments/{department}/history"))["items"]
    assert [h["name"] for h in history] == ["无锡市教育体育局", before["name"]]
    listed = (await read(gateway, f"/v1/departments?at={_sent(before['since'])}"))["items"]
    assert before["name"] in {d["name"] for d in listed}
    early = await gateway.http.get(
        f"/v1/departments/{department}?at=2000-01-01T00:00:00Z",
        headers=await gateway.bearer("tax"),
    )
    assert early.status_code == 404


async def test_the_platform_is_told_of_a_change_and_of_the_name_before(gateway: Gateway) -> None:
    department = gateway.department("education")
    await change(gateway, department, name="无锡市教育体育局")
    async with gateway.sessions() as session:
        told = (await session.scalars(select(Outbox.body).order_by(Outbox.id.desc()))).first()
    assert told is not None
    assert told["type"] == "gateway.department-changed.v1"
    assert told["aggregateversion"] == 2
    assert told["data"]["formerly"] == "无锡市教育局"
    assert told["data"]["name"] == "无锡市教育体育局"
    assert told["data"]["owner"] == str(department)
    assert told["data"]["basis"] == BASIS


@pytest.mark.duty("D28", "baoji-2017 §28")
async def test_what_is_planned_takes_effect_by_itself_when_its_day_begins(gateway: Gateway) -> None:
    department = gateway.department("education")
    day = clock.local_date(clock.now(), SHANGHAI) + timedelta(days=30)
    planned = await change(gateway, department, name="无锡市教育体育局", effective_on=str(day))
    assert planned.json()["state"] == "planned"
    begins = rules.day_begins(day, SHANGHAI)
    assert datetime.fromisoformat(planned.json()["effective_at"]) == begins
    assert await take_effect(gateway.sessions, begins - timedelta(seconds=1)) == 0
    assert (await read(gateway, f"/v1/departments/{department}"))["name"] == "无锡市教育局"
    # The worker is late by two hours; the name holds since the day began all the same.
    assert await take_effect(gateway.sessions, begins + timedelta(hours=2)) == 1
    assert await take_effect(gateway.sessions, begins + timedelta(hours=3)) == 0
    async with gateway.sessions() as session:
        held = await session.scalar(
            select(Particulars).where(
                Particulars.department == department, Particulars.until.is_(None)
            )
        )
    assert held is not None
    assert (held.name, held.since) == ("无锡市教育体育局", begins)


async def test_a_planned_change_can_be_cancelled_and_then_never_holds(gateway: Gateway) -> None:
    department = gateway.department("education")
    day = clock.local_date(clock.now(), SHANGHAI) + timedelta(days=1)
    planned = (await change(gateway, department, name="另一名称", effective_on=str(day))).json()
    path = f"/v1/departments/{department}/changes/{planned['id']}/cancel"
    other = f"/v1/departments/{gateway.department('tax')}/changes/{planned['id']}/cancel"
    assert (await gateway.http.post(other, headers=await keeper(gateway))).status_code == 404
    cancelled = await gateway.http.post(path, headers=await keeper(gateway))
    assert cancelled.json()["state"] == "cancelled"
    again = await gateway.http.post(path, headers=await keeper(gateway))
    assert (again.status_code, again.json()["code"]) == (409, "department-change-settled")
    assert await take_effect(gateway.sessions, clock.now() + timedelta(days=9)) == 0
    listed = await gateway.http.get(
        f"/v1/departments/{department}/changes", headers=await keeper(gateway)
    )
    assert [c["state"] for c in listed.json()["items"]] == ["cancelled"]


async def test_what_cannot_take_effect_says_why_and_is_tried_again(gateway: Gateway) -> None:
    day = clock.local_date(clock.now(), SHANGHAI) + timedelta(days=1)
    free = "113202000000000065"
    education, tax = gateway.department("education"), gateway.department("tax")
    own = (await read(gateway, f"/v1/departments/{tax}"))["credit_code"]
    await change(gateway, education, credit_code=free, effective_on=str(day))
    await change(gateway, education, name="无锡市教育体育局", effective_on=str(day))
    assert (await change(gateway, tax, credit_code=free)).status_code == 201
    begins = rules.day_begins(day, SHANGHAI)
    assert await take_effect(gateway.sessions, begins) == 1  # the other one is not held up
    listed = (
        await gateway.http.get(
            f"/v1/departments/{education}/changes", headers=await keeper(gateway)
        )
    ).json()["items"]
    stuck = next(c for c in listed if c["state"] == "planned")
    assert stuck["hindered_by"].startswith("credit-code-taken")
    given_back = await change(gateway, tax, '"2"', credit_code=own)
    assert given_back.status_code == 201
    assert await take_effect(gateway.sessions, begins + timedelta(minutes=1)) == 1


async def test_a_change_is_refused_where_it_contradicts_what_is_there(gateway: Gateway) -> None:
    education, tax = gateway.department("education"), gateway.department("tax")
    yesterday = clock.local_date(clock.now(), SHANGHAI) - timedelta(days=1)
    code = (await read(gateway, f"/v1/departments/{tax}"))["credit_code"]
    for said, status, refusal in (
        ({"name": "改名", "effective_on": str(yesterday)}, 409, "department-day-past"),
        ({"name": "无锡市教育局"}, 409, "department-nothing-changed"),
        ({"credit_code": code}, 409, "credit-code-taken"),
        ({"parent": str(education)}, 409, "department-parent-circular"),
        ({"parent": str(new_id())}, 404, "not-found"),
        ({"region": "330000/330100"}, 403, "department-region-not-yours"),
        ({"credit_code": "113202000000000064"}, 422, "malformed"),
        ({"name": None}, 422, "malformed"),
        ({}, 422, "malformed"),
        ({"effective_on": "2027-13-01", "name": "改名"}, 422, "malformed"),
        ({"name": "a\x00b"}, 422, "malformed"),
    ):
        answer = await change(gateway, education, **said)
        assert (answer.status_code, answer.json()["code"]) == (status, refusal), (said, answer.text)
    missing = await change(gateway, education, None, name="改名")
    assert (missing.status_code, missing.json()["code"]) == (428, "department-if-match-missing")
    stale = await change(gateway, education, '"7"', name="改名")
    assert (stale.status_code, stale.json()["code"]) == (412, "department-changed")
    assert (await change(gateway, new_id(), name="改名")).status_code == 404


async def test_departments_and_their_own_people_do_not_change_themselves(gateway: Gateway) -> None:
    department = gateway.department("education")
    headers = await log_in(gateway, "education.administrator")
    answer = await gateway.http.post(
        f"/v1/departments/{department}/changes",
        json={"basis": BASIS, "name": "改名"},
        headers=headers | {"idempotency-key": "change-1", "if-match": '"1"'},
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "permission-missing")


def _sent(moment: str) -> str:
    return moment.replace("+", "%2B")


async def test_a_countys_system_administrator_keeps_the_county_and_nothing_of_the_city(
    gateway: Gateway,
) -> None:
    county, village = new_id(), new_id()
    async with gateway.sessions.begin() as session:
        for identity, name, code, authority in (
            (county, "宜兴市大数据局", "113202000000000065", True),
            (village, "宜兴市民政局", "113202000000000078", False),
        ):
            body = DepartmentBody(
                name=name,
                short_name=f"d-{identity.hex[-8:]}",
                credit_code=code,
                region="320000/320200/320282",
                is_authority=authority,
            )
            await register_department(session, "platform:test", None, body, identity)
        made = OperatorBody(
            username="yixing.system",
            department=county,
            roles=[Role.SYSTEM_ADMINISTRATOR],
            password="宜兴系统管理员的长口令 2026",
        )
        await identity_usecases.register_operator(
            session, "platform:test", None, made, new_id(), None
        )
    await asyncio.sleep(0.3)
    headers = await log_in(gateway, "yixing.system", "宜兴系统管理员的长口令 2026")
    listed = (await gateway.http.get("/v1/clients", headers=headers)).json()["items"]
    assert listed == []
    theirs, _ = gateway.client("tax")
    revoked = await gateway.http.post(f"/v1/clients/{theirs}/revoke", headers=headers)
    assert revoked.status_code == 404
    for department, status in ((village, 201), (gateway.department("tax"), 404), (new_id(), 404)):
        client = {"name": "新系统", "kind": "system", "department": str(department)}
        answer = await gateway.http.post(
            "/v1/clients", json=client, headers=headers | {"idempotency-key": f"c-{department}"}
        )
        assert answer.status_code == status, answer.text
    sent = headers | {"idempotency-key": "change-city", "if-match": '"1"'}
    city = await gateway.http.post(
        f"/v1/departments/{gateway.department('tax')}/changes",
        json={"basis": BASIS, "name": "改名"},
        headers=sent,
    )
    assert (city.status_code, city.json()["code"]) == (403, "department-region-not-yours")
    lifted = await gateway.http.post(
        f"/v1/departments/{village}/changes",
        json={"basis": BASIS, "region": "320000/320200"},
        headers=sent | {"idempotency-key": "change-up"},
    )
    assert (lifted.status_code, lifted.json()["code"]) == (403, "department-region-not-yours")
    plan = {
        "kind": "merge",
        "predecessors": [str(village)],
        "successors": [str(gateway.department("tax"))],
        "effective_on": str(clock.local_date(clock.now(), SHANGHAI)),
        "basis": BASIS,
    }
    merged = await gateway.http.post(
        "/v1/successions", json=plan, headers=headers | {"idempotency-key": "merge-up"}
    )
    assert (merged.status_code, merged.json()["code"]) == (403, "department-region-not-yours")
    own = await gateway.http.post(
        f"/v1/departments/{village}/changes",
        json={"basis": BASIS, "name": "宜兴市民政和退役军人事务局"},
        headers=sent | {"idempotency-key": "change-own"},
    )
    assert own.status_code == 201, own.text
