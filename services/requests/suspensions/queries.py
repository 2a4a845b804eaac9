"""Every SELECT over suspensions. Who may see one is decided in `visible_to` alone."""

from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from services.requests.suspensions.models import Suspension
from shared.errors import NotFound
from shared.pages import PageParams, page
from shared.principal import Principal


class SuspensionUnknown(NotFound):
    """There is no such suspension, or it is not the caller's to know of."""

    code = "suspension-not-found"
    title = "Suspension not found"


def visible_to(viewer: Principal) -> Select[Suspension]:
    """Its own department's, and for a competent authority those of its region."""
    seen = [Suspension.department == viewer.department]
    if viewer.authority is not None:
        below = Suspension.region.startswith(viewer.authority + "/", autoescape=True)
        seen += [Suspension.region == viewer.authority, below]
    return select(Suspension).where(or_(*seen))


async def get(session: AsyncSession, suspension_id: UUID, viewer: Principal) -> Suspension:
    """One suspension, complete. Raises SuspensionUnknown."""
    statement = _complete(visible_to(viewer).where(Suspension.id == suspension_id))
    found = await session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise SuspensionUnknown("There is no such suspension.")
    return found


async def listing(
    session: AsyncSession, viewer: Principal, in_force: bool | None, params: PageParams
) -> tuple[list[Suspension], str | None]:
    """One page of the visible suspensions, the newest first; None does not narrow."""
    statement = visible_to(viewer)
    if in_force is not None:
        lifted = Suspension.lifted_at
        statement = statement.where(lifted.is_(None) if in_force else lifted.is_not(None))
    return await page(session, _complete(statement), [Suspension.id], params, descending=True)


async def lock(session: AsyncSession, suspension_id: UUID, viewer: Principal) -> Suspension:
    """A visible suspension, locked until commit. Raises SuspensionUnknown."""
    statement = visible_to(viewer).where(Suspension.id == suspension_id).with_for_update()
    found = await session.scalar(statement)
    if found is None:
        raise SuspensionUnknown("There is no such suspension.")
    return found


async def in_force(session: AsyncSession, department: UUID) -> Suspension | None:
    """The suspension under which the department stands now, if it does."""
    return await session.scalar(
        select(Suspension).where(
            Suspension.department == department, Suspension.lifted_at.is_(None)
        )
    )


def _complete(statement: Select[Suspension]) -> Select[Suspension]:
    return statement.options(joinedload(Suspension.known_department))
