"""What can be done to machines and accounts. One function a verb."""

import asyncio
from datetime import datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.rules import RolesIncompatible as RolesIncompatible
from gateway.accounts.rules import check_compatible, check_placed
from gateway.accounts.usecases import GIVEN_LASTS, note
from gateway.departments import queries as departments
from gateway.departments.rules import check_active
from gateway.identity import passwords, queries, strength
from gateway.identity.schemas import ClientBody, OperatorBody
from gateway.models import Change, Client, ClientSecret, Operator
from shared import clock, crypto
from shared.access import Permission, Principal
from shared.errors import Conflict, NotFound
from shared.idempotency import claim
from shared.outbox import emit

refuse_incompatible = check_compatible


class UsernameTaken(Conflict):
    """There is an account of this name."""

    code = "username-taken"
    title = "Username taken"


async def register_client(
    session: AsyncSession,
    actor: str,
    by: UUID | None,
    body: ClientBody,
    department: UUID,
    identity: UUID,
) -> tuple[Client, str]:
    """Give a department's machine credentials; return it and its secret, which is not kept."""
    at = clock.now()
    await departments.department(session, department)
    secret = crypto.token()
    client = Client(
        id=identity,
        department=department,
        kind=body.kind,
        name=body.name,
        registered_at=at,
    )
    session.add(client)
    await session.flush()
    session.add(ClientSecret(client=identity, secret_hash=passwords.hashed(secret), added_at=at))
    emit(session, client.register(actor, by, at))
    return client, secret


async def register_client_once(
    session: AsyncSession, by: Principal, body: ClientBody, key: str
) -> tuple[Client, str | None]:
    """The same for a caller; a repeat returns the machine without its secret."""
    department = body.department or by.department
    if department != by.department:
        found = await departments.particulars(session, department)
        managed = Permission.DEPARTMENT_MANAGE in by.permissions and by.oversees(found.region)
        if not managed:
            raise NotFound("There is no such department among yours.")
    sent = body.model_dump_json().encode()
    made, first = await claim(session, by, "register-client", key, sent, clock.now())
    if not first:
        return await queries.lock_client(session, made, by), None
    return await register_client(session, by.actor, by.department, body, department, made)


async def revoke_client(session: AsyncSession, by: Principal, identity: UUID) -> Client:
    """Refuse a machine from now on, at once. Raises NotFound."""
    client = await queries.lock_client(session, identity, by)
    event = client.revoke(by.actor, by.department, clock.now())
    if event is not None:
        emit(session, event)
    return client


async def register_operator(
    session: AsyncSession,
    actor: str,
    by: UUID | None,
    body: OperatorBody,
    identity: UUID,
    temporary_until: datetime | None,
) -> Operator:
    """Open an account whose password must be changed by then, or is the person's own.

    Raises UsernameTaken, RolesIncompatible, RolesMisplaced, NotFound and DepartmentEnded (of the
    department).
    """
    at = clock.now()
    roles = frozenset(body.roles)
    check_compatible(roles)
    department = await departments.particulars(session, body.department)
    check_active(department.status)
    check_placed(roles, at_authority=department.is_authority)
    if await queries.operator_by_username(session, body.username) is not None:
        raise UsernameTaken("There is an account of this name; choose another.")
    operator = Operator(
        id=identity,
        department=body.department,
        username=body.username,
        password_hash=await asyncio.to_thread(passwords.hashed, body.password),
        roles=sorted(role.value for role in roles),
        registered_at=at,
        temporary_until=temporary_until,
    )
    session.add(operator)
    try:
        await session.flush()
    except IntegrityError:  # Two at the same moment: the index has let in one of them.
        raise UsernameTaken("There is an account of this name; choose another.") from None
    note(session, operator, actor, Change.REGISTERED, at)
    emit(session, operator.register(actor, by, at))
    return operator


async def register_operator_once(
    session: AsyncSession, by: Principal, body: OperatorBody, key: str
) -> Operator:
    """The same for a caller, who may repeat it with the same key.

    What the caller knows as the password is good for one thing: for the person to change it.
    Raises also PasswordLength, PasswordGuessable, and NotFound of a department beyond its reach.
    """
    if body.department != by.department:
        found = await departments.particulars(session, body.department)
        if not by.oversees(found.region):
            raise NotFound("There is no such department among yours.")
    # The password stays out of what is remembered of the body.
    sent = body.model_dump_json(exclude={"password"}).encode()
    made, first = await claim(session, by, "register-operator", key, sent, clock.now())
    if not first:
        opened = await session.get(Operator, made)
        if opened is not None:
            return opened
    strength.check(body.password, body.username)
    until = clock.now() + GIVEN_LASTS
    return await register_operator(session, by.actor, by.department, body, made, until)
