"""What can be done to a recovery: ask, approve, refuse. Asking and deciding are two people's."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts import queries as accounts
from gateway.accounts import rules
from gateway.accounts.usecases import give_password, note
from gateway.identity.passwords import Hashing
from gateway.models import Change, Credential, Recovery
from gateway.recoveries import queries
from gateway.recoveries.schemas import RecoveryBody, RefusalBody
from gateway.second_factor.usecases import take_away
from shared import clock
from shared.access import Principal
from shared.errors import Conflict, Forbidden
from shared.ids import new_id
from shared.outbox import emit

LASTS: Final = timedelta(hours=24)


class RecoveryWaiting(Conflict):
    """Somebody has asked for it already."""

    code = "recovery-waiting"
    title = "Recovery waiting"


class RecoveryOver(Conflict):
    """The recovery was decided, or nobody decided it in time."""

    code = "recovery-over"
    title = "Recovery over"


class SecondPersonNeeded(Forbidden):
    """Who asked for a recovery, and whose account it is, do not decide it."""

    code = "recovery-second-person"
    title = "Second person needed"


async def ask(session: AsyncSession, by: Principal, identity: UUID, body: RecoveryBody) -> Recovery:
    """Ask that a person's lost password or second factor be reset.

    Raises NotFound, OwnAccount, AccountClosed, RecoveryWaiting. A security administrator's own is
    asked for by the administrator of the department that the account is in.
    """
    at = clock.now()
    operator = await accounts.lock(session, by, identity)
    rules.check_not_own(by, identity)
    if operator.disabled_at is not None:
        raise rules.AccountClosed("This account is closed; reopen it first.")
    before = await queries.lock_undecided(session, identity, body.credential)
    if before is not None:
        if at < before.expires_at:
            raise RecoveryWaiting("Somebody has asked for it; a second person decides it.")
        emit(session, before.decide(by, at, approved=False))
        await session.flush()
    recovery = Recovery(
        id=new_id(),
        operator=identity,
        owner=operator.department,
        credential=body.credential,
        reason=body.reason,
        asked_by=by.id,
        asked_at=at,
        expires_at=at + LASTS,
    )
    session.add(recovery)
    emit(session, recovery.asked(by))
    note(session, operator, by.actor, Change.RECOVERY_ASKED, at, body.reason)
    return recovery


async def approve(
    session: AsyncSession,
    by: Principal,
    identity: UUID,
    hashing: Hashing,
    address: str,
) -> tuple[Recovery, str | None, datetime | None]:
    """Let the reset happen; the person's log-ins end.

    Returns a new password and until when it can be changed, where it was the password that was
    lost. Raises NotFound, SecondPersonNeeded, RecoveryOver, RolesNotYours, AccountClosed.
    """
    at = clock.now()
    recovery = await _decidable(session, by, identity, at)
    operator = await accounts.lock_own(session, recovery.operator)
    if not queries.OVERSEEING & by.permissions:
        rules.check_may_give(by, operator.held)
    if operator.disabled_at is not None:
        raise rules.AccountClosed("This account is closed; reopen it first.")
    emit(session, recovery.decide(by, at, approved=True))
    note(session, operator, by.actor, Change.RECOVERY_APPROVED, at)
    if recovery.credential is Credential.PASSWORD:
        password, until = await give_password(session, operator, by, "reset", hashing, address, at)
        return recovery, password, until
    await take_away(session, by, operator, at)
    return recovery, None, None


async def refuse(
    session: AsyncSession, by: Principal, identity: UUID, body: RefusalBody
) -> Recovery:
    """Nothing is reset. Raises NotFound, SecondPersonNeeded, RecoveryOver."""
    at = clock.now()
    recovery = await _decidable(session, by, identity, at)
    operator = await accounts.lock_own(session, recovery.operator)
    emit(session, recovery.decide(by, at, approved=False))
    note(session, operator, by.actor, Change.RECOVERY_REFUSED, at, body.reason)
    return recovery


async def _decidable(
    session: AsyncSession, by: Principal, identity: UUID, at: datetime
) -> Recovery:
    recovery = await queries.lock(session, by, identity)
    if by.id in (recovery.asked_by, recovery.operator):
        raise SecondPersonNeeded("Somebody else than who asked, or whose it is, must decide it.")
    if recovery.decided_at is not None or at >= recovery.expires_at:
        raise RecoveryOver("This recovery is over; ask anew if it is needed.")
    return recovery
