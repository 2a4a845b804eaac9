"""A dated deputy: holds the colleague's roles for the time named, and acts under the own name."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from gateway.roles import Role, permissions_of
from gateway.standing_in import on_behalf_of, permissions_at, stand_ins
from shared import clock
from shared.principal import Permission
from tests.gateway.conftest import Gateway
from tests.gateway.people import Person, bearing
from tests.gateway.test_accounts import (
    ADMINISTRATOR,
    COMPILER,
    REVIEWER,
    SECURITY,
    entered,
    id_of,
    post,
    said,
    set_roles,
)
from tests.gateway.test_door import records

pytestmark = pytest.mark.duty("D23", "jiangsu-2017 §4(4)", "yixing-2016 §25", "baoji-2017 §4(4)")
AT = datetime(2026, 3, 2, 8, tzinfo=UTC)
DAY = timedelta(days=1)


async def name(
    gateway: Gateway,
    headers: dict[str, str],
    whom: UUID,
    deputy: UUID,
    until: datetime | None = None,
    **more: Any,
) -> httpx.Response:
    """Let somebody act for somebody."""
    end = (until or clock.now() + DAY).isoformat()
    body = {"deputy": str(deputy), "until": end, **more}
    return await post(gateway, headers, f"/v1/operators/{whom}/deputies", body)


async def permissions(gateway: Gateway, headers: dict[str, str]) -> set[str]:
    """What the platform says that a person may do."""
    told = await gateway.http.get("/v1/me", headers=headers)
    assert told.status_code == 200, told.text
    return set(told.json()["permissions"])


async def gains(gateway: Gateway, headers: dict[str, str], permission: str) -> bool:
    """Whether the person may do that within two seconds."""
    for _ in range(40):
        if permission in await permissions(gateway, headers):
            return True
        await asyncio.sleep(0.05)
    return False


async def loses(gateway: Gateway, headers: dict[str, str], permission: str) -> bool:
    """Whether the person may no longer do that within two seconds."""
    for _ in range(40):
        if permission not in await permissions(gateway, headers):
            return True
        await asyncio.sleep(0.05)
    return False


@pytest.fixture
async def absent(gateway: Gateway) -> Gateway:
    """A gateway whose reviewer is away and is stood in for by the compiler, for a day."""
    headers = await entered(gateway, REVIEWER)
    whom, deputy = await id_of(gateway, REVIEWER), await id_of(gateway, COMPILER)
    named = await name(gateway, headers, whom, deputy)
    assert named.status_code == 201, named.text
    return gateway


async def test_a_deputy_holds_the_colleagues_roles_from_now_on(absent: Gateway) -> None:
    headers = await entered(absent, COMPILER)
    assert await gains(absent, headers, "resource:review")
    assert "resource:compile" in await permissions(absent, headers)
    (told,) = await said(absent, "gateway.deputy-named.v1")
    assert told["deputy"] == str(await id_of(absent, COMPILER))


async def test_a_deputys_time_ends_by_itself_without_an_event(absent: Gateway) -> None:
    person = Person(absent, COMPILER)
    assert await gains(absent, bearing(await person.tokens()), "resource:review")
    with clock.turn(clock.now() + DAY):
        headers = bearing(await person.tokens())
        assert "resource:review" not in await permissions(absent, headers)


async def test_a_deputys_time_begins_by_itself(gateway: Gateway) -> None:
    headers = await entered(gateway, REVIEWER)
    since = clock.now() + timedelta(hours=2)
    whom, deputy = await id_of(gateway, REVIEWER), await id_of(gateway, COMPILER)
    named = await name(gateway, headers, whom, deputy, since=since.isoformat())
    assert named.status_code == 201
    person = Person(gateway, COMPILER)
    await asyncio.sleep(0.3)
    assert "resource:review" not in await permissions(gateway, bearing(await person.tokens()))
    with clock.turn(since):
        assert "resource:review" in await permissions(gateway, bearing(await person.tokens()))


async def test_what_a_deputy_does_for_another_is_recorded_with_both(gateway: Gateway) -> None:
    headers = await entered(gateway, ADMINISTRATOR)
    me, whom = await id_of(gateway, COMPILER), await id_of(gateway, ADMINISTRATOR)
    assert (await name(gateway, headers, whom, me)).status_code == 201
    deputy = await entered(gateway, COMPILER)
    assert await gains(gateway, deputy, "account:manage")
    assert (await gateway.http.get("/v1/operators", headers=deputy)).status_code == 200
    found = {
        record["operation"]: record["on_behalf_of"]
        for record in await records(gateway, 4)
        if record["principal"] and str(me) in str(record["principal"])
    }
    assert found["GET /v1/operators"] == str(whom)
    assert found["GET /v1/me"] is None


async def test_person_deputy_and_administrator_may_end_it_and_nobody_else(absent: Gateway) -> None:
    headers = await entered(absent, REVIEWER)
    whom = await id_of(absent, REVIEWER)
    listed = await absent.http.get(f"/v1/operators/{whom}/deputies", headers=headers)
    path = f"/v1/deputies/{listed.json()['items'][0]['id']}/end"
    stranger = await entered(absent, "tax.administrator")
    assert (await post(absent, stranger, path)).status_code == 404
    elsewhere = await absent.http.get(f"/v1/operators/{whom}/deputies", headers=stranger)
    assert elsewhere.status_code == 404
    deputy = await entered(absent, COMPILER)
    assert await gains(absent, deputy, "resource:review")
    assert (await post(absent, deputy, path)).status_code == 200
    assert await loses(absent, deputy, "resource:review")
    administrator = await entered(absent, ADMINISTRATOR)
    assert (await post(absent, administrator, path)).json()["code"] == "deputy-over"


async def test_an_account_that_is_closed_has_no_deputy_and_is_none(absent: Gateway) -> None:
    deputy = await entered(absent, COMPILER)
    assert await gains(absent, deputy, "resource:review")
    administrator = await entered(absent, ADMINISTRATOR)
    path = f"/v1/operators/{await id_of(absent, REVIEWER)}"
    await post(absent, administrator, f"{path}/close", {"reason": "离职"})
    assert await loses(absent, deputy, "resource:review")
    # Reopened, the account has no deputy by that.
    await post(absent, administrator, f"{path}/reopen", {"reason": "返岗"})
    await asyncio.sleep(0.3)
    assert "resource:review" not in await permissions(absent, deputy)
    assert len(await said(absent, "gateway.deputy-ended.v1")) == 1


async def test_who_may_be_named_by_whom(gateway: Gateway) -> None:
    compiler, reviewer = await id_of(gateway, COMPILER), await id_of(gateway, REVIEWER)
    administrator = await id_of(gateway, ADMINISTRATOR)
    tax = await id_of(gateway, "tax.administrator")
    mine = await entered(gateway, COMPILER)
    for deputy in (compiler, tax, UUID(int=7)):
        answer = await name(gateway, mine, compiler, deputy)
        assert answer.json()["code"] in ("deputy-unfit", "deputy-self-named")
    # For a colleague only an administrator names one, and never himself.
    assert (await name(gateway, mine, reviewer, administrator)).status_code == 404
    chief = await entered(gateway, ADMINISTRATOR)
    self_named = await name(gateway, chief, reviewer, administrator)
    assert self_named.json()["code"] == "deputy-self-named"
    assert (await name(gateway, chief, reviewer, compiler)).status_code == 201
    again = await name(gateway, chief, reviewer, compiler)
    assert again.json()["code"] == "deputy-named-already"
    other = await name(gateway, chief, tax, compiler)
    assert other.status_code == 404


async def test_times_that_cannot_be_are_refused(gateway: Gateway) -> None:
    mine = await entered(gateway, COMPILER)
    me, deputy = await id_of(gateway, COMPILER), await id_of(gateway, REVIEWER)
    now = clock.now()
    for until, more in [
        (now - DAY, {}),
        (now + 400 * DAY, {}),
        (now + DAY, {"since": (now + 2 * DAY).isoformat()}),
    ]:
        answer = await name(gateway, mine, me, deputy, until, **more)
        assert answer.json()["code"] == "deputy-times"
    naive = {"deputy": str(deputy), "until": "2027-01-01T00:00:00"}
    answer = await post(gateway, mine, f"/v1/operators/{me}/deputies", naive)
    assert answer.status_code == 422


async def test_the_three_administrators_stay_three_people_also_for_a_time(
    gateway: Gateway,
) -> None:
    security = await entered(gateway, SECURITY)
    audit, system = await id_of(gateway, "platform.audit"), await id_of(gateway, "platform.system")
    answer = await name(gateway, security, audit, system)
    assert answer.json()["code"] == "roles-incompatible"
    # Nor by way of a third person, nor by a later change of roles.
    third = await id_of(gateway, "data-bureau.coordinator")
    assert (await name(gateway, security, audit, third)).status_code == 201
    answer = await name(gateway, security, system, third)
    assert answer.json()["code"] == "roles-incompatible"
    changed = await set_roles(gateway, security, third, "system-administrator")
    assert changed.status_code == 200
    await asyncio.sleep(0.3)
    headers = await entered(gateway, "data-bureau.coordinator")
    assert "department:manage" in await permissions(gateway, headers)
    assert "log:read" not in await permissions(gateway, headers)


async def test_an_administrator_of_a_department_gives_no_platform_role_by_a_deputy(
    gateway: Gateway,
) -> None:
    security = await entered(gateway, SECURITY)
    coordinator = await id_of(gateway, "data-bureau.coordinator")
    given = await set_roles(gateway, security, coordinator, "department-administrator")
    assert given.status_code == 200
    headers = await entered(gateway, "data-bureau.coordinator")
    supervisor = await id_of(gateway, "data-bureau.supervisor")
    answer = await name(gateway, headers, await id_of(gateway, SECURITY), supervisor)
    assert answer.json()["code"] == "roles-not-yours-to-give"


def test_a_deputy_acts_for_itself_wherever_the_own_roles_suffice() -> None:
    own = frozenset({Role.COMPILER})
    others = stand_ins(own, [(UUID(int=1), frozenset({Role.REVIEWER}), AT, AT + DAY)])
    mine = permissions_of(own)
    assert permissions_at(mine, others, AT) > mine
    assert permissions_at(mine, others, AT - DAY) == mine
    assert permissions_at(mine, others, AT + DAY) == mine
    review, compiling = Permission.RESOURCE_REVIEW, Permission.RESOURCE_COMPILE
    assert on_behalf_of(mine, others, review, AT) == UUID(int=1)
    assert on_behalf_of(mine, others, compiling, AT) is None
    assert on_behalf_of(mine, others, review, AT + DAY) is None


def test_no_naming_makes_one_person_two_of_the_three() -> None:
    three = [
        Role.SYSTEM_ADMINISTRATOR,
        Role.SECURITY_ADMINISTRATOR,
        Role.AUDIT_ADMINISTRATOR,
    ]
    named = [(UUID(int=n), frozenset({role}), AT, AT + DAY) for n, role in enumerate(three)]
    for role in three:
        assert [other.operator for other in stand_ins(frozenset({role}), named)] == [
            UUID(int=three.index(role))
        ]
    assert len(stand_ins(frozenset({Role.COMPILER}), named)) == 1
