"""Filings: whom a department named, who may read it, what is missing, and who is reminded."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from gateway.filings import rules
from gateway.filings.law import Law
from gateway.filings.reminding import remind
from gateway.filings.rules import Account, Lack, Line
from gateway.models import Outbox
from gateway.roles import Role
from shared import clock, rulebooks
from shared.rulebooks.duties import ResponsibleRole
from tests.gateway.conftest import Gateway
from tests.gateway.test_accounts import (
    ADMINISTRATOR,
    COMPILER,
    REVIEWER,
    SECURITY,
    entered,
    id_of,
    post,
    said,
)
from tests.gateway.test_door import records

BAOJI = pytest.mark.duty("D28", "baoji-2017 §10", "baoji-2017 §28")
AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)
NAME = "备案人员姓名示例"
PHONE = "0510-88880000"


def person(role: str, **more: Any) -> dict[str, Any]:
    """One line of a filing."""
    return {"role": role, "name": NAME, "office_phone": PHONE, "since": "2026-01-05", **more}


async def whole(gateway: Gateway) -> list[dict[str, Any]]:
    """All that Baoji demands."""
    return [
        person("head", position="局长"),
        person("named-person", unit="信息化处"),
        person("compiler", operator=str(await id_of(gateway, COMPILER))),
        person("reviewer", operator=str(await id_of(gateway, REVIEWER))),
    ]


def path_of(gateway: Gateway, department: str = "civil-affairs") -> str:
    """Where a department's filing is."""
    return f"/v1/departments/{gateway.department(department)}/filing"


async def file(
    gateway: Gateway,
    persons: Sequence[dict[str, Any]],
    if_match: str | None = "*",
    headers: dict[str, str] | None = None,
) -> httpx.Response:
    """File these."""
    sent = headers or await entered(gateway, ADMINISTRATOR)
    match = {"if-match": if_match} if if_match else {}
    return await gateway.http.put(
        path_of(gateway), json={"persons": list(persons)}, headers=sent | match
    )


@BAOJI
async def test_a_department_files_its_responsible_persons_and_nothing_is_missing(
    gateway: Gateway,
) -> None:
    headers = await entered(gateway, ADMINISTRATOR)
    before = await gateway.http.get(path_of(gateway), headers=headers)
    assert before.headers["etag"] == '"0"'
    lacks = [lack["role"] for lack in before.json()["missing"]]
    assert lacks == ["head", "named-person", "compiler", "reviewer"]
    assert before.json()["article"] == "baoji-2017 §10 §28"
    assert before.json()["filed_with_authority"] is True
    filed = await file(gateway, await whole(gateway), '"0"')
    assert filed.status_code == 200, filed.text
    assert filed.json()["missing"] == []
    assert filed.headers["etag"] == '"1"'
    assert [p["name"] for p in filed.json()["persons"]] == [NAME] * 4


@BAOJI
async def test_every_change_of_a_filing_is_kept_with_its_dates(gateway: Gateway) -> None:
    persons = await whole(gateway)
    await file(gateway, persons)
    headers = await entered(gateway, ADMINISTRATOR)
    first = (await gateway.http.get(path_of(gateway), headers=headers)).json()["persons"]
    persons[0] = person("head", name="继任者姓名示例", since="2026-02-01")
    changed = await file(gateway, persons, '"1"')
    assert changed.status_code == 200, changed.text
    kept = {p["id"] for p in changed.json()["persons"]} & {p["id"] for p in first}
    assert len(kept) == 3
    history = await gateway.http.get(f"{path_of(gateway)}/history", headers=headers)
    heads = [p for p in history.json()["items"] if p["role"] == "head"]
    assert [(p["name"], p["since"], p["ended_at"] is None) for p in heads] == [
        ("继任者姓名示例", "2026-02-01", True),
        (NAME, "2026-01-05", False),
    ]
    same = await file(gateway, persons, '"2"')
    assert same.headers["etag"] == '"2"'
    assert len(await said(gateway, "gateway.filing-changed.v1")) == 2
    late = await file(gateway, persons, '"1"')
    assert late.json()["code"] == "filing-changed"
    assert (await file(gateway, persons, None)).status_code == 428


async def test_names_and_telephones_leave_the_table_for_readers_only(gateway: Gateway) -> None:
    assert (await file(gateway, await whole(gateway))).status_code == 200
    spoilt = await file(gateway, [person("head"), person("head")])
    assert spoilt.json()["code"] == "filing-role-twice"
    mobile = await file(gateway, [person("head", office_phone="13800138000")])
    assert mobile.status_code == 422
    for refused in (spoilt, mobile):
        assert NAME not in refused.text
        assert "13800138000" not in refused.text
    async with gateway.sessions() as session:
        events = [str(row.body) for row in await session.scalars(select(Outbox))]
    written = [*events, *(str(record) for record in await records(gateway, 6))]
    assert not any(NAME in text or PHONE in text for text in written)


async def test_who_may_read_a_filing_and_to_whom_it_does_not_exist(gateway: Gateway) -> None:
    assert (await file(gateway, await whole(gateway))).status_code == 200
    for username in (COMPILER, "data-bureau.coordinator", "data-bureau.supervisor"):
        headers = await entered(gateway, username)
        answer = await gateway.http.get(path_of(gateway), headers=headers)
        assert answer.status_code == 200, username
        assert answer.json()["persons"][0]["name"] == NAME
    for username in ("tax.administrator", SECURITY):
        headers = await entered(gateway, username)
        for path in ("", "/history"):
            answer = await gateway.http.get(f"{path_of(gateway)}{path}", headers=headers)
            assert answer.status_code == 404, username
            assert NAME not in answer.text
    machine = await gateway.bearer("civil-affairs")
    answer = await gateway.http.get(path_of(gateway), headers=machine)
    assert answer.json()["code"] == "permission-missing"


async def test_only_a_departments_own_administrator_files(gateway: Gateway) -> None:
    persons = [person("head")]
    other = await entered(gateway, "tax.administrator")
    assert (await file(gateway, persons, headers=other)).status_code == 404
    for username in (COMPILER, "data-bureau.coordinator"):
        answer = await file(gateway, persons, headers=await entered(gateway, username))
        assert answer.json()["code"] == "permission-missing"


@BAOJI
async def test_compilers_and_reviewers_are_filed_with_accounts_in_that_role(
    gateway: Gateway,
) -> None:
    for operator in (None, REVIEWER, "tax.administrator"):
        named = str(await id_of(gateway, operator)) if operator else None
        answer = await file(gateway, [person("compiler", operator=named)])
        assert answer.json()["code"] == "filing-account-unfit"
        assert answer.json()["errors"][0]["field"] == "persons.0.operator"
    tomorrow = (clock.now() + 3 * DAY).date().isoformat()
    answer = await file(gateway, [person("head", since=tomorrow)])
    assert answer.json()["code"] == "filing-day-future"


@BAOJI
async def test_the_authority_lists_who_is_overdue_and_they_are_reminded_weekly(
    gateway: Gateway,
) -> None:
    await file(gateway, await whole(gateway))
    law = Law.of(gateway.settings)
    assert await remind(gateway.sessions, law, clock.now()) == 0
    late = clock.now() + 16 * DAY
    with clock.turn(late):
        headers = await entered(gateway, "data-bureau.coordinator")
        listed = (await gateway.http.get("/v1/filings/overdue?limit=3", headers=headers)).json()
        names = {row["department_name"] for row in listed["items"]}
        rest = await gateway.http.get(
            "/v1/filings/overdue", params={"cursor": listed["next"]}, headers=headers
        )
        names |= {row["department_name"] for row in rest.json()["items"]}
        # Four of five; civil affairs has filed.
        assert len(listed["items"]) == 3
        assert names == {
            "无锡市大数据管理局",
            "无锡市市场监督管理局",
            "无锡市税务局",
            "无锡市教育局",
        }
        forbidden = await gateway.http.get(
            "/v1/filings/overdue", headers=await entered(gateway, ADMINISTRATOR)
        )
        assert forbidden.json()["code"] == "permission-missing"
    assert await remind(gateway.sessions, law, late) == 4
    assert await remind(gateway.sessions, law, late + DAY) == 0
    assert await remind(gateway.sessions, law, late + 7 * DAY) == 4
    told = await said(gateway, "gateway.filing-overdue.v1")
    assert {row["owner"] for row in told} == {
        str(gateway.department(d)) for d in ("data-bureau", "market-regulation", "tax", "education")
    }
    assert told[0]["roles"] == ["head", "named-person", "compiler", "reviewer"]


@BAOJI
async def test_a_filed_reviewer_whose_account_is_closed_makes_the_filing_overdue(
    gateway: Gateway,
) -> None:
    await file(gateway, await whole(gateway))
    headers = await entered(gateway, ADMINISTRATOR)
    who = await id_of(gateway, REVIEWER)
    await post(gateway, headers, f"/v1/operators/{who}/close", {"reason": "离职"})
    found = (await gateway.http.get(path_of(gateway), headers=headers)).json()["missing"]
    assert [(lack["role"], lack["lack"]) for lack in found] == [("reviewer", "account-closed")]
    law = Law.of(gateway.settings)
    late = clock.now() + 16 * DAY
    assert await remind(gateway.sessions, law, late) == 5


@pytest.mark.parametrize(
    ("rulebook", "wanted"),
    [
        pytest.param("baoji-2017", ["head", "named-person", "compiler", "reviewer"], marks=BAOJI),
        pytest.param("jiangsu-2017", ["head"], marks=pytest.mark.duty("D28", "jiangsu-2017 §24")),
        pytest.param(
            "jiangsu-2012",
            ["internal-unit", "named-person"],
            marks=pytest.mark.duty("D28", "jiangsu-2012 §30"),
        ),
        pytest.param(
            "yixing-2016",
            ["chief-information-officer", "system-maintainer"],
            marks=pytest.mark.duty("D28", "yixing-2016 §24", "yixing-2016 §28"),
        ),
    ],
)
def test_what_is_missing_is_what_the_rulebook_demands(rulebook: str, wanted: list[str]) -> None:
    law = rulebooks.load(rulebook, date(2026, 3, 2))
    roles = rules.demanded(law)
    assert [role.value for role in roles] == wanted
    lacks = rules.missing(roles, [], {}, {}, AT)
    assert [(lack.role, lack.lack, lack.since) for lack in lacks] == [
        (role, Lack.NOT_FILED, AT) for role in roles
    ]


def test_since_when_something_is_missing_is_when_the_last_one_ended() -> None:
    role, anna, bert = ResponsibleRole.REVIEWER, UUID(int=1), UUID(int=2)
    wanted = [role]
    ended = rules.missing(wanted, [], {}, {role: AT + DAY}, AT)
    assert ended[0].since == AT + DAY
    lines = [Line(role, anna, AT), Line(role, bert, AT)]
    closed = Account(frozenset({Role.REVIEWER}), True, AT + DAY)
    moved = Account(frozenset({Role.COMPILER}), False, AT + 2 * DAY)
    good = Account(frozenset({Role.REVIEWER}), False, AT)
    # One of two suffices; where both are lost, since the second was.
    assert rules.missing(wanted, lines, {anna: closed, bert: good}, {}, AT) == []
    (lack,) = rules.missing(wanted, lines, {anna: closed, bert: moved}, {}, AT)
    assert (lack.lack, lack.since) == (Lack.ACCOUNT_CLOSED, AT + 2 * DAY)
    assert rules.overdue([lack], 3 * DAY, AT + 5 * DAY) == []
    assert rules.overdue([lack], 3 * DAY, AT + 5 * DAY + timedelta(seconds=1)) == [lack]
