"""Every SELECT over departments."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.departments.schemas import DepartmentView
from gateway.models import Department, Particulars
from shared.errors import NotFound
from shared.pages import PageParams, page


def current() -> Select[Particulars]:
    """The particulars that hold today."""
    return select(Particulars).where(Particulars.until.is_(None))


def department_view(particulars: Particulars) -> DepartmentView:
    """A department under the particulars that hold today."""
    return DepartmentView(
        id=particulars.department,
        name=particulars.name,
        short_name=particulars.short_name,
        credit_code=particulars.credit_code,
        region=particulars.region,
        parent=particulars.parent,
        is_authority=particulars.is_authority,
        since=particulars.since,
    )


async def departments(
    session: AsyncSession, params: PageParams
) -> tuple[list[Particulars], str | None]:
    """Departments by id; every department may know every other."""
    return await page(session, current(), [Particulars.department], params)


async def particulars(session: AsyncSession, department: UUID) -> Particulars:
    """One department today. Raises NotFound."""
    found = await session.scalar(current().where(Particulars.department == department))
    if found is None:
        raise NotFound("There is no such department.")
    return found


async def by_credit_code(session: AsyncSession, credit_code: str) -> Particulars | None:
    """The department that carries the credit code today."""
    found: Particulars | None = await session.scalar(
        current().where(Particulars.credit_code == credit_code)
    )
    return found


async def department(session: AsyncSession, identity: UUID) -> Department:
    """The department behind an id. Raises NotFound."""
    found = await session.get(Department, identity)
    if found is None:
        raise NotFound("There is no such department.")
    return found
