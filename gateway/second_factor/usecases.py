"""What can be done to a second factor. One function a verb."""

import base64
import os
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.models import RecoveryCode, SecondFactor
from gateway.oauth import log_ins
from gateway.second_factor import queries, totp
from shared import clock
from shared.access import Principal
from shared.crypto import STANDARD
from shared.errors import Conflict, Forbidden
from shared.events.gateway import SecondFactorChanged
from shared.outbox import emit
from shared.principal import PrincipalKind

WITH_CODE = "password+totp"
WITH_RECOVERY = "password+recovery-code"
_RECOVERY_CODES = 10


class PeopleOnly(Forbidden):
    """A machine has no second factor; it may sign with a key of its own."""

    code = "second-factor-people-only"
    title = "For people only"


class AlreadyEnrolled(Conflict):
    """There is a second factor; only the security administrator can take it away."""

    code = "second-factor-enrolled"
    title = "Second factor enrolled"


class NotEnrolled(Conflict):
    """There is no second factor that waits to be confirmed, or that could be reset."""

    code = "second-factor-not-enrolled"
    title = "No second factor"


class CodeWrong(Conflict):
    """The code is not the one that the authenticator shows now, or it was used before."""

    code = "second-factor-code-wrong"
    title = "Code wrong"


class OwnReset(Forbidden):
    """Nobody takes away their own second factor: whoever stole a session could."""

    code = "second-factor-own-reset"
    title = "Own second factor"


async def enrol(session: AsyncSession, by: Principal, key: bytes) -> str:
    """Begin: a fresh secret, as the address that an authenticator takes in; shown once.

    It counts from its confirmation on; until then it can be begun anew. `key` seals the secret.
    Raises PeopleOnly, AlreadyEnrolled.
    """
    if by.kind is not PrincipalKind.OPERATOR:
        raise PeopleOnly("Only people have a second factor.")
    operator = await queries.operator(session, by.id)
    found = await queries.lock(session, by.id)
    if found is not None and found.confirmed_at is not None:
        raise AlreadyEnrolled("You have a second factor; the security administrator can reset it.")
    if found is not None:
        await session.delete(found)
        await session.flush()
    secret = totp.new_secret()
    sealed = STANDARD.seal(key, secret, by.id.bytes)
    session.add(SecondFactor(operator=by.id, sealed_secret=sealed, enrolled_at=clock.now()))
    return totp.uri(secret, operator.username)


async def confirm(session: AsyncSession, by: Principal, key: bytes, code: str) -> list[str]:
    """Prove that the authenticator has the secret; asked for at every log-in from now on.

    Returns the recovery codes, which are kept as digests. Raises NotEnrolled, CodeWrong.
    """
    at = clock.now()
    found = await queries.lock(session, by.id)
    if found is None or found.confirmed_at is not None:
        raise NotEnrolled("No second factor waits to be confirmed; enrol first.")
    if not _use(found, key, code, at):
        raise CodeWrong("This is not the code that the authenticator shows now.")
    found.confirmed_at = at
    codes = [_recovery_code() for _ in range(_RECOVERY_CODES)]
    for text in codes:
        session.add(RecoveryCode(operator=by.id, digest=_digest(key, by.id, text)))
    _announce(session, by, found, by.department, "confirmed", 1, at)
    return codes


async def reset(session: AsyncSession, by: Principal, identity: UUID) -> None:
    """Take a person's second factor away, and end every log-in of theirs.

    Raises NotFound, OwnReset, NotEnrolled.
    """
    at = clock.now()
    if identity == by.id:
        raise OwnReset("Another security administrator must reset yours.")
    operator = await queries.operator(session, identity)
    found = await queries.lock(session, identity)
    if found is None:
        raise NotEnrolled("This account has no second factor.")
    await session.execute(delete(RecoveryCode).where(RecoveryCode.operator == identity))
    await session.delete(found)
    await log_ins.end_all(session, identity, by.actor, log_ins.FACTOR_RESET, at)
    _announce(session, by, found, operator.department, "reset", 2, at)


async def show(
    session: AsyncSession, operator: UUID, key: bytes, code: str, at: datetime
) -> str | None:
    """Use up the code that a person sent at log-in: how it authenticated, None where wrong."""
    found = await queries.confirmed(session, operator)
    if found is None:
        return None
    sent = code.strip()
    if sent.isdecimal() and len(sent) == 6:
        return WITH_CODE if _use(found, key, sent, at) else None
    recovery = await queries.recovery_code(session, operator, _digest(key, operator, sent))
    if recovery is None:
        return None
    recovery.used_at = at
    return WITH_RECOVERY


def _use(factor: SecondFactor, key: bytes, code: str, at: datetime) -> bool:
    secret = STANDARD.unseal(key, factor.sealed_secret, factor.operator.bytes)
    step = totp.fitting_step(secret, code, at, factor.last_step)
    if step is None:
        return False
    # The row is locked: of two uses at once the second finds the step used up.
    factor.last_step = step
    return True


def _recovery_code() -> str:
    """80 random bits, so that a digest suffices and none can be guessed."""
    text = base64.b32encode(os.urandom(10)).decode().lower()
    return "-".join(text[i : i + 4] for i in range(0, 16, 4))


def _digest(key: bytes, operator: UUID, code: str) -> bytes:
    text = code.replace("-", "").replace(" ", "").lower()
    return STANDARD.mac(key, b"recovery code" + operator.bytes + text.encode())


def _announce(
    session: AsyncSession,
    by: Principal,
    factor: SecondFactor,
    owner: UUID,
    change: str,
    version: int,
    at: datetime,
) -> None:
    emit(
        session,
        SecondFactorChanged(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=factor.id,
            version=version,
            operator=factor.operator,
            owner=owner,
            change=change,
        ),
    )
