"""Every SELECT over second factors."""

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.models import NextSecondFactor, Operator, RecoveryCode, SecondFactor
from gateway.second_factor.schemas import SecondFactorView
from shared.access import Principal
from shared.errors import NotFound


async def confirmed(session: AsyncSession, operator: UUID) -> SecondFactor | None:
    """The second factor that a person must show, locked until commit; None where there is none."""
    found = await lock(session, operator)
    return found if found is not None and found.confirmed_at is not None else None


async def lock(session: AsyncSession, operator: UUID) -> SecondFactor | None:
    """A person's second factor, confirmed or not, locked until commit."""
    return await session.get(SecondFactor, operator, with_for_update=True, populate_existing=True)


async def lock_next(session: AsyncSession, operator: UUID) -> NextSecondFactor | None:
    """The key that waits to follow a person's present one, locked until commit."""
    return await session.get(
        NextSecondFactor, operator, with_for_update=True, populate_existing=True
    )


async def view(session: AsyncSession, viewer: Principal) -> SecondFactorView:
    """How it stands with one's own."""
    found = await session.get(SecondFactor, viewer.id)
    left = await session.scalar(
        select(func.count())
        .select_from(RecoveryCode)
        .where(RecoveryCode.operator == viewer.id, RecoveryCode.used_at.is_(None))
    )
    return SecondFactorView(
        enrolled_at=found.enrolled_at if found else None,
        confirmed_at=found.confirmed_at if found else None,
        recovery_codes_left=left or 0,
    )


async def recovery_code(
    session: AsyncSession, operator: UUID, digest: bytes
) -> RecoveryCode | None:
    """A recovery code that is still good, locked until commit."""
    found: RecoveryCode | None = await session.scalar(
        select(RecoveryCode)
        .where(
            RecoveryCode.operator == operator,
            RecoveryCode.digest == digest,
            RecoveryCode.used_at.is_(None),
        )
        .with_for_update()
    )
    return found


async def operator(session: AsyncSession, identity: UUID) -> Operator:
    """The account of whoever asks. Raises NotFound."""
    found = await session.get(Operator, identity)
    if found is None:
        raise NotFound("There is no such account.")
    return found
