"""Old addresses: they lead where the authority says, and only whoever may call what is there."""

import asyncio
from collections.abc import Mapping
from uuid import UUID, uuid4

import pytest

from gateway.former_addresses import rules
from gateway.former_addresses.leading import Led
from gateway.former_addresses.rules import Way
from gateway.former_addresses.schemas import FormerAddressesBody, MovedBody
from gateway.former_addresses.usecases import end, rehearse, take_over
from gateway.matching import Matcher
from gateway.rules import RULES
from shared.ids import new_id
from shared.principal import Permission
from tests.callers import Principals
from tests.gateway.conftest import Gateway

MATCHER = Matcher(RULES)
GRANT, MINE, ANOTHERS = UUID(int=1), UUID(int=2), UUID(int=3)


@pytest.mark.parametrize(
    ("address", "target", "code"),
    [
        ("/share/getEnt.do?resId=3202-0017", "/v1/resources", None),
        ("/share/getEnt.do", f"/v1/grants/{GRANT}/snapshot", None),
        ("/portal/%E7%9B%AE%E5%BD%95/12.html", "/catalogue", None),
        ("/portal/12.html", f"/catalogue/{GRANT}", None),
        ("/portal/feed", "/catalogue.jsonld", None),
        ("/", "/catalogue", "ours"),
        ("/v1/resources", "/catalogue", "ours"),
        ("/catalogue/12", "/catalogue", "ours"),
        ("/docs?x=1", "/catalogue", "ours"),
        ("//evil.example/x", "/v1/resources?q=1", "nothing-there"),
        ("share/x", "/catalogue", "not-plain"),
        ("/share/目录", "/catalogue", "not-plain"),
        ("/share/x\r\nset-cookie: a=b", "/catalogue", "not-plain"),
        ("/share/x", "https://evil.example/", "nothing-there"),
        ("/share/x", "//evil.example/", "nothing-there"),
        ("/share/x", "/catalogue/..%2f..", "nothing-there"),
        ("/share/x", f"/v1/grants/{GRANT}/lookup", "nothing-there"),
        ("/share/x", "/v1/nothing", "nothing-there"),
    ],
)
def test_an_old_address_leads_only_to_what_is_read_here(
    address: str, target: str, code: str | None
) -> None:
    wrong = rules.fault(address, target, MATCHER)
    assert (wrong[1] if wrong else None) == code


def test_parameters_are_compared_in_any_order_and_need_not_be_named() -> None:
    one, whatever = Way(MINE, "/catalogue", None), Way(ANOTHERS, "/v1/resources", None)
    ways: Mapping[str, Way] = {"/a.do?a=1&b=2": one, "/b.do": whatever}
    assert rules.found(ways, b"/a.do", b"b=2&a=1") is one
    assert rules.found(ways, b"/a.do", b"a=1") is None
    assert rules.found(ways, b"/b.do", b"token=x") is whatever
    assert rules.found(ways, b"/c.do", b"") is None
    assert rules.found(ways, b"/b.do", b"&" * 30) is None
    assert rules.found(ways, b"/\xff", b"\xff") is None


def test_only_whoever_may_call_what_is_there_is_led_to_it(principal: Principals) -> None:
    by = principal(Permission.DATA_READ, department=MINE)
    snapshot = MATCHER.match("GET", f"/v1/grants/{GRANT}/snapshot".encode())
    entries = MATCHER.match("GET", b"/v1/log/entries")
    assert rules.may_follow(by, None, None)
    assert rules.may_follow(by, snapshot, MINE)
    assert not rules.may_follow(by, snapshot, ANOTHERS)
    assert not rules.may_follow(by, snapshot, None)
    assert not rules.may_follow(by, entries, None)


async def test_an_old_address_leads_on_and_a_stranger_is_told_nothing(
    gateway: Gateway, principal: Principals
) -> None:
    by = principal(authority="610000/610300")
    grant = await gateway.grant("tax")
    body = FormerAddressesBody(
        platform="旧共享交换平台",
        reason="旧平台停用",
        addresses=[
            MovedBody(address="/share/ent.do?id=17", target=f"/v1/grants/{grant}/snapshot"),
            MovedBody(address="/portal/12.html", target=f"/catalogue/{grant}"),
        ],
    )
    async with gateway.sessions.begin() as session:
        assert (await rehearse(session, by, body)).new == 2
    async with gateway.sessions.begin() as session:
        assert (await take_over(session, by, body)).new == 2
        assert (await take_over(session, by, body)).known == 2
    tax, civil = await gateway.bearer("tax"), await gateway.bearer("civil-affairs")
    old = "/share/ent.do?id=17"
    async with asyncio.timeout(20):
        while (led := await gateway.http.get(old, headers=tax)).status_code != 308:  # noqa: ASYNC110
            await asyncio.sleep(0.2)
    assert led.headers["location"] == f"/v1/grants/{grant}/snapshot"
    assert (await gateway.http.get("/share/ent.do?id=18", headers=tax)).status_code == 404
    assert (await gateway.http.post(old, headers=tax, json={})).status_code == 404
    assert (await gateway.http.get(old, headers=civil)).status_code == 404
    assert (await gateway.http.get(old)).status_code == 401
    page = await gateway.http.get("/portal/12.html")
    assert (page.status_code, page.headers["location"]) == (308, f"/catalogue/{grant}")
    # The operation itself tells a stranger of no other address.
    (private,) = [way.id for way in (await _ways(gateway)) if way.matched]
    public = await gateway.http.get(f"/catalogue/former-addresses/{private}/target")
    assert public.status_code == 404
    assert (
        await gateway.http.get(f"/catalogue/former-addresses/{uuid4()}/target")
    ).status_code == 404
    async with gateway.sessions.begin() as session:
        await end(session, by, private)
    with pytest.raises(rules.FormerAddressEnded):
        async with gateway.sessions.begin() as session:
            await end(session, by, private)
    with pytest.raises(rules.FormerAddressUnknown):
        async with gateway.sessions.begin() as session:
            await end(session, by, new_id())
    with pytest.raises(rules.FormerAddressNotTheAuthority):
        async with gateway.sessions.begin() as session:
            await take_over(session, principal(), body)
    assert [way.target for way in await _ways(gateway)] == [f"/catalogue/{grant}"]


async def _ways(gateway: Gateway) -> list[Way]:
    led = Led(gateway.sessions)
    async with led.following():
        await asyncio.sleep(0.3)
        return [way for path in ("/share/ent.do", "/portal/12.html") if (way := _find(led, path))]


def _find(led: Led, path: str) -> Way | None:
    return led.find(path.encode(), b"id=17" if path.endswith(".do") else b"")
