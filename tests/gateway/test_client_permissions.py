"""A machine limited to some of what its kind may do, over a real gateway."""

import asyncio

import httpx
import pytest
from sqlalchemy import select, update

from gateway.models import ClientPermissions, Outbox
from gateway.roles import CLIENTS, ClientKind
from shared.ids import new_id
from tests.gateway.conftest import Gateway
from tests.gateway.logging_in import log_in, log_in_to_platform

FEW = ["grant:read", "profile:read"]


async def put(
    gateway: Gateway,
    headers: dict[str, str],
    client: str,
    permissions: list[str] | None,
    if_match: str | None = "*",
) -> httpx.Response:
    """Limit a machine, and the moment until every process knows."""
    sent = headers if if_match is None else headers | {"if-match": if_match}
    answer = await gateway.http.put(
        f"/v1/clients/{client}/permissions", json={"permissions": permissions}, headers=sent
    )
    await asyncio.sleep(0.2)
    return answer


@pytest.mark.duty("D23", "baoji-2017 §20", "jiangsu-2017 §21")
async def test_a_limit_holds_at_once_and_for_tokens_given_before(gateway: Gateway) -> None:
    machine, _ = gateway.client("tax")
    own, headers = await log_in(gateway, "tax.administrator"), await gateway.bearer("tax")
    path = f"/v1/grants/{await gateway.grant('tax')}/changes"
    assert (await gateway.http.get(path, headers=headers)).status_code == 200
    assert (await put(gateway, own, machine, FEW)).status_code == 200
    refused = await gateway.http.get(path, headers=headers)
    assert refused.status_code == 403
    me = await gateway.http.get("/v1/me", headers=headers)
    assert sorted(me.json()["permissions"]) == FEW
    # Its other machine, and one that logs in anew, are what they were and what was said.
    other = await gateway.bearer("tax", "front-end-machine")
    assert (await gateway.http.get(path, headers=other)).status_code == 200
    fresh = await gateway.bearer("tax")
    assert (await gateway.http.get(path, headers=fresh)).status_code == 403
    assert (await put(gateway, own, machine, None)).status_code == 200
    assert (await gateway.http.get(path, headers=headers)).status_code == 200


async def test_a_limit_is_set_by_the_machines_own_department_on_what_it_has_read(
    gateway: Gateway,
) -> None:
    machine, _ = gateway.client("tax")
    path = f"/v1/clients/{machine}/permissions"
    assert (await gateway.http.get(path)).status_code == 401
    stranger = await log_in(gateway, "education.administrator")
    assert (await gateway.http.get(path, headers=stranger)).status_code == 404
    assert (await put(gateway, stranger, machine, FEW)).status_code == 404
    itself = await gateway.bearer("tax")
    assert (await put(gateway, itself, machine, None)).status_code == 403
    own = await log_in(gateway, "tax.administrator")
    found = await gateway.http.get(path, headers=own)
    assert (found.json()["permissions"], found.headers["etag"]) == (None, '"0"')
    assert found.json()["of_kind"] == sorted(CLIENTS[ClientKind.SYSTEM])
    assert (await put(gateway, own, machine, FEW, None)).status_code == 428
    assert (await put(gateway, own, machine, FEW, '"3"')).status_code == 412
    for unfit in ([], ["no:such"], "grant:read", [None]):
        assert (await put(gateway, own, machine, unfit, '"0"')).status_code == 422  # type: ignore[arg-type]
    done = await put(gateway, own, machine, [*reversed(FEW), FEW[0]], '"0"')
    assert (done.status_code, done.headers["etag"]) == (200, '"1"')
    assert done.json()["permissions"] == FEW
    system = await log_in_to_platform(gateway, "platform.system")
    assert (await gateway.http.get(path, headers=system)).json()["version"] == 1
    unknown = f"/v1/clients/{new_id()}/permissions"
    assert (await gateway.http.get(unknown, headers=system)).status_code == 404
    async with gateway.sessions() as session:
        said = list(await session.scalars(select(Outbox.body)))
    changes = [e for e in said if e["type"] == "gateway.client-permissions-changed.v1"]
    assert [e["data"]["permissions"] for e in changes] == [FEW]
    assert changes[0]["data"]["owner"] == str(gateway.department("tax"))


async def test_no_limit_gives_a_machine_more_than_its_kind_has(gateway: Gateway) -> None:
    machine, _ = gateway.client("tax", "front-end-machine")
    own = await log_in(gateway, "tax.administrator")
    for beyond in ("data:lookup", "client:manage", "department:manage"):
        answer = await put(gateway, own, machine, [*FEW, beyond])
        assert answer.status_code == 409
        assert answer.json()["code"] == "client-permissions-beyond-kind"
        assert beyond in answer.json()["detail"]
    assert (await put(gateway, own, machine, FEW)).status_code == 200
    # Whatever a list names that the kind has lost since, or that there is no more, is not given.
    row = ClientPermissions.client == machine
    async with gateway.sessions.begin() as session:
        told = ["profile:read", "department:manage", "was:once"]
        await session.execute(update(ClientPermissions).where(row).values(permissions=told))
    await asyncio.sleep(0.2)
    headers = await gateway.bearer("tax", "front-end-machine")
    me = await gateway.http.get("/v1/me", headers=headers)
    assert me.json()["permissions"] == ["profile:read"]


async def test_two_who_set_a_limit_at_once_come_one_after_the_other(gateway: Gateway) -> None:
    machine, _ = gateway.client("tax")
    own = await log_in(gateway, "tax.administrator")
    answers = await asyncio.gather(*[put(gateway, own, machine, FEW, '"0"') for _ in range(4)])
    assert sorted(a.status_code for a in answers) == [200, 412, 412, 412]
