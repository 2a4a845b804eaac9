"""Ending tokens and asking about them: RFC 7009, RFC 7662, and a person's log-out."""

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.oauth import clients, log_ins
from gateway.oauth.answers import NO_STORE, Refused, invalid_client
from gateway.oauth.clients import Credentials
from gateway.oauth.routes import redirect_uris
from gateway.settings import GatewaySettings
from gateway.tokens import AUDIENCE, Identity, TokenInvalid, Tokens
from shared import clock
from shared.db import Session
from shared.errors import Unauthenticated

router = APIRouter(include_in_schema=False)

Token = Annotated[str, Form(max_length=8192)]
_NOT_YOURS = Refused("unauthorized_client", "The token was given to another client.")


class LogInUnknown(Unauthenticated):
    """Neither a person's access token nor a refresh token came with the log-out."""

    code = "log-in-unknown"
    title = "Log-in unknown"


@router.post("/oauth/revoke")
async def revoke(request: Request, session: Session, sent: clients.Sent, token: Token) -> Response:
    """Refuse a token from now on (RFC 7009); a refresh token ends its whole log-in.

    A machine proves who it is; an application without a secret names itself, and holding the
    token is its proof. What is unknown or has ended answers 200 like what was revoked.
    """
    at = clock.now()
    caller = await _named(request, session, sent)
    if isinstance(caller, Refused):
        return caller.answer()
    found = await log_ins.find(session, token)
    if found is not None:
        _, log_in = found
        if log_in.application != caller:
            return _NOT_YOURS.answer()
        await log_ins.end(session, log_in, f"operator:{log_in.operator}", log_ins.REVOKED, at)
        return Response(headers=NO_STORE)
    identity = _identity(request, token)
    if identity is not None:
        if identity.application != caller:
            return _NOT_YOURS.answer()
        await log_ins.revoke(session, identity.id, identity.expires_at)
    return Response(headers=NO_STORE)


@router.post("/oauth/introspect")
async def introspect(
    request: Request, session: Session, sent: clients.Sent, token: Token
) -> Response:
    """Whether an access token is good now, and whose (RFC 7662).

    A machine may ask about its own tokens, a resource server of the platform (a setting) about
    all. About anything else the answer is the one for nonsense: not active. Refresh tokens are
    nobody's to ask about.
    """
    caller = await clients.authenticate(request, session, sent, clock.now())
    if isinstance(caller, Refused):
        return caller.answer()
    settings: GatewaySettings = request.app.state.settings
    identity = _identity(request, token)
    may_ask = identity is not None and (
        identity.application == str(caller.id) or caller.id in settings.resource_servers
    )
    member = request.app.state.live.member(identity.subject) if identity else None
    if identity is None or not may_ask or member is None:
        return JSONResponse({"active": False}, headers=NO_STORE)
    told: dict[str, object] = {
        "active": True,
        "iss": settings.public_url,
        "aud": AUDIENCE,
        "sub": str(identity.subject),
        "client_id": identity.application,
        "token_type": "Bearer",
        "acr": identity.acr,
        "jti": str(identity.id),
        "iat": int(identity.issued),
        "exp": int(identity.expires),
    }
    if identity.certificate is not None:
        told["cnf"] = {"x5t#S256": identity.certificate}
    return JSONResponse(told, headers=NO_STORE)


@router.post("/oauth/logout")
async def log_out(
    request: Request,
    session: Session,
    refresh_token: Annotated[str, Form(max_length=128)] = "",
) -> Response:
    """End a person's log-in: the bearer token's, or the refresh token's in the form.

    There is no cookie, so this is all there is to end. Raises LogInUnknown.
    """
    at = clock.now()
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    identity = _identity(request, bearer.strip()) if scheme.lower() == "bearer" else None
    found = await log_ins.find(session, refresh_token) if refresh_token else None
    if identity is not None and identity.log_in is not None:
        log_in = await log_ins.lock(session, identity.log_in)
    else:
        log_in = found[1] if found is not None else None
    if log_in is None:
        raise LogInUnknown("Send the access token of a person's log-in, or its refresh token.")
    await log_ins.end(session, log_in, f"operator:{log_in.operator}", log_ins.LOGGED_OUT, at)
    return Response(status_code=204, headers=NO_STORE)


async def _named(request: Request, session: AsyncSession, sent: Credentials) -> str | Refused:
    """The machine that proved who it is, or the public application that names itself."""
    if sent.methods == 0:
        if sent.client_id in redirect_uris(request.app.state.settings):
            return str(sent.client_id)
        return invalid_client("Prove who you are, or name a registered application.")
    caller = await clients.authenticate(request, session, sent, clock.now())
    return caller if isinstance(caller, Refused) else str(caller.id)


def _identity(request: Request, token: str) -> Identity | None:
    """What an access token of ours says, None where it is not good now."""
    tokens: Tokens = request.app.state.tokens
    try:
        return tokens.identify(token, clock.now())
    except TokenInvalid:
        return None
