"""What can be done to a second factor. One function a verb."""

import base64
import os
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.usecases import note
from gateway.models import (
    Change,
    NextSecondFactor,
    Operator,
    OperatorCertificate,
    RecoveryCode,
    SecondFactor,
)
from gateway.oauth import log_ins
from gateway.oauth.attempts import WRONG_CODE, Attempts
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
    """There is a second factor; it is replaced with one of its codes, or reset by two people."""

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


class Demanded(Conflict):
    """The platform demands a second factor of everybody: replace it, it cannot be removed."""

    code = "second-factor-demanded"
    title = "Second factor demanded"


async def enrol(session: AsyncSession, by: Principal, key: bytes) -> str:
    """Begin: a fresh secret, as the address that an authenticator takes in; shown once.

    It counts from its confirmation on; until then it can be begun anew. `key` seals the secret.
    Raises PeopleOnly, AlreadyEnrolled.
    """
    if by.kind is not PrincipalKind.OPERATOR:
        raise PeopleOnly("Only people have a second factor.")
    operator = await queries.operator(session, by.id)
    return await begin(session, operator, key, clock.now())


async def begin(session: AsyncSession, operator: Operator, key: bytes, at: datetime) -> str:
    """The same for a person who has only begun to log in. Raises AlreadyEnrolled."""
    found = await queries.lock(session, operator.id)
    if found is not None and found.confirmed_at is not None:
        raise AlreadyEnrolled("You have a second factor; replace it with one of its codes.")
    if found is not None:
        await session.delete(found)
        await session.flush()
    secret = totp.new_secret()
    sealed = STANDARD.seal(key, secret, operator.id.bytes)
    session.add(SecondFactor(operator=operator.id, sealed_secret=sealed, enrolled_at=at))
    return totp.uri(secret, operator.username)


async def begun(session: AsyncSession, operator: Operator, key: bytes) -> str | None:
    """The address of a secret that waits for its confirmation, to be shown a second time."""
    found = await queries.lock(session, operator.id)
    if found is None or found.confirmed_at is not None:
        return None
    secret = STANDARD.unseal(key, found.sealed_secret, operator.id.bytes)
    return totp.uri(secret, operator.username)


async def confirm(session: AsyncSession, by: Principal, key: bytes, code: str) -> list[str]:
    """Prove that the authenticator has the secret; asked for at every log-in from now on.

    Where it follows another one, that is no longer good and every log-in ends. Returns the
    recovery codes, which are kept as digests. Raises NotEnrolled, CodeWrong.
    """
    at = clock.now()
    operator = await queries.operator(session, by.id)
    found = await queries.lock(session, by.id)
    follows = await queries.lock_next(session, by.id)
    if found is not None and found.confirmed_at is not None and follows is not None:
        return await _follow(session, by, operator, found, follows, key, code, at)
    return await confirm_first(session, operator, by.actor, by.department, key, code, at)


async def confirm_first(
    session: AsyncSession,
    operator: Operator,
    actor: str,
    department: UUID | None,
    key: bytes,
    code: str,
    at: datetime,
) -> list[str]:
    """The same for a person's first authenticator. Raises NotEnrolled, CodeWrong."""
    found = await queries.lock(session, operator.id)
    if found is None or found.confirmed_at is not None:
        raise NotEnrolled("No second factor waits to be confirmed; enrol first.")
    if not _use(found, key, code, at):
        raise CodeWrong("This is not the code that the authenticator shows now.")
    found.confirmed_at = at
    note(session, operator, actor, Change.SECOND_FACTOR_CONFIRMED, at)
    _announce(session, actor, department, found, operator.department, "confirmed", at)
    return await _new_recovery_codes(session, operator.id, key)


async def replace(
    session: AsyncSession,
    by: Principal,
    key: bytes,
    code: str,
    attempts: Attempts,
    address: str,
) -> str:
    """Begin to change the authenticator: a fresh secret, shown once, for one of the present codes.

    The present one stays good until the next one is confirmed. Raises NotEnrolled, CodeWrong,
    TooManyAttempts.
    """
    at = clock.now()
    await prove(session, by, key, code, attempts, address, at)
    operator = await queries.operator(session, by.id)
    before = await queries.lock_next(session, by.id)
    if before is not None:
        await session.delete(before)
        await session.flush()
    secret = totp.new_secret()
    sealed = STANDARD.seal(key, secret, by.id.bytes)
    session.add(NextSecondFactor(operator=by.id, sealed_secret=sealed, begun_at=at))
    return totp.uri(secret, operator.username)


async def remove(
    session: AsyncSession,
    by: Principal,
    key: bytes,
    code: str,
    attempts: Attempts,
    address: str,
    *,
    demanded: bool,
) -> None:
    """Do without, for one of the present codes; every log-in ends.

    Raises Demanded, NotEnrolled, CodeWrong, TooManyAttempts.
    """
    at = clock.now()
    if demanded:
        raise Demanded("Everybody has a second factor here; you can replace yours.")
    found = await prove(session, by, key, code, attempts, address, at)
    operator = await queries.operator(session, by.id)
    await _forget(session, found)
    await log_ins.end_all(session, by.id, by.actor, log_ins.FACTOR_CHANGED, at)
    note(session, operator, by.actor, Change.SECOND_FACTOR_REMOVED, at)
    _announce(session, by.actor, by.department, found, operator.department, "removed", at)


async def take_away(session: AsyncSession, by: Principal, operator: Operator, at: datetime) -> None:
    """Reset what a person lost, once two people have agreed; every log-in ends.

    Raises NotEnrolled.
    """
    found = await queries.lock(session, operator.id)
    if found is None:
        raise NotEnrolled("This account has no second factor.")
    await _forget(session, found)
    await log_ins.end_all(session, operator.id, by.actor, log_ins.FACTOR_RESET, at)
    _announce(session, by.actor, by.department, found, operator.department, "reset", at)


async def show(
    session: AsyncSession, operator: UUID, key: bytes, code: str, at: datetime
) -> str | None:
    """Use up the code that a person sent: how it authenticated, None where wrong."""
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


async def prove(
    session: AsyncSession,
    by: Principal,
    key: bytes,
    code: str,
    attempts: Attempts,
    address: str,
    at: datetime,
) -> SecondFactor:
    """That whoever has the session also has the authenticator, or a recovery code.

    Raises NotEnrolled, CodeWrong, TooManyAttempts.
    """
    found = await queries.confirmed(session, by.id)
    if found is None:
        raise NotEnrolled("You have no second factor; enrol first.")
    name = f"own second factor {by.id}"
    attempts.check(name, address, at)
    if await show(session, by.id, key, code, at) is None:
        attempts.failed(name, address, at, WRONG_CODE)
        raise CodeWrong("This code is wrong, or was used before.")
    attempts.succeeded(name, address)
    return found


async def _follow(
    session: AsyncSession,
    by: Principal,
    operator: Operator,
    found: SecondFactor,
    follows: NextSecondFactor,
    key: bytes,
    code: str,
    at: datetime,
) -> list[str]:
    secret = STANDARD.unseal(key, follows.sealed_secret, by.id.bytes)
    step = totp.fitting_step(secret, code, at, 0)
    if step is None:
        raise CodeWrong("This is not the code that the new authenticator shows now.")
    # From here on the former key is gone: of two who confirm at once the second finds no next one.
    found.sealed_secret, found.last_step, found.confirmed_at = follows.sealed_secret, step, at
    await session.delete(follows)
    await log_ins.end_all(session, by.id, by.actor, log_ins.FACTOR_CHANGED, at)
    note(session, operator, by.actor, Change.SECOND_FACTOR_REPLACED, at)
    _announce(session, by.actor, by.department, found, operator.department, "replaced", at)
    return await _new_recovery_codes(session, by.id, key)


async def _forget(session: AsyncSession, factor: SecondFactor) -> None:
    await session.execute(delete(RecoveryCode).where(RecoveryCode.operator == factor.operator))
    # A certificate was enrolled on this one's word and goes with it: what is left without a second
    # factor must not be a log-in that sometimes has one.
    await session.execute(
        delete(OperatorCertificate).where(OperatorCertificate.operator == factor.operator)
    )
    follows = await queries.lock_next(session, factor.operator)
    if follows is not None:
        await session.delete(follows)
    await session.delete(factor)


async def _new_recovery_codes(session: AsyncSession, operator: UUID, key: bytes) -> list[str]:
    await session.execute(delete(RecoveryCode).where(RecoveryCode.operator == operator))
    codes = [_recovery_code() for _ in range(_RECOVERY_CODES)]
    for text in codes:
        session.add(RecoveryCode(operator=operator, digest=_digest(key, operator, text)))
    return codes


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
    actor: str,
    department: UUID | None,
    factor: SecondFactor,
    owner: UUID,
    change: str,
    at: datetime,
) -> None:
    factor.version += 1
    emit(
        session,
        SecondFactorChanged(
            at=at,
            actor=actor,
            department=department,
            aggregate=factor.id,
            version=factor.version,
            operator=factor.operator,
            owner=owner,
            change=change,
        ),
    )
