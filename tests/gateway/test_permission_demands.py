"""A resource's grade drives access: what each grade demands, of whom, and what a refusal says."""

import asyncio
from ipaddress import ip_network
from itertools import product
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import select

from gateway.addresses.schemas import AddressesBody
from gateway.demands import (
    DEMANDS,
    SECOND_FACTOR_ACRS,
    Call,
    Demand,
    Network,
    demand_of,
    missing,
    outside,
)
from gateway.models import Outbox
from shared.ids import new_id
from shared.principal import PrincipalKind
from tests.gateway.conftest import Gateway
from tests.gateway.logging_in import log_in, log_in_to_platform

HERE = (ip_network("10.1.0.0/16"), ip_network("2001:db8:5::/48"))
LOOPBACK = ["127.0.0.0/8"]


@pytest.mark.duty("D37", "baoji-2017 §20", "jiangsu-2017 §21")
def test_every_combination_is_refused_by_what_it_lacks() -> None:
    kinds = tuple(PrincipalKind)
    networks: tuple[tuple[Network, ...] | None, ...] = (None, (), HERE)
    acrs = ("password", "client-secret", "private-key-jwt", *SECOND_FACTOR_ACRS)
    said = (None, "x-1")
    for kind, allowed, strong, named, acr, end_user, matter in product(
        kinds, networks, (False, True), (False, True), acrs, said, said
    ):
        call = Call(acr=acr, address="10.1.2.3", end_user=end_user, matter=matter)
        refusal = missing(kind, allowed, Demand(strong=strong, named=named), call)
        machine = kind is PrincipalKind.CLIENT
        expected = (
            "client-addresses-missing"
            if strong and machine and not allowed
            else "second-factor-missing"
            if strong and not machine and acr not in SECOND_FACTOR_ACRS
            else "end-user-missing"
            if named and machine and end_user is None
            else "matter-missing"
            if named and matter is None
            else None
        )
        assert (refusal.code if refusal else None) == expected
        assert refusal is None or refusal.status == 403


def test_an_unknown_grade_demands_what_a_sensitive_one_does() -> None:
    assert demand_of("unheard-of") == demand_of("sensitive") == DEMANDS["sensitive"]
    assert demand_of("sensitive").strong
    assert not demand_of("ordinary").strong


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("10.1.0.0", True),
        ("10.1.255.255", True),
        ("10.2.0.0", False),
        ("::ffff:10.1.2.3", True),
        ("::ffff:10.2.2.3", False),
        ("2001:db8:5::1", True),
        ("2001:db8:6::1", False),
        ("local", False),
        ("", False),
        ("10.1.2.3, 10.9.9.9", False),
    ],
)
def test_an_address_is_inside_or_the_call_is_refused(address: str, allowed: bool) -> None:
    refusal = outside(HERE, address)
    assert (refusal is None) is allowed
    assert refusal is None or (refusal.status, refusal.code) == (403, "address-not-allowed")
    assert outside(None, address) is None


@pytest.mark.parametrize(
    "network", ["10.1.2.3/16", "0.0.0.0/0", "128.0.0.0/1", "::/0", "somewhere", "10.1.2.3/33"]
)
def test_a_network_that_names_no_place_is_malformed(network: str) -> None:
    with pytest.raises(ValueError, match=r"network|address"):
        AddressesBody(addresses=[network])


async def put(
    gateway: Gateway,
    headers: dict[str, str],
    client: str,
    addresses: list[str] | None,
    if_match: str | None,
) -> httpx.Response:
    """Set a machine's addresses, and the moment until every process knows."""
    sent = headers if if_match is None else headers | {"if-match": if_match}
    path = f"/v1/clients/{client}/addresses"
    answer = await gateway.http.put(path, json={"addresses": addresses}, headers=sent)
    await asyncio.sleep(0.2)
    return answer


@pytest.mark.duty("D37", "baoji-2017 §20", "jiangsu-2017 §21")
async def test_sensitive_and_personal_data_flow_only_to_who_brings_what_they_demand(
    gateway: Gateway,
) -> None:
    ordinary = f"/v1/grants/{await gateway.grant('tax')}/changes"
    grant = await gateway.grant("tax", grade="sensitive", personal=True)
    sensitive = f"/v1/grants/{grant}/changes"
    machine, _ = gateway.client("tax")
    headers = await gateway.bearer("tax")
    administrator = await log_in(gateway, "tax.administrator")
    assert (await gateway.http.get(ordinary, headers=headers)).status_code == 200

    async def refusal(sent: dict[str, str]) -> str:
        answer = await gateway.http.get(sensitive, headers=sent)
        assert answer.status_code == 403, answer.text
        return str(answer.json()["code"])

    assert await refusal(headers) == "client-addresses-missing"
    assert await refusal(administrator) == "second-factor-missing"
    assert (await put(gateway, administrator, machine, LOOPBACK, '"0"')).status_code == 200
    assert await refusal(headers) == "end-user-missing"
    assert await refusal(headers | {"x-huitong-end-user": "u-7"}) == "matter-missing"
    seen = len(gateway.behind.seen)
    complete = headers | {"x-huitong-end-user": "u-7", "x-huitong-matter": "SW-2026-1"}
    assert (await gateway.http.get(sensitive, headers=complete)).status_code == 200
    assert len(gateway.behind.seen) == seen + 1
    # A stranger to the grant is told of no demand.
    stranger = await gateway.bearer("education")
    assert (await gateway.http.get(sensitive, headers=stranger)).status_code == 404
    # From elsewhere the machine may do nothing at all, and others of its department go on.
    assert (await put(gateway, administrator, machine, ["10.9.0.0/16"], '"1"')).status_code == 200
    for path in (ordinary, "/v1/me", f"/v1/resources/{uuid4()}/batches"):
        answer = await gateway.http.get(path, headers=complete)
        assert (answer.status_code, answer.json()["code"]) == (403, "address-not-allowed")
    other = await gateway.bearer("tax", "front-end-machine")
    assert (await gateway.http.get(ordinary, headers=other)).status_code == 200
    assert (await put(gateway, administrator, machine, None, "*")).status_code == 200
    assert (await gateway.http.get(ordinary, headers=headers)).status_code == 200
    assert await refusal(headers) == "client-addresses-missing"


async def test_addresses_are_set_by_their_own_department_on_what_it_has_read(
    gateway: Gateway,
) -> None:
    machine, _ = gateway.client("tax")
    path = f"/v1/clients/{machine}/addresses"
    assert (await gateway.http.get(path)).status_code == 401
    stranger = await log_in(gateway, "education.administrator")
    assert (await gateway.http.get(path, headers=stranger)).status_code == 404
    assert (await put(gateway, stranger, machine, LOOPBACK, "*")).status_code == 404
    itself = await gateway.bearer("tax")
    assert (await put(gateway, itself, machine, LOOPBACK, "*")).status_code == 403
    own = await log_in(gateway, "tax.administrator")
    found = await gateway.http.get(path, headers=own)
    assert (found.json()["addresses"], found.headers["etag"]) == (None, '"0"')
    assert (await put(gateway, own, machine, LOOPBACK, None)).status_code == 428
    assert (await put(gateway, own, machine, LOOPBACK, '"3"')).status_code == 412
    assert (await put(gateway, own, machine, [], '"0"')).status_code == 422
    done = await put(gateway, own, machine, LOOPBACK, found.headers["etag"])
    assert (done.status_code, done.headers["etag"]) == (200, '"1"')
    assert done.json() == {"client": machine, "addresses": LOOPBACK, "version": 1}
    system = await log_in_to_platform(gateway, "platform.system")
    assert (await gateway.http.get(path, headers=system)).json()["version"] == 1
    unknown = f"/v1/clients/{new_id()}/addresses"
    assert (await gateway.http.get(unknown, headers=system)).status_code == 404
    async with gateway.sessions() as session:
        said = list(await session.scalars(select(Outbox.body)))
    changes = [e for e in said if e["type"] == "gateway.client-addresses-changed.v1"]
    assert [e["data"]["addresses"] for e in changes] == [LOOPBACK]
    assert changes[0]["data"]["owner"] == str(gateway.department("tax"))
