"""What was used of a grant, for the two departments that it concerns and their authority."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.limits.quotas import Quotas
from gateway.limits.schemas import DayView, UsageView
from gateway.models import GrantCopy, GrantUsage, Particulars
from shared import clock
from shared.access import Principal
from shared.errors import NotFound

_BACK: Final = timedelta(days=30)


async def read(session: AsyncSession, viewer: Principal, grant: UUID, quotas: Quotas) -> UsageView:
    """What was used of a grant. Raises NotFound."""
    found = await session.get(GrantCopy, grant)
    if found is None or not await _may_see(session, viewer, found):
        raise NotFound("There is no such grant.")
    today = quotas.today(clock.now())
    elsewhere = GrantUsage.source != today.source
    statement = (
        select(GrantUsage.day, func.sum(GrantUsage.calls), func.sum(GrantUsage.keys))
        .where(GrantUsage.grant == grant, GrantUsage.day >= today.day - _BACK, elsewhere)
        .group_by(GrantUsage.day)
    )
    used = {day: (int(c), int(k)) for day, c, k in await session.execute(statement)}
    # What this process counts is newer in its memory than in the table.
    here, before = today.used.get(grant), used.get(today.day, (0, 0))
    calls, keys = (here.calls, here.keys) if here else (0, 0)
    used[today.day] = (before[0] + calls, before[1] + keys)
    calls, keys = used[today.day]
    return UsageView(
        grant=grant,
        calls_per_day=found.calls_per_day,
        keys_per_day=found.keys_per_day,
        calls_left=_left(found.calls_per_day, calls),
        keys_left=_left(found.keys_per_day, keys),
        resets_at=today.ends,
        days=[DayView(day=d, calls=c, keys=k) for d, (c, k) in sorted(used.items(), reverse=True)],
    )


async def _may_see(session: AsyncSession, viewer: Principal, grant: GrantCopy) -> bool:
    if viewer.department in (grant.grantee, grant.provider):
        return True
    current = select(Particulars.region).where(
        Particulars.department == grant.provider, Particulars.until.is_(None)
    )
    return viewer.oversees(await session.scalar(current) or "")


def _left(limit: int | None, used: int) -> int | None:
    return None if limit is None else max(0, limit - used)
