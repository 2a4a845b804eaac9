"""Accounts after they were opened: passwords, roles, closing, and who may do that to whom."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from gateway.models import AccountChange, GrantCopy, Operator, Outbox
from shared import clock
from tests.gateway.conftest import Gateway
from tests.gateway.people import Person, bearing, called_until

pytestmark = pytest.mark.duty("D23", "jiangsu-2017 §4(4)", "yixing-2016 §25", "baoji-2017 §4(4)")
COMPILER = "civil-affairs.compiler"
REVIEWER = "civil-affairs.reviewer"
ADMINISTRATOR = "civil-affairs.administrator"
SECURITY = "platform.security"
CHOSEN = "unrelated kettle marble sixteen"


async def entered(gateway: Gateway, username: str) -> dict[str, str]:
    """The header of a person who has just logged in."""
    return bearing(await Person(gateway, username).tokens())


async def id_of(gateway: Gateway, username: str) -> UUID:
    """An account's id."""
    async with gateway.sessions() as session:
        found = await session.scalar(select(Operator.id).where(Operator.username == username))
    assert found is not None
    return found


async def post(
    gateway: Gateway, headers: dict[str, str], path: str, body: dict[str, Any] | None = None
) -> httpx.Response:
    """Send a body."""
    return await gateway.http.post(path, json=body or {}, headers=headers)


async def set_roles(
    gateway: Gateway, headers: dict[str, str], who: UUID, *roles: str
) -> httpx.Response:
    """Give these roles."""
    return await gateway.http.put(
        f"/v1/operators/{who}/roles",
        json={"roles": list(roles), "reason": "岗位调整"},
        headers=headers | {"if-match": "*"},
    )


async def said(gateway: Gateway, subject: str) -> list[dict[str, Any]]:
    """The data of the events of that subject."""
    async with gateway.sessions() as session:
        rows = await session.scalars(select(Outbox).where(Outbox.subject == subject))
        return [row.body["data"] for row in rows]


async def test_a_person_chooses_another_password_and_other_log_ins_end(gateway: Gateway) -> None:
    person = Person(gateway, COMPILER)
    here, elsewhere = await person.tokens(), await person.tokens()
    body = {"current": person.password, "new": CHOSEN}
    answer = await post(gateway, bearing(here), "/v1/me/password", body)
    assert answer.status_code == 204, answer.text
    assert await called_until(gateway, elsewhere, 401)
    assert await called_until(gateway, here, 200)
    assert (await person.enter()).status_code == 401
    assert (await person.enter(CHOSEN)).status_code == 303
    # Neither password is in an event or in the history.
    async with gateway.sessions() as session:
        written = [str(row.body) for row in await session.scalars(select(Outbox))]
        written += [str(vars(row)) for row in await session.scalars(select(AccountChange))]
    assert not any(CHOSEN in text or person.password in text for text in written)


async def test_a_password_among_those_guessed_first_is_refused(gateway: Gateway) -> None:
    person = Person(gateway, COMPILER)
    headers = bearing(await person.tokens())
    for new, code in [
        ("password123456", "password-guessable"),
        ("civil-affairs.compiler1", "password-guessable"),
        ("qwertyuiop1234567890", "password-guessable"),
        ("short", "password-length"),
        (person.password, "password-unchanged"),
    ]:
        body = {"current": person.password, "new": new}
        answer = await post(gateway, headers, "/v1/me/password", body)
        assert answer.json()["code"] == code
        assert new not in answer.text
    long = {"current": person.password, "new": "x" * 129}
    assert (await post(gateway, headers, "/v1/me/password", long)).status_code == 422


async def test_a_stolen_session_cannot_try_passwords_for_long(gateway: Gateway) -> None:
    person = Person(gateway, COMPILER)
    headers = bearing(await person.tokens())
    body = {"current": "not the password at all", "new": CHOSEN}
    for _ in range(5):
        answer = await post(gateway, headers, "/v1/me/password", body)
        assert answer.json()["code"] == "password-wrong"
    answer = await post(gateway, headers, "/v1/me/password", body)
    assert answer.status_code == 429
    # The person's own log-in elsewhere is not kept out by that.
    assert await person.tokens()


async def test_a_machine_has_no_password(gateway: Gateway) -> None:
    body = {"current": "a", "new": CHOSEN}
    answer = await post(gateway, await gateway.bearer("tax"), "/v1/me/password", body)
    assert answer.json()["code"] == "password-people-only"


async def test_a_closed_account_calls_no_more_and_its_log_ins_end(gateway: Gateway) -> None:
    person = Person(gateway, COMPILER)
    tokens = await person.tokens()
    headers = await entered(gateway, ADMINISTRATOR)
    who, colleague = await id_of(gateway, COMPILER), await id_of(gateway, REVIEWER)
    body = {"reason": "调离本部门", "successor": str(colleague)}
    closed = await post(gateway, headers, f"/v1/operators/{who}/close", body)
    assert closed.status_code == 200, closed.text
    assert closed.json()["disabled_at"] is not None
    assert await called_until(gateway, tokens, 401)
    assert (await person.refresh(tokens["refresh_token"])).status_code == 400
    assert (await person.enter()).status_code == 401
    again = await post(gateway, headers, f"/v1/operators/{who}/close", body)
    assert again.status_code == 200
    (told,) = await said(gateway, "gateway.operator-closed.v1")
    assert told["successor"] == str(colleague)
    assert "调离" not in str(told)
    reopened = await post(gateway, headers, f"/v1/operators/{who}/reopen", {"reason": "返岗"})
    assert reopened.json()["disabled_at"] is None
    assert await person.tokens()
    history = await gateway.http.get(f"/v1/operators/{who}/history", headers=headers)
    lines = [(line["change"], line["reason"]) for line in history.json()["items"]]
    assert lines == [("reopened", "返岗"), ("closed", "调离本部门"), ("registered", None)]


async def test_an_account_of_another_department_does_not_exist(gateway: Gateway) -> None:
    headers = await entered(gateway, "tax.administrator")
    who = await id_of(gateway, COMPILER)
    reason = {"reason": "无关"}
    for verb in ("close", "reopen", "initial-password"):
        answer = await post(gateway, headers, f"/v1/operators/{who}/{verb}", reason)
        assert answer.status_code == 404
    assert (await set_roles(gateway, headers, who, "compiler")).status_code == 404
    for path in ("", "/history"):
        answer = await gateway.http.get(f"/v1/operators/{who}{path}", headers=headers)
        assert answer.status_code == 404
    lost = {"credential": "password", "reason": "无关"}
    answer = await post(gateway, headers, f"/v1/operators/{who}/recoveries", lost)
    assert answer.status_code == 404
    listed = (await gateway.http.get("/v1/operators", headers=headers)).json()["items"]
    assert {row["username"] for row in listed} == {"tax.administrator"}


async def test_who_is_no_administrator_manages_no_account(gateway: Gateway) -> None:
    headers = await entered(gateway, REVIEWER)
    who = await id_of(gateway, COMPILER)
    answer = await post(gateway, headers, f"/v1/operators/{who}/close", {"reason": "无权"})
    assert answer.json()["code"] == "permission-missing"


async def test_roles_change_at_once_and_nobody_changes_their_own(gateway: Gateway) -> None:
    headers = await entered(gateway, ADMINISTRATOR)
    who, me = await id_of(gateway, COMPILER), await id_of(gateway, ADMINISTRATOR)
    person = await Person(gateway, COMPILER).tokens()
    changed = await set_roles(gateway, headers, who, "reviewer")
    assert changed.status_code == 200, changed.text
    for _ in range(40):
        told = await gateway.http.get("/v1/me", headers=bearing(person))
        if "resource:review" in told.json()["permissions"]:
            break
        await asyncio.sleep(0.05)
    assert "resource:compile" not in told.json()["permissions"]
    own = await set_roles(gateway, headers, me, "department-administrator", "compiler")
    assert own.json()["code"] == "roles-own"
    both = await set_roles(gateway, headers, who, "compiler", "reviewer")
    assert both.json()["code"] == "roles-incompatible"
    assert [row["roles"] for row in await said(gateway, "gateway.operator-roles-changed.v1")] == [
        ["reviewer"]
    ]


async def test_roles_change_only_from_the_state_that_was_read(gateway: Gateway) -> None:
    headers = await entered(gateway, ADMINISTRATOR)
    path = f"/v1/operators/{await id_of(gateway, COMPILER)}"
    etag = (await gateway.http.get(path, headers=headers)).headers["etag"]
    body = {"roles": ["compiler", "security-officer"], "reason": "兼任"}
    missing = await gateway.http.put(f"{path}/roles", json=body, headers=headers)
    assert missing.status_code == 428
    first = await gateway.http.put(f"{path}/roles", json=body, headers=headers | {"if-match": etag})
    assert first.status_code == 200
    second = await gateway.http.put(
        f"{path}/roles", json=body | {"roles": ["compiler"]}, headers=headers | {"if-match": etag}
    )
    assert second.json()["code"] == "account-changed"


async def test_a_department_gives_no_role_of_the_authority_or_the_platform(
    gateway: Gateway,
) -> None:
    headers = await entered(gateway, ADMINISTRATOR)
    who = await id_of(gateway, COMPILER)
    for role in ("coordinator", "security-administrator", "supervisor"):
        answer = await set_roles(gateway, headers, who, role)
        assert answer.json()["code"] == "roles-not-yours-to-give"
    security = await entered(gateway, SECURITY)
    misplaced = await set_roles(gateway, security, who, "coordinator")
    assert misplaced.json()["code"] == "roles-misplaced"
    assert (await set_roles(gateway, security, who, "supervisor")).status_code == 200
    # From then on the account is out of the department's reach.
    answer = await post(gateway, headers, f"/v1/operators/{who}/close", {"reason": "越权"})
    assert answer.json()["code"] == "roles-not-yours-to-give"


async def test_system_security_and_audit_administrator_are_three_people(gateway: Gateway) -> None:
    security = await entered(gateway, SECURITY)
    who = await id_of(gateway, "platform.audit")
    roles = ("audit-administrator", "system-administrator")
    answer = await set_roles(gateway, security, who, *roles)
    assert answer.json()["code"] == "roles-incompatible"
    own = await set_roles(gateway, security, await id_of(gateway, SECURITY), "audit-administrator")
    assert own.json()["code"] == "roles-own"


async def test_the_last_administrator_cannot_close_their_own_account(gateway: Gateway) -> None:
    for username in (ADMINISTRATOR, SECURITY):
        headers = await entered(gateway, username)
        path = f"/v1/operators/{await id_of(gateway, username)}/close"
        answer = await post(gateway, headers, path, {"reason": "离职"})
        assert answer.json()["code"] == "last-administrator"


async def test_of_two_administrators_who_leave_at_once_one_stays(gateway: Gateway) -> None:
    security = await entered(gateway, SECURITY)
    other = await id_of(gateway, COMPILER)
    given = await set_roles(gateway, security, other, "department-administrator")
    assert given.status_code == 200
    leaving = []
    for username in (ADMINISTRATOR, COMPILER):
        headers = await entered(gateway, username)
        path = f"/v1/operators/{await id_of(gateway, username)}/close"
        leaving.append(post(gateway, headers, path, {"reason": "离职"}))
    answers = await asyncio.gather(*leaving)
    assert sorted(answer.status_code for answer in answers) == [200, 409]


async def test_work_is_handed_to_an_open_account_of_the_same_department(gateway: Gateway) -> None:
    headers = await entered(gateway, ADMINISTRATOR)
    who = await id_of(gateway, COMPILER)
    for successor in (who, await id_of(gateway, "tax.administrator"), UUID(int=7)):
        body = {"reason": "离职", "successor": str(successor)}
        answer = await post(gateway, headers, f"/v1/operators/{who}/close", body)
        assert answer.json()["code"] == "successor-unfit"
    assert await said(gateway, "gateway.operator-closed.v1") == []


async def test_an_account_leaves_every_circle_of_knowledge_at_once(gateway: Gateway) -> None:
    tax = gateway.client("tax")[0]
    who = await id_of(gateway, ADMINISTRATOR)
    named = [who, UUID(tax)]
    grant = await gateway.grant("civil-affairs", circle=named)
    alone = await gateway.grant("civil-affairs", circle=[who])
    headers = await entered(gateway, SECURITY)
    other = await set_roles(
        gateway, headers, await id_of(gateway, COMPILER), "department-administrator"
    )
    assert other.status_code == 200
    closed = await post(gateway, headers, f"/v1/operators/{who}/close", {"reason": "离职"})
    assert closed.status_code == 200, closed.text
    async with gateway.sessions() as session:
        assert (await session.get_one(GrantCopy, grant)).circle == [UUID(tax)]
        # An empty circle is nobody, not everybody.
        assert (await session.get_one(GrantCopy, alone)).circle == []
    await post(gateway, headers, f"/v1/operators/{who}/reopen", {"reason": "返岗"})
    back = Person(gateway, ADMINISTRATOR)
    await gateway.beat()
    for _ in range(40):
        answer = await gateway.http.get(
            f"/v1/grants/{grant}/snapshot", headers=bearing(await back.tokens())
        )
        if answer.status_code == 404:
            break
        await asyncio.sleep(0.05)
    assert answer.json()["code"] == "grant-unknown"


async def test_an_initial_password_is_given_only_before_the_first_choice(
    gateway: Gateway,
) -> None:
    headers = await entered(gateway, ADMINISTRATOR)
    path = f"/v1/operators/{await id_of(gateway, COMPILER)}/initial-password"
    chosen = await post(gateway, headers, path)
    assert chosen.json()["code"] == "password-chosen"
    async with gateway.sessions.begin() as session:
        operator = await session.get_one(Operator, await id_of(gateway, COMPILER))
        operator.temporary_until = clock.now() + timedelta(days=1)
    given = await post(gateway, headers, path)
    assert given.status_code == 200
    assert len(given.json()["password"]) >= 20
