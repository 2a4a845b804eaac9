"""The log-in's second step: the one-time code, after the password was right.

What the first step proved travels through the browser as a sealed ticket, good for five
minutes and for nothing but this: the process keeps nothing between the two.
"""

from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from gateway.models import Operator
from gateway.oauth import codes
from gateway.oauth.attempts import WRONG_CODE, Attempts, TooManyAttempts
from gateway.oauth.page import answered, second_page, sent_back, waiting
from gateway.second_factor import usecases
from shared import clock, crypto
from shared.crypto import STANDARD, Tampered
from shared.db import Session
from shared.errors import BadRequest

router = APIRouter(include_in_schema=False)

_LIFETIME = timedelta(minutes=5)
_PURPOSE = b"second step"


class StepUnknown(BadRequest):
    """The first step is too long ago, or was never taken."""

    code = "log-in-step-unknown"
    title = "Log in again"


class Outside(BaseModel):
    """The outside identity that took the first step, and the pseudonym of its session there."""

    identity: UUID
    session: bytes | None

    model_config = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64")


class Ticket(BaseModel):
    """Who took the first step and how, for which application, until when."""

    operator: UUID
    application: str
    redirect_uri: str
    challenge: str
    state: str
    until: AwareDatetime
    first: str = "password"
    outside: Outside | None = None


def ask(key: bytes, ticket: Ticket) -> Response:
    """The page that asks for the code."""
    return _form(_sealed(key, ticket), ticket.application, None)


def ticket(
    operator: UUID, application: str, redirect_uri: str, challenge: str, state: str, at: datetime
) -> Ticket:
    """What the first step proved at that moment."""
    return Ticket(
        operator=operator,
        application=application,
        redirect_uri=redirect_uri,
        challenge=challenge,
        state=state,
        until=at + _LIFETIME,
    )


@router.post("/oauth/authorize/second")
async def second_step(
    request: Request,
    session: Session,
    ticket: Annotated[str, Form(max_length=4096)],
    code: Annotated[str, Form(max_length=32)],
) -> Response:
    """Check the one-time or recovery code, and send the person back with a code of OAuth's."""
    at = clock.now()
    key: bytes = request.app.state.second_factor_key
    known = _unsealed(key, ticket, at)
    attempts: Attempts = request.app.state.attempts
    address = request.client.host if request.client else "local"
    # Counted apart from passwords, by person and address together like those.
    name = f"second step {known.operator}"
    try:
        attempts.check(name, address, at)
    except TooManyAttempts as refusal:
        return _form(ticket, known.application, waiting(refusal), 429)
    operator = await session.get_one(Operator, known.operator)
    acr = None
    if operator.disabled_at is None:
        acr = await usecases.show(session, known.operator, key, code, at)
    if acr is None:
        attempts.failed(name, address, at, WRONG_CODE)
        fault = "验证码不正确或已使用 · The code is wrong or was used before"
        return _form(ticket, known.application, fault, 401)
    # How the second step was taken, after how the first was.
    acr = known.first + acr.removeprefix("password")
    attempts.succeeded(name, address)
    given = codes.give(
        session, known.operator, known.application, known.redirect_uri, known.challenge, acr, at
    )
    if known.outside is not None:
        codes.begun_outside(session, given, known.outside.identity, known.outside.session)
    issuer = request.app.state.settings.public_url
    return sent_back(known.redirect_uri, given, issuer, known.state)


def _form(sealed: str, application: str, fault: str | None, status: int = 200) -> Response:
    return answered(second_page(application, {"ticket": sealed}, fault), status)


def _sealed(key: bytes, ticket: Ticket) -> str:
    return crypto.base64url(STANDARD.seal(key, ticket.model_dump_json().encode(), _PURPOSE))


def _unsealed(key: bytes, text: str, at: datetime) -> Ticket:
    try:
        opened = STANDARD.unseal(key, crypto.from_base64url(text), _PURPOSE)
        known = Ticket.model_validate_json(opened)
    except (Tampered, ValueError, ValidationError):
        raise StepUnknown("Begin the log-in anew, with name and password.") from None
    if at >= known.until:
        raise StepUnknown("The first step is more than five minutes ago; begin anew.")
    return known
