"""Every SELECT over recoveries. Who may see one is decided in `visible_to` alone."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.departments.queries import overseen_by
from gateway.models import Credential, Recovery
from shared.access import Permission, Principal
from shared.errors import NotFound
from shared.pages import PageParams, page

OVERSEEING = frozenset({Permission.OPERATOR_MANAGE, Permission.DEPARTMENT_MANAGE})


def visible_to(viewer: Principal) -> Select[Recovery]:
    """The department's; for security and system administrators also those of the region that
    their department is the competent authority of."""
    mine = Recovery.owner == viewer.department
    if OVERSEEING & viewer.permissions:
        return select(Recovery).where(or_(mine, Recovery.owner.in_(overseen_by(viewer))))
    return select(Recovery).where(mine)


async def waiting(
    session: AsyncSession, viewer: Principal, at: datetime, params: PageParams
) -> tuple[list[Recovery], str | None]:
    """Those that can be decided now, the oldest first."""
    statement = visible_to(viewer).where(Recovery.decided_at.is_(None), Recovery.expires_at > at)
    return await page(session, statement, [Recovery.id], params)


async def lock(session: AsyncSession, viewer: Principal, identity: UUID) -> Recovery:
    """A recovery, locked until commit. Raises NotFound."""
    statement = visible_to(viewer).where(Recovery.id == identity).with_for_update()
    found = await session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("There is no such recovery.")
    return found


async def lock_undecided(
    session: AsyncSession, operator: UUID, credential: Credential
) -> Recovery | None:
    """The recovery of that credential that nobody has decided, in time or not."""
    statement = select(Recovery).where(
        Recovery.operator == operator,
        Recovery.credential == credential,
        Recovery.decided_at.is_(None),
    )
    return await session.scalar(statement.with_for_update())
