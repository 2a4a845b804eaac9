"""Forget credentials that can no longer be used, so that their tables stay small."""

from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.models import AuthorizationCode, LogIn, RefreshToken, RevokedToken, UsedAssertion
from shared.worker import Working

# A log-in that is over is kept a while, so that a token of it that is shown again is known.
_KEPT = timedelta(days=1)


async def forget_expired(working: Working, at: datetime) -> None:
    """The worker's job."""
    async with working.sessions.begin() as session:
        await forget(session, at)


async def forget(session: AsyncSession, at: datetime) -> None:
    """Delete what has expired at that moment; nothing that could still be used or reused."""
    await session.execute(delete(UsedAssertion).where(UsedAssertion.expires_at <= at))
    await session.execute(delete(RevokedToken).where(RevokedToken.expires_at <= at))
    over = select(LogIn.id).where(LogIn.expires_at <= at - _KEPT)
    codes = (AuthorizationCode.expires_at <= at - _KEPT) & AuthorizationCode.log_in.is_(None)
    await session.execute(delete(AuthorizationCode).where(codes))
    await session.execute(delete(AuthorizationCode).where(AuthorizationCode.log_in.in_(over)))
    await session.execute(delete(RefreshToken).where(RefreshToken.log_in.in_(over)))
    await session.execute(delete(LogIn).where(LogIn.expires_at <= at - _KEPT))
