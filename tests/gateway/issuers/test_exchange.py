"""A trusted issuer's token of a machine exchanged for ours: for which, and for which never."""

from typing import Any
from uuid import uuid4

import httpx
import pytest

from gateway.issuers import exchange
from shared import clock
from tests.gateway.conftest import Gateway
from tests.gateway.issuers.issuer import CLIENT, Issuer
from tests.gateway.people import Person, bearing

pytestmark = pytest.mark.duty("D23", "jiangsu-2017 §4(4)", "yixing-2016 §25", "baoji-2017 §4(4)")
AUDIENCE = "https://data.example.gov.cn"
MACHINE = "machine-of-the-tax-bureau"


@pytest.fixture
def trust() -> str:
    return f"""
        accounts = "linked"
        exchange_audience = "{AUDIENCE}"
    """


async def exchanged(gateway: Gateway, token: str, **more: str) -> httpx.Response:
    form = {
        "grant_type": exchange.GRANT_TYPE,
        "subject_token": token,
        "subject_token_type": exchange.ISSUED_TYPE,
    }
    return await gateway.http.post("/oauth/token", data=form | more)


async def linked(gateway: Gateway) -> tuple[str, str, dict[str, str]]:
    """A client of the tax bureau's that the issuer knows: its id, its link, its keeper."""
    client, _ = gateway.client("tax")
    headers = bearing(await Person(gateway, "tax.administrator").tokens())
    made = await gateway.http.post(
        f"/v1/clients/{client}/identities",
        json={"issuer": "province", "subject": MACHINE},
        headers=headers | {"idempotency-key": str(uuid4())},
    )
    assert made.status_code == 201, made.text
    return client, str(made.json()["id"]), headers


async def test_a_linked_machine_gets_our_token_and_calls_with_it(
    gateway: Gateway, issuer: Issuer
) -> None:
    client, link, headers = await linked(gateway)
    metadata = (await gateway.http.get("/.well-known/oauth-authorization-server")).json()
    assert exchange.GRANT_TYPE in metadata["grant_types_supported"]
    text = issuer.token(sub=MACHINE, aud=[AUDIENCE, "other"], client_id=MACHINE)
    got = await exchanged(gateway, text)
    assert got.status_code == 200, got.text
    assert got.json()["issued_token_type"] == exchange.ISSUED_TYPE
    me = (await gateway.http.get("/v1/me", headers=bearing(got.json()))).json()
    assert (me["kind"], me["id"], me["acr"]) == ("client", client, "issuer-token")
    # The issuer's own token opens nothing.
    straight = await gateway.http.get("/v1/me", headers={"authorization": f"Bearer {text}"})
    assert straight.status_code == 401
    path = f"/v1/clients/{client}/identities"
    assert len((await gateway.http.get(path, headers=headers)).json()["items"]) == 1
    assert (await gateway.http.delete(f"{path}/{link}", headers=headers)).status_code == 204
    again = await exchanged(gateway, text)
    assert again.json()["error"] == "invalid_grant"
    assert MACHINE not in again.text


async def test_a_revoked_client_gets_none(gateway: Gateway, issuer: Issuer) -> None:
    client, _, headers = await linked(gateway)
    await gateway.http.post(f"/v1/clients/{client}/revoke", headers=headers)
    refused = await exchanged(gateway, issuer.token(sub=MACHINE, aud=AUDIENCE))
    assert refused.json()["error"] == "invalid_grant"


async def test_a_machine_that_must_show_its_certificate_exchanges_nothing_without_it(
    gateway: Gateway, issuer: Issuer
) -> None:
    client, _, headers = await linked(gateway)
    body = {"certificates": [{"thumbprint": "ab" * 32}], "only": True}
    path = f"/v1/clients/{client}/certificates"
    kept = await gateway.http.put(path, json=body, headers=headers | {"if-match": '"0"'})
    assert kept.status_code == 200, kept.text
    refused = await exchanged(gateway, issuer.token(sub=MACHINE, aud=AUDIENCE))
    assert refused.json()["error"] == "invalid_client"


async def test_nobody_links_a_neighbours_machine(gateway: Gateway) -> None:
    client, _ = gateway.client("tax")
    headers = bearing(await Person(gateway, "civil-affairs.administrator").tokens())
    path = f"/v1/clients/{client}/identities"
    body = {"issuer": "province", "subject": MACHINE}
    headers |= {"idempotency-key": "a-neighbours"}
    assert (await gateway.http.post(path, json=body, headers=headers)).status_code == 404
    assert (await gateway.http.get(path, headers=headers)).status_code == 404
    assert (await gateway.http.delete(f"{path}/{uuid4()}", headers=headers)).status_code == 404


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": CLIENT},
        {"aud": "somebody-else"},
        {"iss": "https://other.example"},
        {"exp": 1},
        {"nonce": "n"},
        {"events": {}},
        {"sub": None},
    ],
)
async def test_a_token_for_something_else_is_not_exchanged(
    gateway: Gateway, issuer: Issuer, claims: dict[str, Any]
) -> None:
    await linked(gateway)
    told = {"sub": MACHINE, "aud": AUDIENCE} | claims
    refused = await exchanged(gateway, issuer.token(**told))
    assert refused.status_code == 400
    assert refused.json()["error"] == "invalid_request"


@pytest.mark.parametrize("text", ["", "a", "a.b.c", "..", "e30.W10.", "a.W3t9XQ.b", "[" * 8000])
async def test_nonsense_is_refused_without_asking_anybody(
    gateway: Gateway, issuer: Issuer, text: str
) -> None:
    refused = await exchanged(gateway, text)
    assert refused.status_code == 400
    assert issuer.asked == []


async def test_another_kind_of_token_is_refused(gateway: Gateway, issuer: Issuer) -> None:
    kind = "urn:ietf:params:oauth:token-type:saml2"
    refused = await exchanged(gateway, issuer.token(), subject_token_type=kind)
    assert refused.json()["error"] == "invalid_request"


async def test_while_the_issuer_is_away_its_keys_are_believed_for_an_hour(
    gateway: Gateway, issuer: Issuer
) -> None:
    await linked(gateway)
    text = issuer.token(sub=MACHINE, aud=AUDIENCE, exp=int(clock.now().timestamp()) + 8000)
    assert (await exchanged(gateway, text)).status_code == 200
    issuer.metadata = {"issuer": "https://other.example"}
    later = clock.now().timestamp()
    with clock.turn(clock.now().fromtimestamp(later + 3500, clock.now().tzinfo)):
        assert (await exchanged(gateway, text)).status_code == 200
    with clock.turn(clock.now().fromtimestamp(later + 3700, clock.now().tzinfo)):
        refused = await exchanged(gateway, text)
        assert refused.status_code == 503
        assert refused.json()["error"] == "temporarily_unavailable"
