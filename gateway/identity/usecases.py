"""What can be done to machines and accounts. One function a verb."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.departments import queries as departments
from gateway.identity import passwords, queries
from gateway.identity.schemas import ClientBody, OperatorBody
from gateway.models import Client, ClientSecret, Operator
from gateway.roles import Role
from shared import clock, crypto
from shared.access import Permission, Principal
from shared.errors import Conflict, NotFound
from shared.idempotency import claim
from shared.outbox import emit

_PLATFORM_THREE = frozenset(
    {Role.SYSTEM_ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR}
)


class UsernameTaken(Conflict):
    """There is an account of this name."""

    code = "username-taken"
    title = "Username taken"


class RolesIncompatible(Conflict):
    """One person may not hold these roles together."""

    code = "roles-incompatible"
    title = "Roles incompatible"


def refuse_incompatible(roles: frozenset[Role]) -> None:
    """System, security and audit administrator are three people; so are compiler and reviewer.

    Sources: 三员分立 (graded protection); compiler and reviewer, baoji-2017 §10 (two: design).
    """
    if len(roles & _PLATFORM_THREE) > 1:
        raise RolesIncompatible(
            "System, security and audit administrator must be three different people; "
            "give this account one of the three roles."
        )
    if {Role.COMPILER, Role.REVIEWER} <= roles:
        raise RolesIncompatible(
            "The compiler of an entry does not review it; give the two roles to two people."
        )


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
    if department != by.department and Permission.DEPARTMENT_MANAGE not in by.permissions:
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
    session: AsyncSession, actor: str, by: UUID | None, body: OperatorBody, identity: UUID
) -> Operator:
    """Open an account. Raises UsernameTaken, RolesIncompatible, NotFound (department)."""
    at = clock.now()
    roles = frozenset(body.roles)
    refuse_incompatible(roles)
    await departments.department(session, body.department)
    if await queries.operator_by_username(session, body.username) is not None:
        raise UsernameTaken("There is an account of this name; choose another.")
    operator = Operator(
        id=identity,
        department=body.department,
        username=body.username,
        password_hash=passwords.hashed(body.password),
        roles=sorted(role.value for role in roles),
        registered_at=at,
    )
    session.add(operator)
    try:
        await session.flush()
    except IntegrityError:  # Two at the same moment: the index has let in one of them.
        raise UsernameTaken("There is an account of this name; choose another.") from None
    emit(session, operator.register(actor, by, at))
    return operator


async def register_operator_once(
    session: AsyncSession, by: Principal, body: OperatorBody, key: str
) -> Operator:
    """The same for a caller, who may repeat it with the same key."""
    # The password stays out of what is remembered of the body.
    sent = body.model_dump_json(exclude={"password"}).encode()
    made, first = await claim(session, by, "register-operator", key, sent, clock.now())
    if not first:
        found = await session.get(Operator, made)
        if found is not None:
            return found
    return await register_operator(session, by.actor, by.department, body, made)
