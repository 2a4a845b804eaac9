"""What can be done to an account. One function a verb."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts import queries, rules
from gateway.accounts.schemas import CloseBody, OwnPasswordBody, ReopenBody, RolesBody
from gateway.deputies import queries as deputies
from gateway.identity import strength
from gateway.identity.passwords import Hashing
from gateway.models import AccountChange, Change, GrantCopy, Operator
from gateway.oauth import log_ins
from gateway.oauth.attempts import WRONG_PASSWORD, Attempts
from gateway.roles import Role
from shared import clock, crypto
from shared.access import Principal
from shared.errors import Conflict, Forbidden
from shared.events.gateway import PasswordChanged
from shared.outbox import emit
from shared.principal import PrincipalKind

GIVEN_LASTS: Final = timedelta(days=7)
_PASSWORD_BYTES: Final = 15


class OldPasswordWrong(Conflict):
    """What was sent as the present password is not it."""

    code = "password-wrong"
    title = "Password wrong"


class PasswordPeopleOnly(Forbidden):
    """A machine has no password; its secrets are another operation's."""

    code = "password-people-only"
    title = "For people only"


async def change_own_password(
    session: AsyncSession,
    by: Principal,
    kept: UUID | None,
    body: OwnPasswordBody,
    hashing: Hashing,
    attempts: Attempts,
    address: str,
) -> None:
    """Choose another password; every log-in but the one `kept` ends.

    A wrong old password is counted like a failed log-in. Raises PasswordPeopleOnly,
    OldPasswordWrong, TooManyAttempts, PasswordLength, PasswordGuessable, PasswordUnchanged,
    LogInsBusy, LogInsFromHere.
    """
    if by.kind is not PrincipalKind.OPERATOR:
        raise PasswordPeopleOnly("Only people have a password.")
    at = clock.now()
    operator = await queries.lock_own(session, by.id)
    name = f"own password {by.id}"
    attempts.check(name, address, at)
    current, new = body.current.get_secret_value(), body.new.get_secret_value()
    if not await hashing.fits(operator.password_hash, current, address):
        attempts.failed(name, address, at, WRONG_PASSWORD)
        raise OldPasswordWrong("This is not your present password.")
    attempts.succeeded(name, address)
    strength.check(new, operator.username)
    if new == current:
        raise strength.PasswordUnchanged("Choose another password than the present one.")
    operator.set_password(await hashing.hashed(new, address), None)
    await log_ins.end_all(session, by.id, by.actor, log_ins.PASSWORD_CHANGED, at, but=kept)
    note(session, operator, by.actor, Change.PASSWORD_CHANGED, at)
    announce_password(session, operator, by.actor, by.department, "changed", at, by.access_id)


async def choose_first_password(
    session: AsyncSession,
    operator: Operator,
    new: str,
    hashing: Hashing,
    address: str,
    at: datetime,
) -> None:
    """The person's own password instead of the one that somebody gave, at a log-in.

    Raises PasswordLength, PasswordGuessable, PasswordUnchanged, LogInsBusy, LogInsFromHere.
    """
    strength.check(new, operator.username)
    if await hashing.fits(operator.password_hash, new, address):
        raise strength.PasswordUnchanged("Choose another password than the one you were given.")
    operator.set_password(await hashing.hashed(new, address), None)
    actor = f"{PrincipalKind.OPERATOR}:{operator.id}"
    await log_ins.end_all(session, operator.id, actor, log_ins.PASSWORD_CHANGED, at)
    note(session, operator, actor, Change.PASSWORD_CHANGED, at)
    announce_password(session, operator, actor, operator.department, "changed", at)


async def close(session: AsyncSession, by: Principal, identity: UUID, body: CloseBody) -> Operator:
    """Refuse the person from now on: tokens, log-ins and circles of knowledge end.

    A second time nothing new happens. Raises NotFound, RolesNotYours, LastAdministrator,
    SuccessorUnfit.
    """
    at = clock.now()
    await _check_others_left(session, by, identity)
    operator = await queries.lock(session, by, identity)
    rules.check_may_give(by, operator.held)
    if operator.disabled_at is not None:
        return operator
    await _check_successor(session, operator, body.successor)
    emit(session, operator.close(by, body.successor, at))
    await log_ins.end_all(session, identity, by.actor, log_ins.ACCOUNT_CLOSED, at)
    for deputy in await deputies.standing_of(session, identity, at):
        emit(session, deputy.end(by, at))
    for grant in await queries.circles_of(session, identity):
        _leave_circle(grant, identity)
    note(session, operator, by.actor, Change.CLOSED, at, body.reason, other=body.successor)
    return operator


async def reopen(
    session: AsyncSession, by: Principal, identity: UUID, body: ReopenBody
) -> Operator:
    """Let the person in again. Raises NotFound, OwnAccount, RolesNotYours."""
    at = clock.now()
    operator = await queries.lock(session, by, identity)
    rules.check_not_own(by, identity)
    rules.check_may_give(by, operator.held)
    if operator.disabled_at is None:
        return operator
    emit(session, operator.reopen(by, at))
    note(session, operator, by.actor, Change.REOPENED, at, body.reason)
    return operator


async def change_roles(
    session: AsyncSession, by: Principal, identity: UUID, if_match: str | None, body: RolesBody
) -> Operator:
    """Give the account these roles and no others.

    Raises NotFound, OwnRoles, RolesNotYours, RolesIncompatible, RolesMisplaced,
    LastAdministrator, AccountIfMatchMissing, AccountChangedMeanwhile.
    """
    at = clock.now()
    roles = frozenset(body.roles)
    rules.check_not_own_roles(by, identity)
    if Role.SECURITY_ADMINISTRATOR not in roles:
        await _check_others_left(session, by, identity)
    operator = await queries.lock(session, by, identity)
    rules.check_may_give(by, operator.held, roles)
    rules.check_compatible(roles)
    rules.check_placed(roles, at_authority=await queries.at_authority(session, operator.department))
    rules.check_unchanged(if_match, operator.version)
    if roles == operator.held:
        return operator
    emit(session, operator.change_roles(by, roles, at))
    note(session, operator, by.actor, Change.ROLES_CHANGED, at, body.reason)
    return operator


async def give_initial_password(
    session: AsyncSession, by: Principal, identity: UUID, hashing: Hashing, address: str
) -> tuple[str, datetime]:
    """A password for a first log-in, good for its own change only; and until when.

    Only while the person has never chosen one. Raises NotFound, OwnAccount, RolesNotYours,
    AccountClosed, PasswordTaken.
    """
    at = clock.now()
    operator = await queries.lock(session, by, identity)
    rules.check_not_own(by, identity)
    rules.check_may_give(by, operator.held)
    if operator.disabled_at is not None:
        raise rules.AccountClosed("This account is closed; reopen it first.")
    # Nor after a recovery: what two people let happen would be one person's again.
    chosen = operator.temporary_until is None or await queries.was_chosen(session, identity)
    if chosen:
        raise rules.PasswordTaken(
            "The person has chosen a password; ask for a recovery if it is lost."
        )
    return await give_password(session, operator, by, "initial", hashing, address, at)


async def give_password(
    session: AsyncSession,
    operator: Operator,
    by: Principal,
    change: str,
    hashing: Hashing,
    address: str,
    at: datetime,
) -> tuple[str, datetime]:
    """A password made here for an account that the caller has locked; log-ins end."""
    password, until = crypto.token(_PASSWORD_BYTES), at + GIVEN_LASTS
    operator.set_password(await hashing.hashed(password, address), until)
    await log_ins.end_all(session, operator.id, by.actor, log_ins.PASSWORD_CHANGED, at)
    note(session, operator, by.actor, Change.PASSWORD_GIVEN, at)
    announce_password(session, operator, by.actor, by.department, change, at, by.access_id)
    return password, until


def note(
    session: AsyncSession,
    operator: Operator,
    actor: str,
    change: Change,
    at: datetime,
    reason: str | None = None,
    other: UUID | None = None,
) -> None:
    """A line of the account's history, with the roles that it holds after the change."""
    session.add(
        AccountChange(
            operator=operator.id,
            at=at,
            actor=actor,
            change=change,
            reason=reason,
            roles=list(operator.roles),
            other=other,
        )
    )


def announce_password(
    session: AsyncSession,
    operator: Operator,
    actor: str,
    department: UUID | None,
    change: str,
    at: datetime,
    access_id: UUID | None = None,
) -> None:
    """Tell the platform that the password is another."""
    emit(
        session,
        PasswordChanged(
            at=at,
            actor=actor,
            department=department,
            aggregate=operator.id,
            version=operator.version,
            access_id=access_id,
            operator=operator.id,
            owner=operator.department,
            change=change,
        ),
    )


async def _check_others_left(session: AsyncSession, by: Principal, identity: UUID) -> None:
    """Before the account itself is locked, so that all who do this lock in one order."""
    home = (await queries.operator(session, by, identity)).department
    # Of the same department: a county's security administrator cannot stand in for the city's.
    security = await queries.lock_administrators(session, Role.SECURITY_ADMINISTRATOR, home)
    if identity in security:
        rules.check_others_left(identity, security)
    if identity == by.id:
        administrators = await queries.lock_administrators(
            session, Role.DEPARTMENT_ADMINISTRATOR, by.department
        )
        if identity in administrators:
            rules.check_others_left(identity, administrators)


async def _check_successor(
    session: AsyncSession, operator: Operator, successor: UUID | None
) -> None:
    if successor is None:
        return
    colleague = await session.get(Operator, successor)
    if (
        colleague is None
        or colleague.id == operator.id
        or colleague.department != operator.department
        or colleague.disabled_at is not None
    ):
        raise rules.SuccessorUnfit("Name a colleague of the same department whose account is open.")


def _leave_circle(grant: GrantCopy, operator: UUID) -> None:
    # The authority on circles hears of the closing too and says the same of each grant.
    grant.circle = [member for member in grant.circle or [] if member != operator]
