"""HTTP for the second factor. Each route reads its input, calls one thing, returns it."""

from typing import Annotated

from fastapi import APIRouter, Request, Security

from gateway.identity.routes import Anyone
from gateway.oauth.callers import address_of
from gateway.second_factor import queries, usecases
from gateway.second_factor.demand import demanded
from gateway.second_factor.schemas import (
    CodeBody,
    Enrolment,
    ProofBody,
    RecoveryCodes,
    SecondFactorView,
)
from shared.access import Permission, Principal, admit
from shared.db import Session

router = APIRouter(prefix="/v1", tags=["身份 · Identity"])

Oneself = Annotated[Principal, Security(admit, scopes=[Permission.PROFILE_MANAGE])]


@router.get("/me/second-factor", summary="本人第二因素 · Your second factor")
async def read_second_factor(viewer: Anyone, session: Session) -> SecondFactorView:
    """Whether one-time codes are asked for at your log-in, and how many recovery codes are left.

    Permission: `profile:read`.
    """
    return await queries.view(session, viewer)


@router.post("/me/second-factor", status_code=201, summary="绑定动态口令 · Enrol a second factor")
async def enrol(request: Request, by: Oneself, session: Session) -> Enrolment:
    """A secret for your authenticator (RFC 6238), shown once. It counts from its confirmation on;
    until then you can begin anew.

    Permission: `profile:manage`. Errors: 403 `second-factor-people-only`, 409
    `second-factor-enrolled`.
    """
    return Enrolment(uri=await usecases.enrol(session, by, request.app.state.second_factor_key))


@router.post("/me/second-factor/confirm", summary="确认动态口令 · Confirm the second factor")
async def confirm(request: Request, body: CodeBody, by: Oneself, session: Session) -> RecoveryCodes:
    """Send the code that your authenticator shows; from now on every log-in asks for one. The
    answer holds ten recovery codes, shown once: print them.

    Permission: `profile:manage`. Errors: 409 `second-factor-not-enrolled`, 409
    `second-factor-code-wrong`.
    """
    key: bytes = request.app.state.second_factor_key
    return RecoveryCodes(codes=await usecases.confirm(session, by, key, body.code))


@router.post(
    "/me/second-factor/replace", status_code=201, summary="更换动态口令 · Replace the second factor"
)
async def replace(request: Request, body: ProofBody, by: Oneself, session: Session) -> Enrolment:
    """A secret for your next authenticator, shown once, for a code of the present one or a
    recovery code. The present one stays good until the next one is confirmed; then every log-in
    of yours ends.

    Permission: `profile:manage`. Errors: 409 `second-factor-not-enrolled`, 409
    `second-factor-code-wrong`, 429 `too-many-attempts`.
    """
    state = request.app.state
    address = address_of(request)
    return Enrolment(
        uri=await usecases.replace(
            session, by, state.second_factor_key, body.code, state.attempts, address
        )
    )


@router.post(
    "/me/second-factor/remove", status_code=204, summary="解除动态口令 · Remove the second factor"
)
async def remove(request: Request, body: ProofBody, by: Oneself, session: Session) -> None:
    """Do without a second factor, for a code of it or a recovery code; every log-in of yours
    ends. Not where the platform demands one of everybody.

    Permission: `profile:manage`. Errors: 409 `second-factor-demanded`, 409
    `second-factor-not-enrolled`, 409 `second-factor-code-wrong`, 429 `too-many-attempts`.
    """
    state = request.app.state
    await usecases.remove(
        session,
        by,
        state.second_factor_key,
        body.code,
        state.attempts,
        address_of(request),
        demanded=demanded(state.settings),
    )
