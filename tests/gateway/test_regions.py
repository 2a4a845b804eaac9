"""A county's administrators reach the county's accounts, resets and limits, and no others."""

import asyncio
from dataclasses import dataclass
from uuid import UUID

import pytest

from gateway.departments.schemas import DepartmentBody
from gateway.departments.usecases import register_department
from gateway.identity import usecases as identity
from gateway.identity.schemas import ClientBody, OperatorBody
from gateway.roles import ClientKind, Role
from shared.ids import new_id
from tests.gateway.conftest import Gateway
from tests.gateway.logging_in import log_in, log_in_to_platform
from tests.gateway.test_accounts import id_of, post, set_roles
from tests.gateway.test_recoveries import ask, decide

PASSWORD = "宜兴管理员各自的长口令 2026"
CLERK = "civil-affairs.compiler"


@dataclass
class County:
    """A county's authority, a department of it with a clerk and a machine, and who keeps them."""

    authority: UUID
    office: UUID
    clerk: UUID
    machine: UUID
    security: dict[str, str]
    system: dict[str, str]


@pytest.fixture
async def county(gateway: Gateway) -> County:
    """The county below the example's city."""
    authority, office, clerk, machine = (new_id() for _ in range(4))
    async with gateway.sessions.begin() as session:
        for department, name, code in (
            (authority, "宜兴市大数据局", "113202000000000065"),
            (office, "宜兴市民政局", "113202000000000078"),
        ):
            body = DepartmentBody(
                name=name,
                short_name=f"d-{department.hex[-8:]}",
                credit_code=code,
                region="320000/320200/320282",
                is_authority=department == authority,
            )
            await register_department(session, "platform:test", None, body, department)
        for username, home, role, made in (
            ("yixing.security", authority, Role.SECURITY_ADMINISTRATOR, new_id()),
            ("yixing.system", authority, Role.SYSTEM_ADMINISTRATOR, new_id()),
            ("yixing.clerk", office, Role.COMPILER, clerk),
        ):
            person = OperatorBody(
                username=username, department=home, roles=[role], password=PASSWORD
            )
            await identity.register_operator(session, "platform:test", None, person, made, None)
        told = ClientBody(name="民政系统", kind=ClientKind.SYSTEM, department=office)
        await identity.register_client(session, "platform:test", None, told, office, machine)
    await asyncio.sleep(0.3)
    security = await log_in(gateway, "yixing.security", PASSWORD)
    system = await log_in(gateway, "yixing.system", PASSWORD)
    return County(authority, office, clerk, machine, security, system)


@pytest.mark.duty("D23", "jiangsu-2017 §4(4)", "baoji-2017 §4(4)")
async def test_a_countys_security_administrator_keeps_the_countys_accounts_only(
    gateway: Gateway, county: County
) -> None:
    theirs = await id_of(gateway, CLERK)
    listed = (await gateway.http.get("/v1/operators", headers=county.security)).json()["items"]
    assert {row["department"] for row in listed} == {str(county.authority), str(county.office)}
    for path in ("", "/history", "/identities"):
        found = f"/v1/operators/{theirs}{path}"
        assert (await gateway.http.get(found, headers=county.security)).status_code == 404
    assert (await set_roles(gateway, county.security, theirs, "reviewer")).status_code == 404
    closing = {"reason": "离职"}
    closed = await post(gateway, county.security, f"/v1/operators/{theirs}/close", closing)
    assert closed.status_code == 404
    link = {"issuer": "province", "subject": "somebody"}
    linked = await gateway.http.post(
        f"/v1/operators/{theirs}/identities",
        json=link,
        headers=county.security | {"idempotency-key": "link-another"},
    )
    assert linked.status_code == 404
    opened = {}
    for name, home in (
        ("own", county.office),
        ("tax", gateway.department("tax")),
        ("no", new_id()),
    ):
        body = {
            "username": f"new.{name}",
            "department": str(home),
            "roles": ["compiler"],
            "password": PASSWORD,
        }
        sent = county.security | {"idempotency-key": f"open-account-{name}"}
        answer = await gateway.http.post("/v1/operators", json=body, headers=sent)
        opened[name] = answer.status_code
    assert opened == {"own": 201, "tax": 404, "no": 404}
    assert (await set_roles(gateway, county.security, county.clerk, "reviewer")).status_code == 200
    # The city's keeps the county's too.
    city = await log_in_to_platform(gateway, "platform.security")
    assert (await set_roles(gateway, city, county.clerk, "compiler")).status_code == 200


async def test_a_countys_administrators_see_and_decide_the_countys_resets_only(
    gateway: Gateway, county: County
) -> None:
    city = await log_in_to_platform(gateway, "platform.security")
    theirs = (await ask(gateway, city, await id_of(gateway, CLERK))).json()
    own = (await ask(gateway, city, county.clerk)).json()
    assert (await ask(gateway, county.security, await id_of(gateway, CLERK))).status_code == 404
    for headers in (county.security, county.system):
        listed = (await gateway.http.get("/v1/recoveries", headers=headers)).json()["items"]
        assert [row["id"] for row in listed] == [own["id"]]
        for verb in ("approve", "refuse"):
            assert (await decide(gateway, headers, theirs, verb)).status_code == 404
    done = await decide(gateway, county.system, own)
    assert done.status_code == 200, done.text


async def test_a_countys_system_administrator_sets_the_countys_limits_only(
    gateway: Gateway, county: County
) -> None:
    theirs, _ = gateway.client("tax")
    rate = {"rate": {"requests": 5, "seconds": 1}}
    headers = county.system | {"if-match": "*"}
    path = f"/v1/clients/{theirs}/limits"
    assert (await gateway.http.get(path, headers=headers)).status_code == 404
    assert (await gateway.http.put(path, json=rate, headers=headers)).status_code == 404
    own = f"/v1/clients/{county.machine}/limits"
    assert (await gateway.http.put(own, json=rate, headers=headers)).status_code == 200
    city = await log_in_to_platform(gateway, "platform.system")
    assert (await gateway.http.get(own, headers=city)).json()["version"] == 1


async def test_the_last_security_administrator_of_a_department_stays(
    gateway: Gateway, county: County
) -> None:
    """The county's could not open the city's accounts again."""
    city = await log_in_to_platform(gateway, "platform.security")
    last = await id_of(gateway, "platform.security")
    path = f"/v1/operators/{last}/close"
    closed = await post(gateway, city, path, {"reason": "离职"})
    assert closed.json()["code"] == "last-administrator"
