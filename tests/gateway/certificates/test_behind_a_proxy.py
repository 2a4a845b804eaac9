"""Certificates that a proxy has seen: whose word is taken, and what a bound token opens."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.gateway.certificates.authority import Authority, Issued
from tests.gateway.conftest import Gateway
from tests.gateway.logging_in import log_in

HANDED_ON = "/v1/resources/0198c2f0-0000-7000-8000-000000000001/rules"
pytestmark = pytest.mark.duty("D23", "jiangsu-2017 §4(4)", "yixing-2016 §25", "baoji-2017 §4(4)")


@pytest.fixture
def certificate_proxies() -> tuple[str, ...]:
    return ("127.0.0.1/32",)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def machine(authority: Authority) -> Issued:
    return authority.issue("qzj-01")


async def keep(
    gateway: Gateway, body: Any, etag: str | None = '"0"', department: str = "tax"
) -> httpx.Response:
    """What the department's administrator sends."""
    client, _ = gateway.client("tax")
    headers = await log_in(gateway, f"{department}.administrator")
    headers |= {"if-match": etag} if etag is not None else {}
    path = f"/v1/clients/{client}/certificates"
    return await gateway.http.put(path, json=body, headers=headers)


async def registered(gateway: Gateway, machine: Issued, *, only: bool = False) -> None:
    body = {"certificates": [{"thumbprint": machine.digest}], "only": only}
    answer = await keep(gateway, body)
    assert answer.status_code == 200, answer.text


async def ask(gateway: Gateway, headers: Any = None, **more: str) -> httpx.Response:
    """Ask for a token by the certificate alone."""
    client, _ = gateway.client("tax")
    form = {"grant_type": "client_credentials", "client_id": client} | more
    return await gateway.http.post("/oauth/token", data=form, headers=headers)


async def by_secret(gateway: Gateway, headers: dict[str, str]) -> httpx.Response:
    form = {"grant_type": "client_credentials"}
    pair = gateway.client("tax")
    return await gateway.http.post("/oauth/token", data=form, auth=pair, headers=headers)


async def test_a_machine_gets_a_token_for_its_certificate_which_opens_nothing_without_it(
    gateway: Gateway, authority: Authority, machine: Issued
) -> None:
    await registered(gateway, machine)
    got = await ask(gateway, machine.header)
    assert got.status_code == 200, got.text
    bearer = {"authorization": f"Bearer {got.json()['access_token']}"}
    other = authority.issue("qzj-02")
    # Both what the gateway answers itself and what it hands on.
    for path in ("/v1/me", HANDED_ON):
        assert (await gateway.http.get(path, headers=bearer | machine.header)).status_code == 200
        for headers in (bearer, bearer | other.header):
            refused = await gateway.http.get(path, headers=headers)
            assert refused.status_code == 401
            assert refused.json()["code"] == "token-invalid"
    assert all("client-cert" not in seen for seen in gateway.behind.headers)
    me = (await gateway.http.get("/v1/me", headers=bearer | machine.header)).json()
    assert (me["id"], me["acr"]) == (gateway.client("tax")[0], "client-certificate")


async def test_what_a_token_is_bound_to_is_told_to_whoever_may_ask(
    gateway: Gateway, machine: Issued
) -> None:
    await registered(gateway, machine)
    token = (await ask(gateway, machine.header)).json()["access_token"]
    told = await gateway.http.post(
        "/oauth/introspect", data={"token": token}, auth=gateway.client("tax")
    )
    kept = await gateway.http.get(
        f"/v1/clients/{gateway.client('tax')[0]}/certificates",
        headers=await log_in(gateway, "tax.administrator"),
    )
    (accepted,) = kept.json()["certificates"]
    assert told.json()["cnf"] == {"x5t#S256": accepted["thumbprint"]}
    metadata = (await gateway.http.get("/.well-known/oauth-authorization-server")).json()
    assert metadata["tls_client_certificate_bound_access_tokens"] is True
    assert "tls_client_auth" in metadata["token_endpoint_auth_methods_supported"]


async def test_a_certificate_beside_another_proof_binds_the_token_too(
    gateway: Gateway, authority: Authority, machine: Issued
) -> None:
    await registered(gateway, machine)
    bound = (await by_secret(gateway, machine.header)).json()["access_token"]
    free = (await by_secret(gateway, authority.issue("qzj-02").header)).json()["access_token"]
    for token, status in ((bound, 401), (free, 200)):
        headers = {"authorization": f"Bearer {token}"}
        assert (await gateway.http.get("/v1/me", headers=headers)).status_code == status


async def test_a_machine_that_must_show_its_certificate_gets_nothing_without(
    gateway: Gateway, authority: Authority, machine: Issued
) -> None:
    await registered(gateway, machine, only=True)
    assert (await by_secret(gateway, {})).status_code == 401
    assert (await by_secret(gateway, authority.issue("qzj-02").header)).status_code == 401
    assert (await by_secret(gateway, machine.header)).status_code == 200


async def test_another_machines_certificate_and_an_unknown_client_are_refused_alike(
    gateway: Gateway, authority: Authority, machine: Issued
) -> None:
    early = await ask(gateway, machine.header)
    await registered(gateway, machine)
    wrong = await ask(gateway, authority.issue("qzj-01").header)
    unknown = await ask(gateway, machine.header, client_id="nobody")
    neighbour = await ask(gateway, machine.header, client_id=gateway.client("education")[0])
    for refused in (early, wrong, unknown, neighbour):
        assert refused.status_code == 401
        assert refused.json() == early.json()
    client, _ = gateway.client("tax")
    headers = await log_in(gateway, "tax.administrator")
    await gateway.http.post(f"/v1/clients/{client}/revoke", headers=headers)
    assert (await ask(gateway, machine.header)).status_code == 401


async def test_only_one_whole_header_counts(gateway: Gateway, machine: Issued) -> None:
    await registered(gateway, machine)
    value = machine.header["client-cert"]
    unfit: list[list[tuple[str, str]]] = [
        [("client-cert", value), ("client-cert", value)],
        [("client-cert", value.strip(":"))],
        [("client-cert", f"{value}, {value}")],
        [("client-cert", "::")],
        [("client-cert", ":not base64:")],
        [("client-cert", ":" + "QUJD" * 5000 + ":")],
        [("x-client-cert", value)],
    ]
    for headers in unfit:
        # Nothing was shown: the secret that is asked for instead is not there.
        assert (await ask(gateway, headers)).status_code in (401, 429)


async def test_names_count_together_with_who_gave_them(
    gateway: Gateway, authority: Authority, machine: Issued, tmp_path: Path
) -> None:
    body = {"certificates": [{"subject": "CN=qzj-01", "issuer": "CN=Government Device CA"}]}
    assert (await keep(gateway, body)).status_code == 200
    assert (await ask(gateway, machine.header)).status_code == 200
    renewed = authority.issue("qzj-01")
    assert (await ask(gateway, renewed.header)).status_code == 200
    stranger = Authority(tmp_path, "Another CA").issue("qzj-01")
    assert (await ask(gateway, stranger.header)).status_code == 401
    damaged = {"client-cert": ":QUJD:"}
    assert (await ask(gateway, damaged)).status_code == 401


async def test_certificates_are_kept_by_whoever_read_them_last(
    gateway: Gateway, machine: Issued
) -> None:
    body = {"certificates": [{"thumbprint": machine.digest}]}
    missing = await keep(gateway, body, None)
    assert missing.json()["code"] == "client-certificates-if-match-missing"
    assert (await keep(gateway, body)).headers["etag"] == '"1"'
    assert (await keep(gateway, body)).json()["code"] == "client-certificates-changed"
    assert (await keep(gateway, body, '"1"', "education")).status_code == 404
    assert (await keep(gateway, {"certificates": []}, '"1"')).status_code == 200
    assert (await ask(gateway, machine.header)).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {"certificates": [{}]},
        {"certificates": [{"thumbprint": "ab"}]},
        {"certificates": [{"thumbprint": "zz" * 32}]},
        {"certificates": [{"subject": "CN=qzj-01"}]},
        {"certificates": [{"thumbprint": "ab" * 32, "subject": "CN=a", "issuer": "CN=b"}]},
        {"certificates": [], "only": True},
        {"certificates": [{"thumbprint": "ab" * 32}] * 6},
    ],
)
async def test_what_names_no_certificate_is_not_kept(gateway: Gateway, body: Any) -> None:
    assert (await keep(gateway, body)).status_code == 422
