"""What a log-in by an outside issuer must remember between the way there and the way back.

It travels sealed in a cookie, so that any gateway can go on and none keeps anything, and so that
the way back counts only in the browser that went: a code that somebody else was sent is of no
use here, and nobody can be logged in as another against their will.
"""

from datetime import datetime, timedelta

from fastapi import Request, Response
from pydantic import AwareDatetime, BaseModel, ValidationError
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.models import UsedAssertion
from gateway.oauth.second_step import StepUnknown
from shared import crypto
from shared.crypto import STANDARD, Tampered

_LIFETIME = timedelta(minutes=10)
_COOKIE = "huitong-outside-log-in"
_PATH = "/oauth/issuers"
_PURPOSE = b"log-in by an outside issuer"
_LONGEST = 4096


class Ticket(BaseModel):
    """Which issuer was asked and how to know its answer; which application waits for the end."""

    issuer: str
    expected_state: str
    nonce: str
    verifier: str
    application: str
    redirect_uri: str
    challenge: str
    state: str
    until: AwareDatetime


def fresh(
    issuer: str, application: str, redirect_uri: str, challenge: str, state: str, at: datetime
) -> Ticket:
    """A ticket with a state, a nonce and a code verifier of its own."""
    return Ticket(
        issuer=issuer,
        expected_state=crypto.token(),
        nonce=crypto.token(),
        verifier=crypto.token(),
        application=application,
        redirect_uri=redirect_uri,
        challenge=challenge,
        state=state,
        until=at + _LIFETIME,
    )


def give(response: Response, key: bytes, ticket: Ticket, *, secure: bool) -> None:
    """Lay the ticket into the browser."""
    sealed = STANDARD.seal(key, ticket.model_dump_json().encode(), _PURPOSE)
    response.set_cookie(
        _COOKIE,
        crypto.base64url(sealed),
        max_age=int(_LIFETIME.total_seconds()),
        path=_PATH,
        secure=secure,
        httponly=True,
        # The way back begins at the issuer's page; stricter cookies would stay behind.
        samesite="lax",
    )


def take_back(response: Response) -> None:
    """Take the ticket out of the browser."""
    response.delete_cookie(_COOKIE, path=_PATH)


def opened(request: Request, key: bytes, issuer: str, state: str, at: datetime) -> Ticket:
    """The ticket of the browser that comes back with this state. Raises StepUnknown."""
    sealed = request.cookies.get(_COOKIE, "")
    refusal = StepUnknown("This log-in did not begin in this browser, or is over; begin anew.")
    try:
        if len(sealed) > _LONGEST:
            raise refusal
        opened = STANDARD.unseal(key, crypto.from_base64url(sealed), _PURPOSE)
        ticket = Ticket.model_validate_json(opened)
    except (Tampered, ValueError, ValidationError):
        raise refusal from None
    same = STANDARD.mac_equal(ticket.expected_state.encode(), state.encode())
    if not same or ticket.issuer != issuer:
        raise refusal
    if at >= ticket.until:
        raise StepUnknown("The log-in began more than ten minutes ago; begin anew.")
    return ticket


async def use_up(session: AsyncSession, ticket: Ticket) -> None:
    """A ticket is good for one way back. Raises StepUnknown the second time."""
    digest = STANDARD.digest(_PURPOSE + ticket.expected_state.encode())
    row = {"digest": digest, "expires_at": ticket.until}
    # The row, not a look before it: of two ways back at once exactly one inserts.
    first = await session.scalar(
        insert(UsedAssertion).values(row).on_conflict_do_nothing().returning(UsedAssertion.digest)
    )
    if first is None:
        raise StepUnknown("This log-in was finished before; begin anew.")
