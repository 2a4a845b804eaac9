"""A gateway that trusts one issuer, and a browser that goes between the two."""

import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.gateway.conftest import Gateway, serving
from tests.gateway.issuers.issuer import CLIENT, SECRET, Issuer, query
from tests.gateway.people import Person

BUREAU = "11320200014011518R"


@pytest.fixture
def trust() -> str:
    """What the setting says of the issuer beside its name; a test may give another."""
    return """
        accounts = "made"
        [issuer.department]
        claim = "org"
        by = "short-name"
        [issuer.roles]
        claim = "access.roles"
        [issuer.roles.map]
        compile = "compiler"
        review = "reviewer"
        sys = "system-administrator"
        sec = "security-administrator"
        [issuer.strength]
        claim = "amr"
        second_factor = ["hwk"]
    """


@pytest.fixture
async def issuer() -> AsyncIterator[Issuer]:
    """An issuer whose person compiles for the civil affairs bureau."""
    bound = socket.create_server(("127.0.0.1", 0))
    made = Issuer(f"http://127.0.0.1:{bound.getsockname()[1]}")
    made.claims = {"org": "civil-affairs", "access": {"roles": ["compile", "unknown"]}}
    async with serving(made.app(), bound):
        yield made


@pytest.fixture
def issuers_file(issuer: Issuer, trust: str, tmp_path: Path) -> Path:
    """The setting."""
    secret = tmp_path / "province.secret"
    secret.touch(0o600)
    secret.write_text(SECRET + "\n")
    file = tmp_path / "issuers.toml"
    file.write_text(
        f"""
        [[issuer]]
        name = "province"
        title = "省统一身份 <认证>"
        issuer = "{issuer.url}"
        client_id = "{CLIENT}"
        client_secret_file = "{secret}"
        {trust}
        """
    )
    return file


@dataclass
class Outsider(Person):
    """A person that logs in by the issuer, with a browser of its own."""

    username: str = ""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.browser = httpx.AsyncClient(base_url=self.gateway.url, timeout=20)

    async def begin(self) -> httpx.Response:
        """Press the issuer's button."""
        return await self.browser.post("/oauth/issuers/province/begin", data=self.asked)

    async def there(self) -> str:
        """Log in there: the address to which the issuer sends the browser back."""
        begun = await self.begin()
        assert begun.status_code == 303, begun.text
        answered = await self.browser.get(begun.headers["location"])
        assert answered.status_code == 303, answered.text
        return str(answered.headers["location"])

    async def enter_outside(self) -> httpx.Response:
        """All the way back to the platform."""
        return await self.browser.get(await self.there())

    async def tokens_outside(self) -> dict[str, Any]:
        """Log in."""
        sent = await self.enter_outside()
        assert sent.status_code == 303, sent.text
        told = query(sent.headers["location"])
        assert told["state"] == "s"
        assert told["iss"] == self.gateway.url
        got = await self.change(told["code"])
        assert got.status_code == 200, got.text
        return dict(got.json())


@pytest.fixture
async def outsider(gateway: Gateway, issuer: Issuer) -> AsyncIterator[Outsider]:
    """Somebody whom only the issuer knows."""
    person = Outsider(gateway)
    yield person
    await person.browser.aclose()
