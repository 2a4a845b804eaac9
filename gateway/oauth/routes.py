"""OAuth 2 endpoints: token, authorization code with PKCE, metadata and keys.

RFC 6749 (client credentials §4.4, authorization code §4.1, refresh §6), RFC 7636 (PKCE, S256
only), RFC 7523 (assertions), RFC 8414 (metadata), RFC 7517 (keys), RFC 9207 (issuer in the
answer). Errors of the token endpoint have the shape of RFC 6749 §5.2.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.certificates.presented import of_scope
from gateway.identity import queries
from gateway.identity.passwords import Hashing, LogInsBusy, LogInsFromHere
from gateway.issuers import exchange, mapping
from gateway.issuers.directory import Directory
from gateway.keys import PUBLISHED_SECONDS
from gateway.live import Live
from gateway.models import Client, LogIn, Operator
from gateway.oauth import browsers, clients, codes, log_ins, recorded, steps
from gateway.oauth.answers import NO_STORE, Refused, invalid_grant
from gateway.oauth.assertions import ALGORITHMS
from gateway.oauth.attempts import WRONG_PASSWORD, Attempts, TooManyAttempts
from gateway.oauth.callers import address_of
from gateway.oauth.page import answered, login_page, waiting
from gateway.persons_certificates import queries as persons_certificates
from gateway.second_factor.demand import demanded
from gateway.settings import GatewaySettings
from gateway.tokens import Issued, PersonsLogIn, Tokens
from shared import clock
from shared.db import Session
from shared.errors import BadRequest
from shared.principal import PrincipalKind

# The docs page is the one application of ours; a portal is registered beside it.
DOCS_APPLICATION = "huitong-docs"
_GRANTS = ["authorization_code", "client_credentials", "refresh_token"]
_METHODS = ["client_secret_basic", "client_secret_post", "private_key_jwt"]

router = APIRouter(include_in_schema=False)


class RedirectUnknown(BadRequest):
    """The application or its redirect address is not registered."""

    code = "redirect-unknown"
    title = "Redirect address unknown"


def redirect_uris(settings: GatewaySettings) -> dict[str, frozenset[str]]:
    """The redirect addresses of each application; matched exactly."""
    docs = frozenset({f"{settings.public_url}/docs/oauth2-redirect"})
    return {**settings.applications, DOCS_APPLICATION: docs}


@router.get("/.well-known/oauth-authorization-server")
async def metadata(request: Request) -> dict[str, object]:
    """What this authorization server can do (RFC 8414)."""
    issuer = request.app.state.settings.public_url
    issuers: Mapping[str, Directory] = request.app.state.issuers
    certified: bool = request.app.state.certified
    methods = [*_METHODS, *(["tls_client_auth"] if certified else [])]
    exchanged = any(one.trusted.exchange_audience for one in issuers.values())
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "jwks_uri": f"{issuer}/.well-known/jwks.json",
        "response_types_supported": ["code"],
        "grant_types_supported": [*_GRANTS, exchange.GRANT_TYPE] if exchanged else _GRANTS,
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": [*methods, "none"],
        "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "revocation_endpoint_auth_methods_supported": [*methods, "none"],
        "revocation_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "introspection_endpoint": f"{issuer}/oauth/introspect",
        "introspection_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
        "tls_client_certificate_bound_access_tokens": certified,
        # OpenID Connect's name for it; only the address is its own.
        "end_session_endpoint": f"{issuer}/oauth/logout",
        "authorization_response_iss_parameter_supported": True,
        "service_documentation": f"{issuer}/docs",
    }


@router.get("/.well-known/jwks.json")
async def jwks(request: Request) -> Response:
    """The public keys of the tokens."""
    tokens: Tokens = request.app.state.tokens
    return JSONResponse(
        tokens.jwks(), headers={"Cache-Control": f"public, max-age={PUBLISHED_SECONDS}"}
    )


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
    known_redirect(request, client_id, redirect_uri)
    return form(request, client_id, redirect_uri, code_challenge, state, None)


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
    """Check name and password, then take the next step of the log-in (gateway/oauth/steps.py)."""
    known_redirect(request, client_id, redirect_uri)
    at = clock.now()
    attempts: Attempts = request.app.state.attempts
    address = address_of(request)
    hashing: Hashing = request.app.state.hashing
    key: bytes = request.app.state.second_factor_key
    browser = browsers.known(request, key, username, at)
    try:
        attempts.check(username, address, at, browser)
        hashing.check_room(address)
        # Read by itself: whoever waits for a check holds no connection of the database.
        async with request.app.state.sessions() as reading:
            known = await queries.operator_by_username(reading, username)
        kept = known.password_hash if known and known.disabled_at is None else None
        fits = await hashing.fits(kept, password, address)
    except (TooManyAttempts, LogInsBusy, LogInsFromHere) as refusal:
        fault = waiting(refusal)
        return form(request, client_id, redirect_uri, code_challenge, state, fault, refusal.status)
    standing = await queries.lock_standing(session, known.id, kept) if fits and known else None
    if standing is None:
        attempts.failed(username, address, at, WRONG_PASSWORD, browser)
        fault = "账号或口令不正确 · Account or password is wrong"
        return form(request, client_id, redirect_uri, code_challenge, state, fault, 401)
    attempts.succeeded(username, address, browser)
    if standing.temporary_until is not None and at >= standing.temporary_until:
        fault = "发放的口令已过期，请联系管理员 · The password you were given has expired"
        return form(request, client_id, redirect_uri, code_challenge, state, fault, 403)
    proven = steps.first_step(standing, client_id, redirect_uri, code_challenge, state, at)
    return await steps.go_on(request, session, standing, proven, at)


@router.post("/oauth/token")
async def token(
    request: Request,
    session: Session,
    sent: clients.Sent,
    grant_type: Annotated[str, Form(max_length=64)],
    code: Annotated[str, Form(max_length=128)] = "",
    redirect_uri: Annotated[str, Form(max_length=512)] = "",
    code_verifier: Annotated[str, Form(max_length=128)] = "",
    refresh_token: Annotated[str, Form(max_length=128)] = "",
    subject_token: Annotated[str, Form(max_length=8192)] = "",
    subject_token_type: Annotated[str, Form(max_length=128)] = "",
) -> Response:
    """Give a token for a client's proof, a person's code, a refresh token, or a trusted issuer's
    token of a machine.
    """
    at = clock.now()
    settings: GatewaySettings = request.app.state.settings
    application = sent.client_id or ""
    match grant_type:
        case "client_credentials":
            return await _for_client(request, session, sent, at)
        case "authorization_code":
            taken = await codes.take(session, code, application, redirect_uri, code_verifier, at)
            if taken is None:
                return invalid_grant("The code is not good, or not this application's.").answer()
            lifetime = timedelta(seconds=settings.log_in_seconds)
            log_in = log_ins.begin(session, taken, at, lifetime)
            await session.flush()
            taken.log_in = log_in.id
            operator = await session.get_one(Operator, log_in.operator)
            decided = await recorded.allow(
                request, PrincipalKind.OPERATOR, operator.id, operator.department, log_in.acr, at
            )
            answer = await _for_person(request, session, log_in, at)
            return recorded.completing(request, decided, answer)
        case "refresh_token":
            goes_on = await log_ins.take(session, refresh_token, application, at)
            weak = goes_on is not None and goes_on.acr in (steps.PASSWORD, mapping.WEAK)
            expired = goes_on is not None and not await _in_force(session, goes_on, at)
            if goes_on is None or expired or (weak and demanded(settings)):
                return invalid_grant("The log-in has ended; log in again.").answer()
            return await _for_person(request, session, goes_on, at)
        case exchange.GRANT_TYPE:
            issuers: Mapping[str, Directory] = request.app.state.issuers
            key: bytes = request.app.state.second_factor_key
            told = await exchange.client_of(
                session, issuers, key, subject_token, subject_token_type, at
            )
            if isinstance(told, Refused):
                return told.answer()
            caller = await clients.certified(request, session, clients.Caller(told, exchange.ACR))
            if isinstance(caller, Refused):
                return caller.answer()
            more: dict[str, str | int] = {"issued_token_type": exchange.ISSUED_TYPE}
            return await _given(request, session, caller, at, more)
        case _:
            return Refused("unsupported_grant_type", "See grant_types_supported.").answer()


async def _for_client(
    request: Request, session: AsyncSession, sent: clients.Credentials, at: datetime
) -> Response:
    caller = await clients.authenticate(request, session, sent, at)
    if isinstance(caller, Refused):
        return caller.answer()
    return await _given(request, session, caller, at, {})


async def _given(
    request: Request,
    session: AsyncSession,
    caller: clients.Caller,
    at: datetime,
    more: dict[str, str | int],
) -> Response:
    owner = (await session.get_one(Client, caller.id)).department
    decided = await recorded.allow(request, PrincipalKind.CLIENT, caller.id, owner, caller.acr, at)
    # Somebody registered this very moment may not be in the live copy yet.
    await _known_soon(request, caller.id)
    seconds = request.app.state.settings.client_token_seconds
    tokens: Tokens = request.app.state.tokens
    made = tokens.issue(
        caller.id, str(caller.id), caller.acr, at, seconds, certificate=caller.certificate
    )
    answer = JSONResponse(_told(made, seconds) | more, headers=NO_STORE)
    return recorded.completing(request, decided, answer)


async def _for_person(
    request: Request, session: AsyncSession, log_in: LogIn, at: datetime
) -> Response:
    settings: GatewaySettings = request.app.state.settings
    await _known_soon(request, log_in.operator)
    # No token outlives its log-in.
    left = int((log_in.expires_at - at).total_seconds())
    seconds = min(settings.operator_token_seconds, left)
    tokens: Tokens = request.app.state.tokens
    made = tokens.issue(
        log_in.operator,
        log_in.application,
        log_in.acr,
        at,
        seconds,
        PersonsLogIn(log_in.id, log_in.authenticated_at),
        certificate=await _shown_again(request, session, log_in, at),
    )
    idle = timedelta(seconds=settings.log_in_idle_seconds)
    refresh = log_ins.give(session, log_in, made, at, idle)
    return JSONResponse(_told(made, seconds) | {"refresh_token": refresh}, headers=NO_STORE)


async def _in_force(session: AsyncSession, log_in: LogIn, at: datetime) -> bool:
    """Whether a log-in may go on: one by a certificate needs one that has not expired."""
    certified = log_in.acr.endswith(steps.CERTIFIED)
    return not certified or await persons_certificates.any_in_force(session, log_in.operator, at)


async def _shown_again(
    request: Request, session: AsyncSession, log_in: LogIn, at: datetime
) -> str | None:
    """What the tokens of a log-in by certificate are bound to: the certificate, where who asks for
    them shows it too. A portal's server cannot, and its tokens are as bound as after a code.
    """
    shown = of_scope(request.scope)
    if shown is None or not log_in.acr.endswith(steps.CERTIFIED):
        return None
    own = await persons_certificates.fits(session, log_in.operator, shown, at)
    return shown.thumbprint if own else None


def _told(made: Issued, seconds: int) -> dict[str, str | int]:
    return {"access_token": made.text, "token_type": "Bearer", "expires_in": seconds}


async def _known_soon(request: Request, member: UUID) -> None:
    live: Live = request.app.state.live
    await live.member_soon(member, 2.0)


def known_redirect(request: Request, application: str, redirect_uri: str) -> None:
    """Raises RedirectUnknown."""
    known = redirect_uris(request.app.state.settings).get(application, frozenset())
    if redirect_uri not in known:
        # Never redirect to an address that is not registered, not even with an error.
        raise RedirectUnknown("This application or its redirect address is not registered.")


def form(
    request: Request,
    application: str,
    redirect_uri: str,
    challenge: str,
    state: str,
    fault: str | None,
    status: int = 200,
) -> Response:
    """The page where a log-in begins: by a password of ours, or by a trusted issuer."""
    issuers: Mapping[str, Directory] = request.app.state.issuers
    titles = {name: directory.trusted.title for name, directory in issuers.items()}
    hidden = {
        "client_id": application,
        "redirect_uri": redirect_uri,
        "code_challenge": challenge,
        "state": state,
    }
    return answered(login_page(application, hidden, fault, titles), status)
