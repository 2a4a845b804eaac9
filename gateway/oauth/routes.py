"""OAuth 2 endpoints: token, authorization code with PKCE, metadata and keys.

RFC 6749 (client credentials §4.4, authorization code §4.1), RFC 7636 (PKCE, S256 only),
RFC 8414 (metadata), RFC 7517 (keys), RFC 9207 (issuer in the answer). Errors of the token
endpoint have the shape of RFC 6749 §5.2, which clients of OAuth expect.
"""

import base64
import binascii
from typing import Annotated
from urllib.parse import unquote_plus, urlencode
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.identity import passwords, queries
from gateway.live import Live
from gateway.oauth import codes
from gateway.oauth.attempts import Attempts, TooManyAttempts
from gateway.oauth.page import login_page
from gateway.settings import GatewaySettings
from gateway.tokens import Tokens
from shared import clock
from shared.db import Session
from shared.errors import BadRequest

# The docs page is the one application of ours; a portal is registered beside it.
DOCS_APPLICATION = "huitong-docs"
_CLIENT_ACR = "client-secret"
_OPERATOR_ACR = "password"
_CSP = "default-src 'none'; style-src 'unsafe-inline'; form-action *; frame-ancestors 'none'"

router = APIRouter(include_in_schema=False)


class RedirectUnknown(BadRequest):
    """The application or its redirect address is not registered."""

    code = "redirect-unknown"
    title = "Redirect address unknown"


def redirect_uris(settings: GatewaySettings) -> dict[str, frozenset[str]]:
    """The redirect addresses of each application; matched exactly."""
    return {DOCS_APPLICATION: frozenset({f"{settings.public_url}/docs/oauth2-redirect"})}


@router.get("/.well-known/oauth-authorization-server")
async def metadata(request: Request) -> dict[str, object]:
    """What this authorization server can do (RFC 8414)."""
    issuer = request.app.state.settings.public_url
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": [
            "client_secret_basic",
            "client_secret_post",
            "none",
        ],
        "authorization_response_iss_parameter_supported": True,
        "service_documentation": f"{issuer}/docs",
    }


@router.get("/.well-known/jwks.json")
async def jwks(request: Request) -> dict[str, list[dict[str, object]]]:
    """The public keys of the tokens."""
    tokens: Tokens = request.app.state.tokens
    return tokens.jwks()


@router.get("/oauth/authorize")
async def ask(
    request: Request,
    client_id: Annotated[str, Query(max_length=64)],
    redirect_uri: Annotated[str, Query(max_length=512)],
    response_type: Annotated[str, Query(pattern="^code$")],
    code_challenge: Annotated[str, Query(pattern=r"^[A-Za-z0-9_-]{43}$")],
    code_challenge_method: Annotated[str, Query(pattern="^S256$")],
    state: Annotated[str, Query(max_length=512)] = "",
) -> Response:
    """Show the log-in form."""
    _known_redirect(request, client_id, redirect_uri)
    return _form(client_id, redirect_uri, code_challenge, state, None)


@router.post("/oauth/authorize")
async def log_in(
    request: Request,
    session: Session,
    client_id: Annotated[str, Form(max_length=64)],
    redirect_uri: Annotated[str, Form(max_length=512)],
    code_challenge: Annotated[str, Form(pattern=r"^[A-Za-z0-9_-]{43}$")],
    username: Annotated[str, Form(max_length=64)],
    password: Annotated[str, Form(max_length=128)],
    state: Annotated[str, Form(max_length=512)] = "",
) -> Response:
    """Check name and password, and send the person back with a code."""
    _known_redirect(request, client_id, redirect_uri)
    at = clock.now()
    attempts: Attempts = request.app.state.attempts
    address = request.client.host if request.client else "local"
    try:
        attempts.check(username, address, at)
    except TooManyAttempts as refusal:
        wait = f"尝试过多，请在 {refusal.retry_after} 秒后再试 · {refusal.detail}"
        return _form(client_id, redirect_uri, code_challenge, state, wait, 429)
    operator = await queries.operator_by_username(session, username)
    standing = operator if operator is not None and operator.disabled_at is None else None
    if not await passwords.fits(standing.password_hash if standing else None, password):
        attempts.failed(username, address, at)
        fault = "账号或口令不正确 · Account or password is wrong"
        return _form(client_id, redirect_uri, code_challenge, state, fault, 401)
    attempts.succeeded(username, address)
    if standing is None:
        raise AssertionError("a password cannot fit without an account")
    code = codes.give(
        session, standing.id, client_id, redirect_uri, code_challenge, _OPERATOR_ACR, at
    )
    told = {"code": code, "iss": request.app.state.settings.public_url}
    if state:
        told["state"] = state
    return RedirectResponse(f"{redirect_uri}?{urlencode(told)}", 303, {"Cache-Control": "no-store"})


@router.post("/oauth/token")
async def token(
    request: Request,
    session: Session,
    grant_type: Annotated[str, Form(max_length=64)],
    client_id: Annotated[str | None, Form(max_length=64)] = None,
    client_secret: Annotated[str | None, Form(max_length=256)] = None,
    code: Annotated[str, Form(max_length=128)] = "",
    redirect_uri: Annotated[str, Form(max_length=512)] = "",
    code_verifier: Annotated[str, Form(max_length=128)] = "",
) -> Response:
    """Give a token for a client's secret, or for a person's code."""
    if grant_type == "client_credentials":
        return await _client_credentials(request, session, client_id, client_secret)
    if grant_type == "authorization_code":
        application = client_id or ""
        taken = await codes.take(
            session, code, application, redirect_uri, code_verifier, clock.now()
        )
        return await _for_person(request, taken, application)
    return _oauth_error("unsupported_grant_type", 400)


async def _client_credentials(
    request: Request, session: AsyncSession, client_id: str | None, client_secret: str | None
) -> Response:
    name, secret = _basic(request) or (client_id, client_secret)
    at = clock.now()
    attempts: Attempts = request.app.state.attempts
    address = request.client.host if request.client else "local"
    attempts.check(name or "", address, at)
    try:
        identity = UUID(name or "")
    except ValueError:
        identity = UUID(int=0)
    client = await queries.client_by_id(session, identity)
    standing = client if client is not None and client.revoked_at is None else None
    secrets = await queries.secrets_in_force(session, standing.id, at) if standing else []
    # Without any, one decoy is tried, so that an unknown client takes as long to refuse.
    hashes: list[str | None] = [known.secret_hash for known in secrets]
    hashes = hashes or [None]
    if not any([await passwords.fits(known, secret or "") for known in hashes]):
        attempts.failed(name or "", address, at)
        return _oauth_error("invalid_client", 401)
    attempts.succeeded(name or "", address)
    settings: GatewaySettings = request.app.state.settings
    return await _token(
        request, identity, str(identity), _CLIENT_ACR, settings.client_token_seconds
    )


async def _for_person(request: Request, operator: UUID | None, application: str) -> Response:
    if operator is None:
        return _oauth_error("invalid_grant", 400)
    settings: GatewaySettings = request.app.state.settings
    return await _token(
        request, operator, application, _OPERATOR_ACR, settings.operator_token_seconds
    )


async def _token(
    request: Request, subject: UUID, application: str, acr: str, seconds: int
) -> Response:
    live: Live = request.app.state.live
    # Somebody registered this very moment may not be in the live copy yet.
    await live.member_soon(subject, 2.0)
    tokens: Tokens = request.app.state.tokens
    made = tokens.issue(subject, application, acr, clock.now(), seconds)
    return JSONResponse(
        {"access_token": made, "token_type": "Bearer", "expires_in": seconds},
        headers={"Cache-Control": "no-store"},
    )


def _basic(request: Request) -> tuple[str, str] | None:
    scheme, _, sent = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(sent, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    # RFC 6749 §2.3.1: both are form-encoded before they are joined.
    return unquote_plus(name), unquote_plus(secret)


def _known_redirect(request: Request, application: str, redirect_uri: str) -> None:
    known = redirect_uris(request.app.state.settings).get(application, frozenset())
    if redirect_uri not in known:
        # Never redirect to an address that is not registered, not even with an error.
        raise RedirectUnknown("This application or its redirect address is not registered.")


def _form(
    application: str,
    redirect_uri: str,
    challenge: str,
    state: str,
    fault: str | None,
    status: int = 200,
) -> Response:
    hidden = {
        "client_id": application,
        "redirect_uri": redirect_uri,
        "code_challenge": challenge,
        "state": state,
    }
    headers = {
        "Content-Security-Policy": _CSP,
        "Cache-Control": "no-store",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(login_page(application, hidden, fault), status, headers)


def _oauth_error(code: str, status: int) -> Response:
    headers = {"Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="huitong"'
    return JSONResponse({"error": code}, status, headers)
