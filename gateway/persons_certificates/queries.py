"""Every SELECT over people's certificates."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.certificates.presented import Shown
from gateway.models import OperatorCertificate


async def of_operator(session: AsyncSession, operator: UUID) -> Sequence[OperatorCertificate]:
    """A person's certificates, the oldest first, those that have expired among them."""
    found = await session.scalars(
        select(OperatorCertificate)
        .where(OperatorCertificate.operator == operator)
        .order_by(OperatorCertificate.id)
    )
    return found.all()


async def lock(session: AsyncSession, operator: UUID, identity: UUID) -> OperatorCertificate | None:
    """One of a person's, locked until commit."""
    found: OperatorCertificate | None = await session.scalar(
        select(OperatorCertificate)
        .where(OperatorCertificate.operator == operator, OperatorCertificate.id == identity)
        .with_for_update()
    )
    return found


async def fits(session: AsyncSession, operator: UUID, shown: Shown | None, at: datetime) -> bool:
    """Whether the certificate that was shown is the person's, and has not expired."""
    if shown is None:
        return False
    standing = await of_operator(session, operator)
    return any(one.thumbprint == shown.thumbprint and at < one.expires_at for one in standing)


async def any_in_force(session: AsyncSession, operator: UUID, at: datetime) -> bool:
    """Whether one of the person's has not expired."""
    return any(at < one.expires_at for one in await of_operator(session, operator))
