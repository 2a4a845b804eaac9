"""What still stands between the first step of a log-in and a code of OAuth's.

In this order: the second factor of whoever has one, which a certificate of the person takes the
place of where the connection shows it; a password of one's own instead of one that
somebody gave; enrolment, where everybody must have a second factor. What was proven so far
travels through the browser as a sealed ticket, good for minutes and for the one step it names:
the process keeps nothing between two steps.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from fastapi import Request, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.certificates.presented import of_scope
from gateway.models import Operator
from gateway.oauth import browsers, codes, step_pages
from gateway.oauth.page import answered, sent_back
from gateway.persons_certificates.queries import fits
from gateway.second_factor import usecases as second_factor
from gateway.second_factor.demand import demanded
from gateway.second_factor.queries import confirmed
from gateway.settings import GatewaySettings
from shared import crypto
from shared.crypto import STANDARD, Tampered
from shared.errors import BadRequest

PASSWORD: Final = "password"  # noqa: S105 - how a person authenticated
# What `acr` says after how the first step was taken, where a certificate was the second factor.
CERTIFIED: Final = "+certificate"
_PURPOSE: Final = b"second step"


class StepUnknown(BadRequest):
    """The step before is too long ago, or was never taken."""

    code = "log-in-step-unknown"
    title = "Log in again"


class Step(StrEnum):
    """What a ticket is good for."""

    CODE = "code"
    PASSWORD = "password"  # noqa: S105 - the name of a step
    ENROLMENT = "enrolment"
    FINISH = "finish"


# Who enrols has to find the telephone; who has enrolled writes ten codes down.
LIFETIMES: Final = {
    Step.CODE: timedelta(minutes=5),
    Step.PASSWORD: timedelta(minutes=10),
    Step.ENROLMENT: timedelta(minutes=15),
    Step.FINISH: timedelta(minutes=15),
}


class Outside(BaseModel):
    """The outside identity that took the first step, and the pseudonym of its session there."""

    identity: UUID
    session: bytes | None

    model_config = ConfigDict(ser_json_bytes="hex", val_json_bytes="hex")


class Ticket(BaseModel):
    """Who took the steps so far and how, for which application, until when.

    `stamp` ties it to the password that was shown: once that is changed the ticket is worthless.
    """

    operator: UUID
    application: str
    redirect_uri: str
    challenge: str
    state: str
    until: AwareDatetime
    step: Step = Step.CODE
    first: str = PASSWORD
    second: str = ""
    stamp: str = ""
    outside: Outside | None = None

    @property
    def acr(self) -> str:
        """How the person has authenticated so far."""
        return self.first + self.second


def first_step(
    operator: Operator,
    application: str,
    redirect_uri: str,
    challenge: str,
    state: str,
    at: datetime,
) -> Ticket:
    """What a right password proves at that moment."""
    return Ticket(
        operator=operator.id,
        application=application,
        redirect_uri=redirect_uri,
        challenge=challenge,
        state=state,
        until=at,
        stamp=stamp_of(operator),
    )


async def go_on(
    request: Request, session: AsyncSession, operator: Operator, ticket: Ticket, at: datetime
) -> Response:
    """The page of the next step, or the way back with a code."""
    key: bytes = request.app.state.second_factor_key
    settings: GatewaySettings = request.app.state.settings
    if not ticket.second and await fits(session, operator.id, of_scope(request.scope), at):
        ticket = ticket.model_copy(update={"second": CERTIFIED})
    if not ticket.second and await confirmed(session, operator.id) is not None:
        return page(key, _at(ticket, Step.CODE, at), None)
    if operator.temporary_until is not None and ticket.outside is None:
        return page(key, _at(ticket, Step.PASSWORD, at), None)
    if not ticket.second and demanded(settings):
        uri = await second_factor.begin(session, operator, key, at)
        return page(key, _at(ticket, Step.ENROLMENT, at), None, uri=uri)
    return finish(request, session, operator, ticket, at)


def finish(
    request: Request, session: AsyncSession, operator: Operator, ticket: Ticket, at: datetime
) -> Response:
    """Every step was taken: the way back to the application, with its code."""
    key: bytes = request.app.state.second_factor_key
    issuer: str = request.app.state.settings.public_url
    code = codes.give(
        session,
        operator.id,
        ticket.application,
        ticket.redirect_uri,
        ticket.challenge,
        ticket.acr,
        at,
    )
    if ticket.outside is not None:
        codes.begun_outside(session, code, ticket.outside.identity, ticket.outside.session)
    response = sent_back(ticket.redirect_uri, code, issuer, ticket.state)
    if browsers.known(request, key, operator.username, at) is None:
        https = issuer.startswith("https:")
        browsers.remember(response, key, operator.username, at, https=https)
    return response


def finishing(key: bytes, ticket: Ticket, recovery: list[str], at: datetime) -> Response:
    """The page with the recovery codes, shown once; from there the log-in is finished."""
    sealed = _sealed(key, _at(ticket, Step.FINISH, at))
    shown = step_pages.recovery_codes(ticket.application, {"ticket": sealed}, recovery)
    return answered(shown, 200)


def page(
    key: bytes, ticket: Ticket, fault: str | None, status: int = 200, *, uri: str = ""
) -> Response:
    """The page of the step that the ticket names."""
    hidden = {"ticket": _sealed(key, ticket)}
    match ticket.step:
        case Step.PASSWORD:
            shown = step_pages.password(ticket.application, hidden, fault)
        case Step.ENROLMENT:
            shown = step_pages.enrolment(ticket.application, hidden, uri, fault)
        case _:
            shown = step_pages.second(ticket.application, hidden, fault)
    return answered(shown, status)


async def opened(
    request: Request, session: AsyncSession, text: str, step: Step, at: datetime
) -> tuple[Ticket, Operator]:
    """The ticket of a step that was sent, and whose it is. Raises StepUnknown."""
    key: bytes = request.app.state.second_factor_key
    try:
        unsealed = STANDARD.unseal(key, crypto.from_base64url(text), _PURPOSE)
        ticket = Ticket.model_validate_json(unsealed)
    except (Tampered, ValueError, ValidationError):
        raise StepUnknown("Begin the log-in anew, with name and password.") from None
    if at >= ticket.until or ticket.step is not step:
        raise StepUnknown("The step before is too long ago; begin anew.")
    operator = await session.get(
        Operator, ticket.operator, with_for_update=True, populate_existing=True
    )
    if operator is None or operator.disabled_at is not None:
        raise StepUnknown("Begin the log-in anew, with name and password.")
    if ticket.stamp and ticket.stamp != stamp_of(operator):
        raise StepUnknown("The password was changed meanwhile; begin anew.")
    return ticket, operator


def stamp_of(operator: Operator) -> str:
    """What changes whenever the password does; the hash cannot be had from it."""
    return crypto.base64url(STANDARD.digest(operator.password_hash.encode()))[:22]


def _at(ticket: Ticket, step: Step, at: datetime) -> Ticket:
    return ticket.model_copy(update={"step": step, "until": at + LIFETIMES[step]})


def _sealed(key: bytes, ticket: Ticket) -> str:
    return crypto.base64url(STANDARD.seal(key, ticket.model_dump_json().encode(), _PURPOSE))
