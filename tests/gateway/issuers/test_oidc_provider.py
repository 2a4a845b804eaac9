"""The same against npm's `oidc-provider` really running: `make test-oidc` installs and runs it."""

import asyncio
import html
import os
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote_plus, urljoin

import httpx
import pytest

from deploy.local.nats import free_port
from gateway.issuers import exchange
from tests.gateway.conftest import Gateway
from tests.gateway.issuers.conftest import Outsider
from tests.gateway.issuers.issuer import SECRET, query
from tests.gateway.people import Person, bearing, called_until

pytestmark = pytest.mark.external
FOLDER = "OIDC_PROVIDER"
AUDIENCE = "https://data.example.gov.cn"


@dataclass
class Provider:
    """The provider's address, and its client as the setting knows it."""

    url: str

    async def register(self, gateway: Gateway, algorithm: str) -> None:
        """Register the platform there, as its administrator would by hand."""
        told = {
            "redirect_uris": [f"{gateway.url}/oauth/issuers/province/back"],
            "post_logout_redirect_uris": [f"{gateway.url}/docs"],
            "backchannel_logout_uri": f"{gateway.url}/oauth/issuers/province/log-out",
            "backchannel_logout_session_required": True,
            "grant_types": ["authorization_code", "client_credentials"],
            "response_types": ["code"],
            "id_token_signed_response_alg": algorithm,
        }
        async with httpx.AsyncClient() as http:
            answer = await http.post(f"{self.url}/reg", json=told)
        assert answer.status_code == 201, answer.text


@pytest.fixture
def trust() -> str:
    return f"""
        accounts = "made"
        scopes = ["profile"]
        exchange_audience = "{AUDIENCE}"
        [issuer.department]
        claim = "org"
        by = "short-name"
        [issuer.roles]
        claim = "access.roles"
        map = {{ compile = "compiler" }}
    """


@pytest.fixture
async def issuer() -> AsyncIterator[Provider]:
    """The provider in a process of its own. Whatever is missing for it is an error."""
    folder, node = os.environ.get(FOLDER), shutil.which("node")
    if folder is None:
        pytest.fail("these tests need npm's oidc-provider: run them with `make test-oidc`")
    if node is None:
        pytest.fail("oidc-provider needs node: install Node.js 20 or newer")
    port = free_port()
    script = Path(__file__).with_name("provider.mjs")
    process = await asyncio.create_subprocess_exec(
        node,
        str(script),
        folder,
        str(port),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=os.environ | {"CLIENT_SECRET": SECRET, "NODE_NO_WARNINGS": "1"},
    )
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), 30)
        assert line.strip() == b"listening"
        yield Provider(f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        await process.wait()


class Browser(Outsider):
    """A person whom the provider asks for name, password and consent."""

    async def there(self) -> str:
        page = await self.begin()
        for _ in range(12):
            location: str = page.headers.get("location", "")
            if location.startswith(f"{self.gateway.url}/"):
                return location
            if location:
                page = await self.browser.get(urljoin(str(page.url), location))
                continue
            assert page.status_code == 200, page.text
            action = re.search(r'<form[^>]*action="([^"]+)"', page.text)
            assert action, page.text
            form = {"prompt": "login", "login": "somebody", "password": "something"}
            if 'value="consent"' in page.text:
                form = {"prompt": "consent"}
            page = await self.browser.post(html.unescape(action[1]), data=form)
        raise AssertionError("the provider never came to an end")

    async def log_out_there(self, provider: Provider) -> None:
        """End the session at the provider, which then tells the platform."""
        page = await self.browser.get(f"{provider.url}/session/end")
        token = re.search(r'name="xsrf" value="([^"]+)"', page.text)
        assert token, page.text
        done = await self.browser.post(
            f"{provider.url}/session/end/confirm", data={"xsrf": token[1], "logout": "yes"}
        )
        assert done.status_code in (200, 303), done.text


@pytest.fixture
async def two(gateway: Gateway, issuer: Provider) -> AsyncIterator[tuple[Browser, Browser]]:
    """Two people with a browser each."""
    both = Browser(gateway), Browser(gateway)
    yield both
    for one in both:
        await one.browser.aclose()


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
async def test_a_person_logs_in_by_a_real_provider_and_out_there(
    gateway: Gateway, issuer: Provider, two: tuple[Browser, Browser], algorithm: str
) -> None:
    await issuer.register(gateway, algorithm)
    person, _ = two
    tokens = await person.tokens_outside()
    me = (await gateway.http.get("/v1/me", headers=bearing(tokens))).json()
    assert me["department"]["short_name"] == "civil-affairs"
    assert "resource:compile" in me["permissions"]
    assert me["acr"] == "issuer"
    # The session there goes on: no password is asked for the second time.
    again = await person.tokens_outside()
    assert (await gateway.http.get("/v1/me", headers=bearing(again))).json()["id"] == me["id"]
    await person.log_out_there(issuer)
    assert await called_until(gateway, tokens, 401)
    assert await called_until(gateway, again, 401)


async def test_a_code_of_a_real_provider_is_good_once(
    gateway: Gateway, issuer: Provider, two: tuple[Browser, Browser]
) -> None:
    await issuer.register(gateway, "RS256")
    person, other = two
    back = await person.there()
    assert (await person.browser.get(back)).status_code == 303
    theirs = await other.there()
    swapped = theirs.replace(query(theirs)["code"], query(back)["code"])
    assert (await other.browser.get(swapped)).status_code == 401


async def test_a_machines_token_of_a_real_provider_is_exchanged(
    gateway: Gateway, issuer: Provider
) -> None:
    await issuer.register(gateway, "RS256")
    async with httpx.AsyncClient(base_url=issuer.url) as http:
        got = await http.post(
            "/token",
            data={"grant_type": "client_credentials", "resource": AUDIENCE, "scope": "call"},
            auth=("huitong", quote_plus(SECRET)),
        )
    assert got.status_code == 200, got.text
    client, _ = gateway.client("tax")
    headers = bearing(await Person(gateway, "tax.administrator").tokens())
    linked = await gateway.http.post(
        f"/v1/clients/{client}/identities",
        json={"issuer": "province", "subject": "huitong"},
        headers=headers | {"idempotency-key": "a-real-one"},
    )
    assert linked.status_code == 201, linked.text
    form = {
        "grant_type": exchange.GRANT_TYPE,
        "subject_token": got.json()["access_token"],
        "subject_token_type": exchange.ISSUED_TYPE,
    }
    ours = await gateway.http.post("/oauth/token", data=form)
    assert ours.status_code == 200, ours.text
    me = (await gateway.http.get("/v1/me", headers=bearing(ours.json()))).json()
    assert me["id"] == client
