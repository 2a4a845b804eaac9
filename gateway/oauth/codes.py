"""Authorization codes: given once to a person who logged in, taken once, bound by PKCE."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.models import AuthorizationCode
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


async def take(
    session: AsyncSession,
    code: str,
    application: str,
    redirect_uri: str,
    verifier: str,
    at: datetime,
) -> UUID | None:
    """The operator behind a code, once; None where anything at all does not fit."""
    digest = crypto.STANDARD.digest(code.encode())
    found = await session.scalar(
        select(AuthorizationCode).where(AuthorizationCode.digest == digest).with_for_update()
    )
    if found is None or found.used_at is not None or at >= found.expires_at:
        return None
    # Used up by the first try, also a failing one: a thief gets no second.
    found.used_at = at
    challenge = crypto.base64url(crypto.STANDARD.digest(verifier.encode()))
    fits = (
        found.application == application
        and found.redirect_uri == redirect_uri
        and crypto.STANDARD.mac_equal(challenge.encode(), found.challenge.encode())
    )
    return found.operator if fits else None
