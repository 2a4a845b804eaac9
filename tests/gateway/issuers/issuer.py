"""A small honest issuer on a real port, which a test may make dishonest in one point."""

import asyncio
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import orjson
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from shared import clock, crypto

CLIENT = "huitong"
SECRET = "a secret of ours/with: signs"
SUBJECT = "3b1f-of-the-province"


def half(access_token: str) -> str:
    """The at_hash of an access token."""
    return crypto.base64url(hashlib.sha256(access_token.encode()).digest()[:16])


@dataclass
class Issuer:
    """What it publishes and says; each field may be bent by a test."""

    url: str
    key: ECKey | RSAKey = field(
        default_factory=lambda: ECKey.generate_key("P-256", {"kid": "first"})
    )
    algorithm: str = "ES256"
    claims: dict[str, Any] = field(default_factory=dict)
    bend: Callable[[dict[str, Any]], dict[str, Any]] = lambda claims: claims
    header: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    jwks: dict[str, Any] | bytes | None = None
    # What each path answers instead of what it should, and how long it takes to answer at all.
    instead: dict[str, Response] = field(default_factory=dict)
    slowness: float = 0
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def app(self) -> ASGIApp:
        """The issuer as an application."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._metadata),
                Route("/jwks", self._jwks),
                Route("/authorize", self._authorize),
                Route("/token", self._token, methods=["POST"]),
            ]
        )

    async def _metadata(self, request: Request) -> Response:
        told = {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/jwks",
            "code_challenge_methods_supported": ["S256"],
            "authorization_response_iss_parameter_supported": True,
        }
        return await self._answer(request, JSONResponse(told | self.metadata))

    async def _jwks(self, request: Request) -> Response:
        told = {"keys": [self.key.as_dict(private=False)]} if self.jwks is None else self.jwks
        body = told if isinstance(told, bytes) else orjson.dumps(told)
        return await self._answer(request, Response(body, media_type="application/json"))

    async def _authorize(self, request: Request) -> Response:
        """Whoever comes is logged in there already."""
        asked = dict(request.query_params)
        code = crypto.token()
        self.codes[code] = asked
        told = {"code": code, "state": asked["state"], "iss": self.url}
        back = f"{asked['redirect_uri']}?{urlencode(told)}"
        return await self._answer(request, RedirectResponse(back, 303))

    async def _token(self, request: Request) -> Response:
        sent = {k: v[0] for k, v in parse_qs((await request.body()).decode()).items()}
        asked = self.codes.pop(sent["code"], None)
        verifier = crypto.base64url(hashlib.sha256(sent["code_verifier"].encode()).digest())
        if asked is None or asked["code_challenge"] != verifier:
            return JSONResponse({"error": "invalid_grant"}, 400)
        if asked["redirect_uri"] != sent["redirect_uri"]:
            return JSONResponse({"error": "invalid_grant"}, 400)
        access_token = crypto.token()
        told = {
            "access_token": access_token,
            "token_type": "Bearer",
            "id_token": self.token(nonce=asked["nonce"], at_hash=half(access_token)),
        }
        return await self._answer(request, JSONResponse(told))

    async def _answer(self, request: Request, right: Response) -> Response:
        self.asked.append(request.url.path)
        if self.slowness:
            await asyncio.sleep(self.slowness)
        return self.instead.get(request.url.path, right)

    def token(self, **more: Any) -> str:
        """A token of its own, bent as the test wants it."""
        now = int(clock.now().timestamp())
        claims = {
            "iss": self.url,
            "aud": CLIENT,
            "sub": SUBJECT,
            "iat": now,
            "exp": now + 300,
            **self.claims,
            **more,
        }
        header = {"alg": self.algorithm, "kid": self.key.kid, **self.header}
        text = orjson.dumps(self.bend(claims))
        if header["alg"] in ("none", "HS256"):
            told = f"{crypto.base64url(orjson.dumps(header))}.{crypto.base64url(text)}"
            # What a forger signs with who has nothing but the public key.
            forged = hmac.digest(self.key.as_pem(private=False), told.encode(), "sha256")
            return f"{told}.{crypto.base64url(forged) if header['alg'] == 'HS256' else ''}"
        return jws.serialize_compact(header, text, self.key, algorithms=[header["alg"]])


def rsa() -> RSAKey:
    """An RSA key with a name."""
    return RSAKey.generate_key(2048, {"kid": "rsa"})


def query(address: str) -> dict[str, str]:
    """The query of an address."""
    return {k: v[0] for k, v in parse_qs(urlsplit(address).query).items()}
