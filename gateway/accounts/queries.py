"""Every SELECT over accounts. Who may manage one is decided in `manageable_by` alone."""

from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.departments.queries import overseen_by
from gateway.models import AccountChange, Change, GrantCopy, Operator, Particulars
from gateway.roles import Role
from shared.access import Permission, Principal
from shared.errors import NotFound
from shared.pages import PageParams, page


def manageable_by(viewer: Principal) -> Select[Operator]:
    """The department's accounts for its administrator; for a security administrator also those of
    the region that its department is the competent authority of: a county's not the city's."""
    mine = Operator.department == viewer.department
    if Permission.OPERATOR_MANAGE in viewer.permissions:
        return select(Operator).where(or_(mine, Operator.department.in_(overseen_by(viewer))))
    return select(Operator).where(mine)


async def operators(
    session: AsyncSession, viewer: Principal, params: PageParams
) -> tuple[list[Operator], str | None]:
    """Accounts by id."""
    return await page(session, manageable_by(viewer), [Operator.id], params)


async def operator(session: AsyncSession, viewer: Principal, identity: UUID) -> Operator:
    """One account. Raises NotFound."""
    return _found(await session.scalar(manageable_by(viewer).where(Operator.id == identity)))


async def lock(session: AsyncSession, viewer: Principal, identity: UUID) -> Operator:
    """One account, locked until commit. Raises NotFound."""
    statement = manageable_by(viewer).where(Operator.id == identity).with_for_update()
    return _found(await session.scalar(statement.execution_options(populate_existing=True)))


async def lock_own(session: AsyncSession, identity: UUID) -> Operator:
    """The account of whoever asks, locked until commit. Raises NotFound."""
    statement = select(Operator).where(Operator.id == identity).with_for_update()
    return _found(await session.scalar(statement.execution_options(populate_existing=True)))


async def lock_administrators(session: AsyncSession, role: Role, department: UUID) -> list[UUID]:
    """A department's open accounts with that role, locked in one order: of two who leave at once
    the second finds the first gone.
    """
    statement = (
        select(Operator.id)
        .where(
            Operator.department == department,
            Operator.roles.contains([role.value]),
            Operator.disabled_at.is_(None),
        )
        .order_by(Operator.id)
        .with_for_update()
    )
    return list(await session.scalars(statement))


async def at_authority(session: AsyncSession, department: UUID) -> bool:
    """Whether the department is the competent authority of its region today."""
    found = await session.scalar(
        select(Particulars.is_authority).where(
            Particulars.department == department, Particulars.until.is_(None)
        )
    )
    return bool(found)


async def circles_of(session: AsyncSession, operator: UUID) -> list[GrantCopy]:
    """The grants whose circle of knowledge names the person, locked until commit."""
    statement = select(GrantCopy).where(GrantCopy.circle.contains([operator]))
    return list(await session.scalars(statement.order_by(GrantCopy.id).with_for_update()))


async def was_chosen(session: AsyncSession, operator: UUID) -> bool:
    """Whether the person ever had a password of the own, also one that was lost since."""
    changes = [Change.PASSWORD_CHANGED, Change.RECOVERY_APPROVED]
    statement = select(AccountChange.id).where(
        AccountChange.operator == operator, AccountChange.change.in_(changes)
    )
    return await session.scalar(statement.limit(1)) is not None


async def history(
    session: AsyncSession, viewer: Principal, identity: UUID, params: PageParams
) -> tuple[list[AccountChange], str | None]:
    """What was done to an account, the newest first. Raises NotFound."""
    await operator(session, viewer, identity)
    statement = select(AccountChange).where(AccountChange.operator == identity)
    return await page(session, statement, [AccountChange.id], params, descending=True)


def _found(operator: Operator | None) -> Operator:
    if operator is None:
        raise NotFound("There is no such account.")
    return operator
