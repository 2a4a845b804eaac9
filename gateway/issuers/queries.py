"""Every SELECT over outside identities."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.departments.queries import by_credit_code, current
from gateway.issuers.trusted import DepartmentMapping
from gateway.models import (
    AuthorizationCode,
    LogIn,
    OutsideIdentity,
    OutsideLogIn,
    Particulars,
)
from shared.errors import NotFound
from shared.events.gateway import DepartmentStatus


async def identity_of(
    session: AsyncSession, issuer: str, pseudonym: bytes
) -> OutsideIdentity | None:
    """Who of ours the issuer's somebody is, None where nobody."""
    found: OutsideIdentity | None = await session.scalar(
        select(OutsideIdentity).where(
            OutsideIdentity.issuer == issuer, OutsideIdentity.pseudonym == pseudonym
        )
    )
    return found


async def identities_of(session: AsyncSession, member: UUID) -> list[OutsideIdentity]:
    """The outside identities of an operator or a client, the oldest first."""
    statement = select(OutsideIdentity).where(
        (OutsideIdentity.operator == member) | (OutsideIdentity.client == member)
    )
    return list(await session.scalars(statement.order_by(OutsideIdentity.id)))


async def lock_identity(session: AsyncSession, identity: UUID, member: UUID) -> OutsideIdentity:
    """One of them, locked until commit. Raises NotFound."""
    found = await session.get(OutsideIdentity, identity, with_for_update=True)
    if found is None or member not in (found.operator, found.client):
        raise NotFound("There is no such outside identity.")
    return found


async def department_named(
    session: AsyncSession, mapping: DepartmentMapping, named: str
) -> Particulars | None:
    """The one department that a claim names, as it is called today."""
    if mapping.by != "short-name":
        return await by_credit_code(session, named)
    # Short names are not unique: where two departments carry one, it names neither.
    there = current().where(
        Particulars.short_name == named, Particulars.status == DepartmentStatus.ACTIVE
    )
    found = list(await session.scalars(there.limit(2)))
    return found[0] if len(found) == 1 else None


async def log_ins_begun(
    session: AsyncSession, identity: UUID | None, outside: bytes | None, at: datetime
) -> list[UUID]:
    """The log-ins that stand and that this identity, in this session of the issuer's, began.

    Either may be left out, not both.
    """
    statement = (
        select(LogIn.id)
        .join(AuthorizationCode, AuthorizationCode.log_in == LogIn.id)
        .join(OutsideLogIn, OutsideLogIn.code == AuthorizationCode.digest)
        .where(LogIn.ended_at.is_(None), LogIn.expires_at > at)
        .order_by(LogIn.id)
    )
    if identity is not None:
        statement = statement.where(OutsideLogIn.identity == identity)
    if outside is not None:
        statement = statement.where(OutsideLogIn.session == outside)
    return list(await session.scalars(statement))
