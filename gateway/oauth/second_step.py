"""The steps of a log-in after the first: the forms that come back from each page."""

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.routing import APIRoute

from gateway.accounts.usecases import choose_first_password
from gateway.identity.passwords import Hashing, LogInsBusy, LogInsFromHere
from gateway.identity.strength import PasswordGuessable, PasswordLength, PasswordUnchanged
from gateway.oauth import step_pages, steps
from gateway.oauth.attempts import WRONG_CODE, Attempts, TooManyAttempts
from gateway.oauth.callers import address_of
from gateway.oauth.page import answered, waiting
from gateway.oauth.steps import Outside as Outside
from gateway.oauth.steps import Step, Ticket
from gateway.oauth.steps import StepUnknown as StepUnknown
from gateway.second_factor import usecases
from gateway.second_factor.usecases import CodeWrong
from shared import clock
from shared.db import Session
from shared.errors import Conflict
from shared.principal import PrincipalKind


class ForPeople(APIRoute):
    """A browser that comes back too late is shown a page; all others get the problem document."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def shown(request: Request) -> Response:
            try:
                return await handle(request)
            except StepUnknown as refusal:
                if "text/html" not in request.headers.get("accept", ""):
                    raise
                return answered(step_pages.too_late(), refusal.status)

        return shown


router = APIRouter(include_in_schema=False, route_class=ForPeople)

_WRONG = "验证码不正确或已使用 · The code is wrong or was used before"
_DIFFERENT = "两次输入的口令不一致 · The two passwords differ"
_UNFIT: dict[type[Conflict], str] = {
    PasswordLength: "口令须为12至128个字符 · A password has 12 to 128 characters",
    PasswordGuessable: "此口令容易被猜中，请用四个以上互不相关的词 · Among those guessed first: "
    "take four or more unrelated words",
    PasswordUnchanged: "请勿沿用发放的口令 · Choose another than the one you were given",
}

SealedTicket = Annotated[str, Form(max_length=4096)]


def ticket(
    operator: UUID, application: str, redirect_uri: str, challenge: str, state: str, at: datetime
) -> Ticket:
    """What a first step proved at that moment, other than a password."""
    return Ticket(
        operator=operator,
        application=application,
        redirect_uri=redirect_uri,
        challenge=challenge,
        state=state,
        until=at + steps.LIFETIMES[Step.CODE],
    )


@router.post("/oauth/authorize/second")
async def second_step(
    request: Request,
    session: Session,
    ticket: SealedTicket,
    code: Annotated[str, Form(max_length=32)],
) -> Response:
    """Check the one-time or recovery code. Raises StepUnknown."""
    at = clock.now()
    key: bytes = request.app.state.second_factor_key
    known, operator = await steps.opened(request, session, ticket, Step.CODE, at)
    attempts: Attempts = request.app.state.attempts
    address = address_of(request)
    # Counted apart from passwords, by person and address together like those.
    name = f"second step {operator.id}"
    try:
        attempts.check(name, address, at)
    except TooManyAttempts as refusal:
        return steps.page(key, known, waiting(refusal), refusal.status)
    shown = await usecases.show(session, operator.id, key, code, at)
    if shown is None:
        attempts.failed(name, address, at, WRONG_CODE)
        return steps.page(key, known, _WRONG, 401)
    attempts.succeeded(name, address)
    # How the second step was taken, after how the first was.
    proven = known.model_copy(update={"second": shown.removeprefix(steps.PASSWORD)})
    return await steps.go_on(request, session, operator, proven, at)


@router.post("/oauth/authorize/password")
async def own_password(
    request: Request,
    session: Session,
    ticket: SealedTicket,
    new: Annotated[str, Form(max_length=256)],
    again: Annotated[str, Form(max_length=256)],
) -> Response:
    """Take the person's own password instead of the one that somebody gave. Raises StepUnknown."""
    at = clock.now()
    key: bytes = request.app.state.second_factor_key
    hashing: Hashing = request.app.state.hashing
    known, operator = await steps.opened(request, session, ticket, Step.PASSWORD, at)
    if new != again:
        return steps.page(key, known, _DIFFERENT, 409)
    try:
        await choose_first_password(session, operator, new, hashing, address_of(request), at)
    except (PasswordLength, PasswordGuessable, PasswordUnchanged) as refusal:
        return steps.page(key, known, _UNFIT[type(refusal)], refusal.status)
    except (LogInsBusy, LogInsFromHere) as refusal:
        return steps.page(key, known, waiting(refusal), refusal.status)
    proven = known.model_copy(update={"stamp": steps.stamp_of(operator)})
    return await steps.go_on(request, session, operator, proven, at)


@router.post("/oauth/authorize/enrolment")
async def enrolment(
    request: Request,
    session: Session,
    ticket: SealedTicket,
    code: Annotated[str, Form(max_length=32)],
) -> Response:
    """Confirm the authenticator that everybody must have; then show the recovery codes.

    Raises StepUnknown.
    """
    at = clock.now()
    key: bytes = request.app.state.second_factor_key
    known, operator = await steps.opened(request, session, ticket, Step.ENROLMENT, at)
    actor = f"{PrincipalKind.OPERATOR}:{operator.id}"
    uri = await usecases.begun(session, operator, key)
    if uri is None:
        raise StepUnknown("Begin the log-in anew, with name and password.")
    try:
        recovery = await usecases.confirm_first(
            session, operator, actor, operator.department, key, code.strip(), at
        )
    except CodeWrong:
        return steps.page(key, known, _WRONG, 401, uri=uri)
    proven = known.model_copy(update={"second": usecases.WITH_CODE.removeprefix(steps.PASSWORD)})
    return steps.finishing(key, proven, recovery, at)


@router.post("/oauth/authorize/finish")
async def finish(request: Request, session: Session, ticket: SealedTicket) -> Response:
    """The recovery codes are kept: back to the application. Raises StepUnknown."""
    at = clock.now()
    known, operator = await steps.opened(request, session, ticket, Step.FINISH, at)
    return steps.finish(request, session, operator, known, at)
