"""Every SELECT over departments."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.departments.rules import check_active, level_of
from gateway.departments.schemas import DepartmentView
from gateway.models import Department, DepartmentChange, Particulars
from shared.errors import NotFound
from shared.events.gateway import DepartmentStatus
from shared.pages import PageParams, page
from shared.principal import Principal


class ChangeUnknown(NotFound):
    """The department has no such change."""

    code = "department-change-unknown"
    title = "Change unknown"


def current() -> Select[Particulars]:
    """The particulars that hold now, also those that a department ended with."""
    return select(Particulars).where(Particulars.until.is_(None))


def as_of(at: datetime | None) -> Select[Particulars]:
    """The particulars that held at a moment; those of now where none is named."""
    if at is None:
        return current()
    return select(Particulars).where(
        Particulars.since <= at, or_(Particulars.until.is_(None), Particulars.until > at)
    )


def department_view(particulars: Particulars) -> DepartmentView:
    """A department under these particulars."""
    return DepartmentView(
        id=particulars.department,
        version=particulars.version,
        name=particulars.name,
        short_name=particulars.short_name,
        credit_code=particulars.credit_code,
        region=particulars.region,
        level=level_of(particulars.region),
        parent=particulars.parent,
        is_authority=particulars.is_authority,
        status=particulars.status,
        since=particulars.since,
        until=particulars.until,
        basis=particulars.basis,
    )


def overseen_by(viewer: Principal) -> Select[UUID]:
    """The departments of the region that the viewer's department is the authority of, and below."""
    below = Particulars.region.startswith(f"{viewer.authority}/", autoescape=True)
    return select(Particulars.department).where(
        Particulars.until.is_(None), or_(Particulars.region == viewer.authority, below)
    )


async def departments(
    session: AsyncSession, at: datetime | None, status: DepartmentStatus | None, params: PageParams
) -> tuple[list[Particulars], str | None]:
    """Departments by id, as they were at a moment; every department may know every other."""
    statement = as_of(at)
    if status is not None:
        statement = statement.where(Particulars.status == status)
    return await page(session, statement, [Particulars.department], params)


async def particulars(
    session: AsyncSession, department: UUID, at: datetime | None = None
) -> Particulars:
    """One department, now or at a moment. Raises NotFound."""
    found = await session.scalar(as_of(at).where(Particulars.department == department))
    if found is None:
        raise NotFound("There is no such department, or there was none then.")
    return found


async def lock_particulars(session: AsyncSession, department: UUID) -> Particulars:
    """The particulars that hold now, locked until commit. Raises NotFound."""
    # The department's own row is locked: the row of its particulars is another one afterwards.
    locked = select(Department).where(Department.id == department).with_for_update()
    if await session.scalar(locked) is None:
        raise NotFound("There is no such department.")
    statement = current().where(Particulars.department == department)
    found = await session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise NotFound("There is no such department.")
    return found


async def history(
    session: AsyncSession, department: UUID, params: PageParams
) -> tuple[list[Particulars], str | None]:
    """All particulars that a department had, the newest first. Raises NotFound."""
    await particulars(session, department)
    statement = select(Particulars).where(Particulars.department == department)
    return await page(session, statement, [Particulars.version], params, descending=True)


async def by_credit_code(session: AsyncSession, credit_code: str) -> Particulars | None:
    """The department that carries the credit code today."""
    found: Particulars | None = await session.scalar(
        current().where(
            Particulars.credit_code == credit_code, Particulars.status == DepartmentStatus.ACTIVE
        )
    )
    return found


async def department(session: AsyncSession, identity: UUID) -> Department:
    """The department behind an id, which takes new things. Raises NotFound, DepartmentEnded."""
    found = await session.get(Department, identity)
    if found is None:
        raise NotFound("There is no such department.")
    check_active((await particulars(session, identity)).status)
    return found


async def above(session: AsyncSession, parent: UUID) -> list[UUID]:
    """A department, its parent, and so on up."""
    found: list[UUID] = []
    following: UUID | None = parent
    while following is not None and following not in found:
        found.append(following)
        following = await session.scalar(
            select(Particulars.parent).where(
                Particulars.until.is_(None), Particulars.department == following
            )
        )
    return found


async def changes(
    session: AsyncSession, department: UUID, params: PageParams
) -> tuple[list[DepartmentChange], str | None]:
    """The changes decided on, the newest first. Raises NotFound."""
    await particulars(session, department)
    statement = select(DepartmentChange).where(DepartmentChange.department == department)
    return await page(session, statement, [DepartmentChange.id], params, descending=True)


async def change(session: AsyncSession, identity: UUID) -> DepartmentChange:
    """One change. Raises ChangeUnknown."""
    found = await session.get(DepartmentChange, identity)
    if found is None:
        raise ChangeUnknown("This department has no such change.")
    return found


async def lock_change(session: AsyncSession, identity: UUID) -> DepartmentChange | None:
    """One change, locked until commit."""
    return await session.scalar(
        select(DepartmentChange)
        .where(DepartmentChange.id == identity)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


async def due_changes(session: AsyncSession, at: datetime) -> list[UUID]:
    """The changes whose time has come, in the order of their times."""
    statement = (
        select(DepartmentChange.id)
        .where(
            DepartmentChange.taken_effect_at.is_(None),
            DepartmentChange.cancelled_at.is_(None),
            DepartmentChange.effective_at <= at,
        )
        .order_by(DepartmentChange.effective_at, DepartmentChange.id)
    )
    return list(await session.scalars(statement))
