"""HTTP for the second factor. Each route reads its input, calls one thing, returns it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Request, Security

from gateway.identity.routes import Anyone, OperatorKeeper
from gateway.second_factor import queries, usecases
from gateway.second_factor.schemas import CodeBody, Enrolment, RecoveryCodes, SecondFactorView
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
    "/operators/{operator}/second-factor/reset",
    status_code=204,
    summary="重置动态口令 · Reset a person's second factor",
)
async def reset(operator: UUID, by: OperatorKeeper, session: Session) -> None:
    """Take away the second factor of a person who lost it, after making sure who it is; all of
    the person's log-ins end. Nobody resets their own.

    Permission: `operator:manage` (security administrator). Errors: 404, 403
    `second-factor-own-reset`, 409 `second-factor-not-enrolled`.
    """
    await usecases.reset(session, by, operator)
