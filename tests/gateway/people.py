"""People's log-ins in the tests: a code, the tokens for it, and what can be done with them."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx

from gateway.oauth.routes import DOCS_APPLICATION
from shared import crypto
from tests.gateway.conftest import Gateway


@dataclass
class Person:
    """An operator at a browser, with the application that it logs in to."""

    gateway: Gateway
    username: str
    application: str = DOCS_APPLICATION

    def __post_init__(self) -> None:
        self.verifier = crypto.token()
        self.redirect = {
            DOCS_APPLICATION: f"{self.gateway.url}/docs/oauth2-redirect",
        }.get(self.application, "https://portal.example/back")

    @property
    def asked(self) -> dict[str, str]:
        """What the application asks the authorization endpoint."""
        challenge = crypto.base64url(crypto.STANDARD.digest(self.verifier.encode()))
        return {
            "client_id": self.application,
            "redirect_uri": self.redirect,
            "code_challenge": challenge,
            "state": "s",
        }

    @property
    def password(self) -> str:
        """The password that the platform was filled with."""
        department = self.username.partition(".")[0]
        home = "data-bureau" if department == "platform" else department
        operators = self.gateway.credentials["departments"][home]["operators"]
        return str(operators[self.username]["password"])

    async def enter(self, password: str | None = None) -> httpx.Response:
        """Send name and password."""
        told = {"username": self.username, "password": password or self.password}
        return await self.gateway.http.post("/oauth/authorize", data=self.asked | told)

    async def code(self) -> str:
        """A fresh code."""
        sent = await self.enter()
        assert sent.status_code == 303, sent.text
        return parse_qs(urlsplit(sent.headers["location"]).query)["code"][0]

    async def change(self, code: str, **otherwise: str) -> httpx.Response:
        """Change a code for tokens."""
        body = {
            "grant_type": "authorization_code",
            "client_id": self.application,
            "redirect_uri": self.redirect,
            "code": code,
            "code_verifier": self.verifier,
        }
        return await self.gateway.http.post("/oauth/token", data=body | otherwise)

    async def tokens(self) -> dict[str, Any]:
        """Log in."""
        got = await self.change(await self.code())
        assert got.status_code == 200, got.text
        return dict(got.json())

    async def refresh(self, refresh_token: str, **otherwise: str) -> httpx.Response:
        """Change a refresh token for the next tokens."""
        body = {
            "grant_type": "refresh_token",
            "client_id": self.application,
            "refresh_token": refresh_token,
        }
        return await self.gateway.http.post("/oauth/token", data=body | otherwise)


def bearing(tokens: dict[str, Any]) -> dict[str, str]:
    """The header of a call with these tokens."""
    return {"authorization": f"Bearer {tokens['access_token']}"}


async def calls(gateway: Gateway, tokens: dict[str, Any]) -> int:
    """What the platform answers to a call with these tokens."""
    return (await gateway.http.get("/v1/me", headers=bearing(tokens))).status_code


async def called_until(gateway: Gateway, tokens: dict[str, Any], status: int) -> bool:
    """Whether the platform answers so within two seconds."""
    for _ in range(40):
        if await calls(gateway, tokens) == status:
            return True
        await asyncio.sleep(0.05)
    return False
