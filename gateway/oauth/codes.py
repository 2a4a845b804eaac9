"""Authorization codes: given once to a person who logged in, taken once, bound by PKCE."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.models import AuthorizationCode, OutsideLogIn
from gateway.oauth import log_ins
from shared import crypto

_LIFETIME = timedelta(seconds=60)


def give(
    session: AsyncSession,
    operator: UUID,
    application: str,
    redirect_uri: str,
    challenge: str,
    acr: str,
    at: datetime,
) -> str:
    """A fresh code for this person, application and challenge (RFC 7636, S256)."""
    code = crypto.token()
    session.add(
        AuthorizationCode(
            digest=crypto.STANDARD.digest(code.encode()),
            operator=operator,
            application=application,
            redirect_uri=redirect_uri,
            challenge=challenge,
            acr=acr,
            expires_at=at + _LIFETIME,
        )
    )
    return code


def begun_outside(session: AsyncSession, code: str, identity: UUID, outside: bytes | None) -> None:
    """The code goes back to a log-in at an outside issuer, in that session of the issuer's."""
    digest = crypto.STANDARD.digest(code.encode())
    session.add(OutsideLogIn(code=digest, identity=identity, session=outside))


async def take(
    session: AsyncSession,
    code: str,
    application: str,
    redirect_uri: str,
    verifier: str,
    at: datetime,
) -> AuthorizationCode | None:
    """The code, used up, for the application that asked for it; None where anything misfits.

    A None may have ended what the code began before, so the caller must not undo the transaction.
    """
    digest = crypto.STANDARD.digest(code.encode())
    found = await session.scalar(
        select(AuthorizationCode).where(AuthorizationCode.digest == digest).with_for_update()
    )
    if found is None:
        return None
    if found.used_at is not None:
        await log_ins.end_of_code(session, found, at)
        return None
    # Used up by the first try, also a failing one: a thief gets no second.
    found.used_at = at
    challenge = crypto.base64url(crypto.STANDARD.digest(verifier.encode()))
    fits = (
        found.application == application
        and found.redirect_uri == redirect_uri
        and crypto.STANDARD.mac_equal(challenge.encode(), found.challenge.encode())
    )
    return found if fits and at < found.expires_at else None
