"""Logging in by an outside issuer: the way there, the way back, and its word that it is over.

OpenID Connect Core §3.1 (authorization code) with PKCE, state and nonce, RFC 9207 against a
mixed-up issuer, Back-Channel Logout. At the end stands a code of our own, as after a password.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode, urlsplit

from fastapi import APIRouter, Form, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.issuers import accounts, id_tokens, mapping, pseudonyms, queries, tickets
from gateway.issuers.accounts import AccountRefused
from gateway.issuers.directory import Directory
from gateway.issuers.fetching import Declined, NotReached
from gateway.issuers.id_tokens import Claims, KeyUnknown, TokenRefused
from gateway.issuers.tickets import Ticket
from gateway.oauth import codes, log_ins, second_step, steps
from gateway.oauth.answers import NO_STORE, Refused
from gateway.oauth.page import sent_back
from gateway.oauth.routes import form, known_redirect
from shared import clock, crypto
from shared.db import Session
from shared.errors import NotFound

router = APIRouter(prefix="/oauth/issuers/{name}", include_in_schema=False)

_AWAY = (
    "该身份平台暂时无法访问，可用本平台口令登录 · It cannot be reached now; a password still works"
)
_DECLINED = "未能在该平台完成登录 · The log-in there was not completed"
_UNFIT = "该平台的答复无效，登录未完成 · Its answer proves nothing; the log-in was not completed"
_OVER_THERE = "issuer-logged-out"
_log = logging.getLogger(__name__)


@router.post("/begin")
async def begin(
    request: Request,
    name: str,
    client_id: Annotated[str, Form(max_length=64)],
    redirect_uri: Annotated[str, Form(max_length=512)],
    code_challenge: Annotated[str, Form(pattern=r"^[A-Za-z0-9_-]{43}$")],
    state: Annotated[str, Form(max_length=512)] = "",
) -> Response:
    """Send the person to the issuer. Raises NotFound, RedirectUnknown."""
    at = clock.now()
    directory = _directory(request, name)
    known_redirect(request, client_id, redirect_uri)
    ticket = tickets.fresh(name, client_id, redirect_uri, code_challenge, state, at)
    try:
        known = await directory.known(at)
    except NotReached:
        return _again(request, ticket, _AWAY, 503)
    trusted = directory.trusted
    asked = {
        "response_type": "code",
        "client_id": trusted.client_id,
        "redirect_uri": _way_back(request, name),
        "scope": " ".join(("openid", *trusted.scopes)),
        "state": ticket.expected_state,
        "nonce": ticket.nonce,
        "code_challenge": crypto.base64url(crypto.STANDARD.digest(ticket.verifier.encode())),
        "code_challenge_method": "S256",
    }
    if trusted.acr_values:
        asked["acr_values"] = " ".join(trusted.acr_values)
    joint = "&" if urlsplit(known.authorization_endpoint).query else "?"
    there = f"{known.authorization_endpoint}{joint}{urlencode(asked)}"
    response = RedirectResponse(there, 303, {"Cache-Control": "no-store"})
    secure = request.app.state.settings.public_url.startswith("https:")
    tickets.give(response, request.app.state.second_factor_key, ticket, secure=secure)
    return response


@router.get("/back")
async def back(
    request: Request,
    session: Session,
    name: str,
    state: Annotated[str, Query(max_length=128)] = "",
    code: Annotated[str, Query(max_length=2048)] = "",
    iss: Annotated[str, Query(max_length=512)] = "",
) -> Response:
    """Take the issuer's answer, and send the person on with a code of ours.

    Raises NotFound, StepUnknown.
    """
    at = clock.now()
    directory = _directory(request, name)
    ticket = tickets.opened(request, request.app.state.second_factor_key, name, state, at)
    async with request.app.state.sessions.begin() as own:
        # Committed before the issuer is asked: whatever becomes of this way back, it was the one.
        await tickets.use_up(own, ticket)
    try:
        claims = await _proven(request, directory, ticket, code, iss, at)
        response = await _let_in(request, session, directory, ticket, claims, at)
    except NotReached:
        response = _again(request, ticket, _AWAY, 503)
    except Declined:
        response = _again(request, ticket, _DECLINED, 401)
    except TokenRefused as refusal:
        _log.warning("issuer %s: log-in refused: %s", name, refusal)
        response = _again(request, ticket, _UNFIT, 401)
    except AccountRefused as refusal:
        response = _again(request, ticket, str(refusal), 403)
    tickets.take_back(response)
    return response


@router.post("/log-out")
async def log_out(
    request: Request,
    session: Session,
    name: str,
    logout_token: Annotated[str, Form(max_length=8192)],
) -> Response:
    """The issuer says that a session of its is over: what it began here ends too
    (Back-Channel Logout §2.5). Raises NotFound.
    """
    at = clock.now()
    directory = _directory(request, name)
    try:
        known = await directory.known(at)
        expected = directory.of_log_ins
        try:
            claims = id_tokens.of_log_out(logout_token, known.keys, expected, at)
        except KeyUnknown:
            known = await directory.known_anew(at)
            claims = id_tokens.of_log_out(logout_token, known.keys, expected, at)
    except NotReached:
        return Refused("temporarily_unavailable", "The issuer's keys are not known.", 503).answer()
    except TokenRefused as refusal:
        return Refused("invalid_request", str(refusal)).answer()
    await _end(session, request.app.state.second_factor_key, directory, claims, at)
    return Response(headers=NO_STORE)


async def _end(
    session: AsyncSession, key: bytes, directory: Directory, claims: Claims, at: datetime
) -> None:
    issuer = directory.trusted.issuer
    known = None
    if "sub" in claims:
        pseudonym = pseudonyms.of(key, issuer, b"subject", id_tokens.subject(claims))
        known = await queries.identity_of(session, issuer, pseudonym)
        if known is None:
            return
    over = _session(key, issuer, claims)
    for identity in await queries.log_ins_begun(session, known.id if known else None, over, at):
        log_in = await log_ins.lock(session, identity)
        if log_in is not None:
            await log_ins.end(session, log_in, "platform:gateway", _OVER_THERE, at)


async def _proven(
    request: Request, directory: Directory, ticket: Ticket, code: str, iss: str, at: datetime
) -> Claims:
    """Raises NotReached, Declined, TokenRefused."""
    known = await directory.known(at)
    # RFC 9207 §2.4: an answer of another issuer must not be taken to this one.
    if iss != directory.trusted.issuer and (iss or known.names_itself):
        raise TokenRefused("The answer is another issuer's.")
    if not code:
        raise Declined
    back = _way_back(request, directory.trusted.name)
    got = await directory.redeem(code, back, ticket.verifier, at)
    expected, nonce = directory.of_log_ins, ticket.nonce
    try:
        return id_tokens.of_log_in(got.id_token, known.keys, expected, nonce, got.access_token, at)
    except KeyUnknown:
        known = await directory.known_anew(at)
        return id_tokens.of_log_in(got.id_token, known.keys, expected, nonce, got.access_token, at)


async def _let_in(
    request: Request,
    session: AsyncSession,
    directory: Directory,
    ticket: Ticket,
    claims: Claims,
    at: datetime,
) -> Response:
    """Raises AccountRefused."""
    key: bytes = request.app.state.second_factor_key
    trusted = directory.trusted
    operator, identity = await accounts.of_person(session, trusted, claims, key, at)
    outside = _session(key, trusted.issuer, claims)
    acr = mapping.acr_of(trusted, claims)
    if acr == mapping.WEAK:
        # The account's own second factor holds, whoever took the first step, and so does the
        # platform's demand that everybody have one.
        step = second_step.ticket(
            operator.id,
            ticket.application,
            ticket.redirect_uri,
            ticket.challenge,
            ticket.state,
            at,
        )
        step.first = acr
        step.outside = second_step.Outside(identity=identity.id, session=outside)
        return await steps.go_on(request, session, operator, step, at)
    code = codes.give(
        session,
        operator.id,
        ticket.application,
        ticket.redirect_uri,
        ticket.challenge,
        acr,
        at,
    )
    codes.begun_outside(session, code, identity.id, outside)
    ours = request.app.state.settings.public_url
    return sent_back(ticket.redirect_uri, code, ours, ticket.state)


def _session(key: bytes, issuer: str, claims: Claims) -> bytes | None:
    told = claims.get("sid")
    if not isinstance(told, str) or len(told) > 255:
        return None
    return pseudonyms.of(key, issuer, b"session", told)


def _directory(request: Request, name: str) -> Directory:
    issuers: Mapping[str, Directory] = request.app.state.issuers
    if name not in issuers:
        raise NotFound("There is no such issuer.")
    return issuers[name]


def _way_back(request: Request, name: str) -> str:
    return f"{request.app.state.settings.public_url}/oauth/issuers/{name}/back"


def _again(request: Request, ticket: Ticket, fault: str, status: int) -> Response:
    """The page where the log-in began, which says what went wrong and offers every way in."""
    return form(
        request,
        ticket.application,
        ticket.redirect_uri,
        ticket.challenge,
        ticket.state,
        fault,
        status,
    )
