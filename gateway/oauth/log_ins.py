"""Log-ins of people: refresh tokens that change at each use, and end together.

Rotation and the detection of reuse: RFC 9700 §4.14.2. A refresh token is good once. Whoever
shows one again, the thief or the person that it was stolen from, ends the whole log-in with
every access token that it gave; which of the two it was cannot be told, and need not be.
"""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.models import AuthorizationCode, LogIn, Operator, RefreshToken, RevokedToken
from gateway.tokens import Issued
from shared import crypto
from shared.events.gateway import LogInEnded
from shared.outbox import emit

LOGGED_OUT = "logged-out"
REUSED = "refresh-token-reused"
CODE_REUSED = "code-reused"
WRONG_APPLICATION = "shown-by-another-application"
REVOKED = "refresh-token-revoked"
ACCOUNT_CLOSED = "account-closed"
FACTOR_RESET = "second-factor-reset"
FACTOR_CHANGED = "second-factor-changed"
PASSWORD_CHANGED = "password-changed"  # noqa: S105 - the name of a reason
_PLATFORM = "platform:gateway"


def begin(
    session: AsyncSession, code: AuthorizationCode, at: datetime, lifetime: timedelta
) -> LogIn:
    """The log-in that a code just taken begins; the code remembers it."""
    log_in = LogIn(
        operator=code.operator,
        application=code.application,
        acr=code.acr,
        authenticated_at=at,
        expires_at=at + lifetime,
    )
    session.add(log_in)
    return log_in


def give(
    session: AsyncSession, log_in: LogIn, access: Issued, at: datetime, idle: timedelta
) -> str:
    """A refresh token beside an access token. It is good for `idle`, never beyond its log-in."""
    text = crypto.token()
    session.add(
        RefreshToken(
            digest=_digest(text),
            log_in=log_in.id,
            access_token=access.id,
            access_expires_at=access.expires_at,
            expires_at=min(at + idle, log_in.expires_at),
        )
    )
    return text


async def take(session: AsyncSession, text: str, application: str, at: datetime) -> LogIn | None:
    """Use a refresh token up: the log-in that goes on, locked until commit, or None.

    A None may have ended the log-in, so the caller must not undo the transaction.
    """
    found = await find(session, text)
    if found is None:
        return None
    token, log_in = found
    if log_in.ended_at is not None or at >= log_in.expires_at:
        return None
    if token.used_at is not None:
        await end(session, log_in, _PLATFORM, REUSED, at)
        return None
    if log_in.application != application:
        await end(session, log_in, _PLATFORM, WRONG_APPLICATION, at)
        return None
    if at >= token.expires_at:
        return None
    operator = await session.get_one(Operator, log_in.operator)
    if operator.disabled_at is not None:
        await end(session, log_in, _PLATFORM, ACCOUNT_CLOSED, at)
        return None
    token.used_at = at
    return log_in


async def find(session: AsyncSession, text: str) -> tuple[RefreshToken, LogIn] | None:
    """A refresh token and its log-in, which is locked until commit."""
    known = await session.scalar(
        select(RefreshToken.log_in).where(RefreshToken.digest == _digest(text))
    )
    if known is None:
        return None
    # The log-in is locked before the token is read: of two uses at once the second sees the first.
    log_in = await lock(session, known)
    token = await session.get(RefreshToken, _digest(text), populate_existing=True)
    return (token, log_in) if token is not None and log_in is not None else None


async def lock(session: AsyncSession, log_in: UUID) -> LogIn | None:
    """A log-in, locked until commit."""
    return await session.get(LogIn, log_in, with_for_update=True, populate_existing=True)


async def end(session: AsyncSession, log_in: LogIn, actor: str, reason: str, at: datetime) -> None:
    """End a log-in that the caller has locked, with every token that it gave; once."""
    if log_in.ended_at is not None:
        return
    log_in.ended_at = at
    lasting = await session.execute(
        select(RefreshToken.access_token, RefreshToken.access_expires_at).where(
            RefreshToken.log_in == log_in.id, RefreshToken.access_expires_at > at
        )
    )
    for access_token, expires_at in lasting:
        await revoke(session, access_token, expires_at)
    operator = await session.get_one(Operator, log_in.operator)
    emit(
        session,
        LogInEnded(
            at=at,
            actor=actor,
            department=operator.department,
            aggregate=log_in.id,
            operator=operator.id,
            owner=operator.department,
            reason=reason,
        ),
    )


async def end_all(
    session: AsyncSession,
    operator: UUID,
    actor: str,
    reason: str,
    at: datetime,
    but: UUID | None = None,
) -> None:
    """End every log-in of a person, but the one that goes on, if any; and every unused code."""
    await session.execute(
        update(AuthorizationCode)
        .where(AuthorizationCode.operator == operator, AuthorizationCode.used_at.is_(None))
        .values(used_at=at)
    )
    standing = select(LogIn).where(
        LogIn.operator == operator, LogIn.ended_at.is_(None), LogIn.expires_at > at
    )
    for log_in in await session.scalars(standing.order_by(LogIn.id).with_for_update()):
        if log_in.id != but:
            await end(session, log_in, actor, reason, at)


async def end_of_code(session: AsyncSession, code: AuthorizationCode, at: datetime) -> None:
    """A code came a second time: end what the first time began (RFC 6749 §4.1.2)."""
    log_in = await lock(session, code.log_in) if code.log_in is not None else None
    if log_in is not None:
        await end(session, log_in, _PLATFORM, CODE_REUSED, at)


async def revoke(session: AsyncSession, access_token: UUID, expires_at: datetime) -> None:
    """Refuse one access token from now on; every gateway process is told at commit."""
    row = {"id": access_token, "expires_at": expires_at}
    await session.execute(insert(RevokedToken).values(row).on_conflict_do_nothing())


def _digest(text: str) -> bytes:
    return crypto.STANDARD.digest(text.encode())
