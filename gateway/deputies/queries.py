"""Every SELECT over deputies."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.queries import manageable_by
from gateway.models import Deputy, Operator
from shared.access import Permission, Principal
from shared.errors import NotFound
from shared.pages import PageParams, page


async def lock_both(
    session: AsyncSession, by: Principal, operator: UUID, deputy: UUID
) -> tuple[Operator, Operator | None]:
    """The absent person's account and the deputy's, locked in one order. Raises NotFound.

    The first is the caller's own, or one that the caller manages.
    """
    statement = select(Operator).where(Operator.id.in_([operator, deputy]))
    locked = await session.scalars(
        statement.order_by(Operator.id).with_for_update().execution_options(populate_existing=True)
    )
    found = {row.id: row for row in locked}
    if operator not in found or not await reaches(session, by, operator):
        raise NotFound("There is no such account.")
    return found[operator], found.get(deputy)


async def reaches(session: AsyncSession, by: Principal, operator: UUID) -> bool:
    """Whether the account is the caller's own, or one that the caller manages."""
    if by.id == operator:
        return True
    if Permission.ACCOUNT_MANAGE not in by.permissions:
        return False
    statement = manageable_by(by).where(Operator.id == operator)
    return await session.scalar(statement) is not None


async def of_operator(
    session: AsyncSession, by: Principal, operator: UUID, params: PageParams
) -> tuple[list[Deputy], str | None]:
    """A person's deputies, the newest first. Raises NotFound."""
    if not await reaches(session, by, operator):
        raise NotFound("There is no such account.")
    statement = select(Deputy).where(Deputy.operator == operator)
    return await page(session, statement, [Deputy.id], params, descending=True)


async def lock(session: AsyncSession, by: Principal, identity: UUID) -> Deputy:
    """One deputy, locked until commit. Raises NotFound."""
    found = await session.get(Deputy, identity, with_for_update=True, populate_existing=True)
    if found is None or not (found.deputy == by.id or await reaches(session, by, found.operator)):
        raise NotFound("There is no such deputy.")
    return found


async def overlapping(
    session: AsyncSession, operator: UUID, since: datetime, until: datetime
) -> Deputy | None:
    """Another deputy of the person in that time."""
    statement = select(Deputy).where(
        Deputy.operator == operator,
        Deputy.ended_at.is_(None),
        Deputy.since < until,
        Deputy.until > since,
    )
    return await session.scalar(statement.limit(1))


async def taken_over(
    session: AsyncSession, deputy: UUID, since: datetime, until: datetime
) -> list[Operator]:
    """Those for whom the deputy acts already in that time."""
    statement = (
        select(Operator)
        .join(Deputy, Deputy.operator == Operator.id)
        .where(
            Deputy.deputy == deputy,
            Deputy.ended_at.is_(None),
            Deputy.since < until,
            Deputy.until > since,
        )
    )
    return list(await session.scalars(statement))


async def standing_of(session: AsyncSession, person: UUID, at: datetime) -> list[Deputy]:
    """The deputies that a person has or is, now or later, locked until commit."""
    statement = select(Deputy).where(
        or_(Deputy.operator == person, Deputy.deputy == person),
        Deputy.ended_at.is_(None),
        Deputy.until > at,
    )
    return list(await session.scalars(statement.order_by(Deputy.id).with_for_update()))
