"""Every SELECT over former addresses; the platform's authority alone keeps them."""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.former_addresses.rules import FormerAddressUnknown
from gateway.models import FormerAddress
from shared.pages import PageParams, page

# The transaction's lock under which old addresses are taken over, one list after the other.
_LOCK = 0x0F04


async def listing(
    session: AsyncSession, platform: str | None, params: PageParams
) -> tuple[list[FormerAddress], str | None]:
    """One page of the old addresses, the newest first; None does not narrow."""
    statement = select(FormerAddress)
    if platform is not None:
        statement = statement.where(FormerAddress.platform == platform)
    return await page(session, statement, [FormerAddress.id], params, descending=True)


async def leading(session: AsyncSession, addresses: Collection[str]) -> dict[str, str]:
    """Where those of these addresses lead that lead somewhere; nobody else adds any meanwhile."""
    await session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
    statement = select(FormerAddress).where(
        FormerAddress.address.in_(addresses), FormerAddress.ended_at.is_(None)
    )
    return {former.address: former.target for former in await session.scalars(statement)}


async def all_leading(session: AsyncSession) -> Sequence[FormerAddress]:
    """Every old address that leads somewhere."""
    return (
        await session.scalars(select(FormerAddress).where(FormerAddress.ended_at.is_(None)))
    ).all()


async def state(session: AsyncSession) -> tuple[object, ...]:
    """Something that is another one after every change."""
    told = select(
        func.count(), func.max(FormerAddress.taken_over_at), func.max(FormerAddress.ended_at)
    ).select_from(FormerAddress)
    return tuple((await session.execute(told)).one())


async def lock(session: AsyncSession, identity: UUID) -> FormerAddress:
    """One old address, locked until commit. Raises FormerAddressUnknown."""
    found = await session.get(FormerAddress, identity, with_for_update=True)
    if found is None:
        raise FormerAddressUnknown("There is no such former address.")
    return found
