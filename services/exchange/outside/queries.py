"""The SELECTs over exchanges outside the platform, of either kind.

Who may see one is decided in `visible_to` alone.
"""

from collections.abc import Collection, Sequence
from typing import TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, false, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange.known import Department
from services.exchange.outside import rules
from services.exchange.outside.models import Outside, OutsideStep
from shared.errors import NotFound
from shared.pages import PageParams, page
from shared.principal import Principal

AnyOutside = TypeVar("AnyOutside", bound=Outside)


def overseen_by(kind: type[Outside], viewer: Principal) -> ColumnElement[bool]:
    """Whether an exchange lies in the region that the viewer is the authority of."""
    if viewer.authority is None:
        return false()
    below = kind.region.startswith(viewer.authority + "/", autoescape=True)
    return or_(kind.region == viewer.authority, below)


def visible_to(kind: type[AnyOutside], viewer: Principal) -> Select[AnyOutside]:
    """What the viewer's department stated or takes part in; for an authority its region's."""
    return select(kind).where(
        or_(
            kind.department == viewer.department,
            kind.partners.contains([viewer.department]),
            overseen_by(kind, viewer),
        )
    )


async def get(
    session: AsyncSession, kind: type[AnyOutside], identity: UUID, viewer: Principal
) -> AnyOutside:
    """One exchange. Raises NotFound."""
    found = await session.scalar(visible_to(kind, viewer).where(kind.id == identity))
    if found is None:
        raise NotFound("There is no such exchange.")
    return found


async def lock(
    session: AsyncSession, kind: type[AnyOutside], identity: UUID, viewer: Principal
) -> AnyOutside:
    """One exchange, locked until commit. Raises NotFound."""
    statement = visible_to(kind, viewer).where(kind.id == identity).with_for_update()
    found = await session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("There is no such exchange.")
    return found


async def history(
    session: AsyncSession,
    kind: type[AnyOutside],
    identity: UUID,
    viewer: Principal,
    params: PageParams,
) -> tuple[list[OutsideStep], str | None]:
    """One page of what was done with an exchange, in order. Raises NotFound."""
    await get(session, kind, identity, viewer)
    statement = select(OutsideStep).where(OutsideStep.exchange == identity)
    return await page(session, statement, [OutsideStep.id], params)


async def names(session: AsyncSession, departments: Collection[UUID]) -> dict[UUID, str]:
    """The names of these departments, as far as they were heard."""
    statement = select(Department.id, Department.name).where(Department.id.in_(departments))
    return {row.id: row.name for row in (await session.execute(statement)).all()}


async def check_partners(session: AsyncSession, named: Sequence[UUID], own: UUID) -> None:
    """Refuse partners that are no departments here, or the department itself.

    Raises PartnerUnknown.
    """
    statement = select(Department.id).where(Department.id.in_(named))
    rules.check_partners(named, set(await session.scalars(statement)), own)


async def lock_of(
    session: AsyncSession, kind: type[AnyOutside], department: UUID
) -> list[AnyOutside]:
    """Everything that a department stated, locked until commit."""
    statement = select(kind).where(kind.department == department).order_by(kind.id)
    return list((await session.scalars(statement.with_for_update())).all())


async def lock_shared_with(
    session: AsyncSession, kind: type[AnyOutside], partner: UUID
) -> list[AnyOutside]:
    """Everything that a department takes part in, locked until commit."""
    statement = select(kind).where(kind.partners.contains([partner])).order_by(kind.id)
    return list((await session.scalars(statement.with_for_update())).all())
