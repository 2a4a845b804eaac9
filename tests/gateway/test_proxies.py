"""Who really calls: what a proxy of ours says is believed, what anybody else says is not."""

import asyncio
from pathlib import Path

import pytest
from pydantic import SecretStr

from gateway.proxies import LOCAL, UNKNOWN, Header, Proxies
from gateway.settings import GatewaySettings
from tests.gateway.conftest import Gateway
from tests.gateway.logging_in import log_in
from tests.gateway.test_door import records

PROXY, CALLER, LIE = "10.0.0.1", "203.0.113.9", "198.51.100.66"


def way(*stations: str, name: str = "x-forwarded-for") -> list[Header]:
    """One field of a request's way."""
    return [(name.encode(), ", ".join(stations).encode())]


TRUSTED = Proxies(["10.0.0.0/24", "2001:db8:1::/64"])


@pytest.mark.parametrize(
    ("peer", "headers", "caller"),
    [
        # Nobody but a proxy is believed.
        (CALLER, [], CALLER),
        (CALLER, way(LIE), CALLER),
        (CALLER, way(PROXY), CALLER),
        (None, way(LIE), LOCAL),
        # A proxy names its caller; what stands further left the caller may have written.
        (PROXY, way(CALLER), CALLER),
        (PROXY, way(LIE, CALLER), CALLER),
        (PROXY, way(LIE) + way(CALLER), CALLER),
        (PROXY, way(LIE, CALLER, "10.0.0.7"), CALLER),
        (PROXY, way("10.0.0.8", CALLER, "10.0.0.7"), CALLER),
        (PROXY, way(*["10.0.0.9"] * 100, CALLER), CALLER),
        (PROXY, way(CALLER, *["10.0.0.9"] * 100), PROXY[:-1] + "9"),
        (PROXY, [], PROXY),
        (PROXY, way("10.0.0.5", "10.0.0.6"), "10.0.0.5"),
        (f"::ffff:{PROXY}", way(CALLER), CALLER),
        (PROXY, way(f"::ffff:{CALLER}"), CALLER),
        (PROXY, way(f"{CALLER}:4711"), CALLER),
        (PROXY, way("[2001:db8:9::1]:4711"), "2001:db8:9::1"),
        ("2001:db8:1::5", way("2001:db8:9::1"), "2001:db8:9::1"),
        # The standard's own field.
        (PROXY, way(f"for={LIE}, for={CALLER};proto=https", name="forwarded"), CALLER),
        (PROXY, way('For="[2001:db8:9::1]:80";by=10.0.0.1', name="forwarded"), "2001:db8:9::1"),
        (PROXY, way(CALLER) + way(f"for={CALLER}", name="forwarded"), CALLER),
        # A field that the proxy lets through is the caller's own word.
        (PROXY, way(CALLER) + way(f"for={LIE}", name="forwarded"), UNKNOWN),
        # What is no address names nobody.
        (PROXY, way(CALLER, "unknown"), UNKNOWN),
        (PROXY, way(""), PROXY),
        (PROXY, way(CALLER, ""), UNKNOWN),
        (PROXY, way("10.0.0.0/24"), UNKNOWN),
        (PROXY, way("fe80::1%eth0"), UNKNOWN),
        (PROXY, way("1.2.3"), UNKNOWN),
        (PROXY, way("for=_hidden", name="forwarded"), UNKNOWN),
        (PROXY, way("\xff"), UNKNOWN),
    ],
)
def test_the_caller_is_the_last_on_the_way_who_is_no_proxy_of_ours(
    peer: str | None, headers: list[Header], caller: str
) -> None:
    assert TRUSTED.caller(peer, headers, tls=False) == caller


def test_where_no_proxy_is_named_none_is_believed() -> None:
    nobody = Proxies([])
    for headers in (way(LIE), way(f"for={LIE}", name="forwarded")):
        assert nobody.caller(PROXY, headers, tls=False) == PROXY
    assert Proxies(["unix"]).caller(None, way(CALLER), tls=False) == CALLER
    assert Proxies(["unix"]).caller(PROXY, way(CALLER), tls=False) == PROXY


def test_in_production_no_plain_way_is_answered() -> None:
    strict = Proxies(["10.0.0.0/24"], https_only=True)
    https, http = [(b"x-forwarded-proto", b"https")], [(b"x-forwarded-proto", b"http")]
    assert strict.caller(CALLER, [], tls=True) == CALLER
    assert strict.caller(CALLER, https, tls=False) is None
    assert strict.caller(PROXY, way(CALLER) + https, tls=False) == CALLER
    assert strict.caller(PROXY, way(CALLER) + http, tls=False) is None
    assert strict.caller(PROXY, way(CALLER) + https + http, tls=False) is None
    assert strict.caller(PROXY, way(CALLER), tls=False) is None
    assert strict.caller(None, https, tls=False) is None


@pytest.mark.parametrize("network", ["0.0.0.0/0", "::/0", "10.0.0.1/8", "proxy", ""])
def test_all_the_world_is_no_proxy(network: str) -> None:
    with pytest.raises(ValueError, match="trusted_proxies"):
        GatewaySettings(
            database=SecretStr("postgresql:///x"),
            nats=SecretStr("nats://x"),
            signing_key_file=Path("/x"),
            second_factor_key=SecretStr("5f" * 32),
            spool=Path("/x"),
            trusted_proxies=(network,),
        )


@pytest.mark.parametrize("trusted_proxies", [("127.0.0.1/32",)])
async def test_addresses_registered_records_and_lock_outs_go_by_the_caller_behind_the_proxy(
    gateway: Gateway, trusted_proxies: tuple[str, ...]
) -> None:
    machine, _ = gateway.client("tax")
    own = await log_in(gateway, "tax.administrator")
    path = f"/v1/clients/{machine}/addresses"
    body = {"addresses": [f"{CALLER}/32"]}
    done = await gateway.http.put(path, json=body, headers=own | {"if-match": "*"})
    assert done.status_code == 200
    await asyncio.sleep(0.2)
    headers = await gateway.bearer("tax")
    for sent, status in (({"x-forwarded-for": f"{LIE}, {CALLER}"}, 200), ({}, 403)):
        for asked in ("/v1/me", f"/v1/resources/{machine}/batches"):
            answer = await gateway.http.get(asked, headers=headers | sent)
            assert answer.status_code == status, asked
    kept = [r for r in await records(gateway, 8) if r["principal"] is not None]
    addresses = {r["address"] for r in kept if r["operation"] == "GET /v1/me"}
    assert addresses == {CALLER, "127.0.0.1"}


async def test_without_a_trusted_proxy_a_forged_way_is_nothing(gateway: Gateway) -> None:
    machine, _ = gateway.client("tax")
    own = await log_in(gateway, "tax.administrator")
    body = {"addresses": ["203.0.113.0/24"]}
    path = f"/v1/clients/{machine}/addresses"
    done = await gateway.http.put(path, json=body, headers=own | {"if-match": "*"})
    assert done.status_code == 200
    await asyncio.sleep(0.3)
    headers = await gateway.bearer("tax") | {
        "x-forwarded-for": CALLER,
        "forwarded": "for=" + CALLER,
    }
    for asked in ("/v1/me", f"/v1/resources/{machine}/batches"):
        answer = await gateway.http.get(asked, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "address-not-allowed")
