"""Every SELECT over filings. Who may read one is decided in `gateway.filings.rules.reads` alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.filings import rules
from gateway.filings.rules import Account, Line, Missing
from gateway.models import (
    AccountChange,
    Change,
    Department,
    FiledPerson,
    Filing,
    Operator,
    Particulars,
)
from shared.access import Principal
from shared.errors import NotFound
from shared.events.gateway import DepartmentStatus
from shared.pages import PageParams, decode, encode, page
from shared.rulebooks.duties import ResponsibleRole

_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Lacking:
    """A department, and what it lacks."""

    particulars: Particulars
    missing: list[Missing]
    reminded_at: datetime | None


async def readable(session: AsyncSession, viewer: Principal, department: UUID) -> Particulars:
    """The department whose filing the viewer may read. Raises NotFound."""
    found = await session.scalar(
        select(Particulars).where(Particulars.department == department, Particulars.until.is_(None))
    )
    if found is None or not rules.reads(viewer, department, found.region):
        raise NotFound("There is no such filing.")
    return found


async def filing(session: AsyncSession, department: UUID) -> Filing | None:
    """The filing of a department, None before the first."""
    return await session.get(Filing, department, populate_existing=True)


async def lock(session: AsyncSession, department: UUID) -> Filing | None:
    """The filing; whoever changes it at the same moment waits, also before the first."""
    await session.get_one(Department, department, with_for_update=True)
    return await session.get(Filing, department, populate_existing=True)


async def lines(session: AsyncSession, department: UUID) -> list[FiledPerson]:
    """What is filed now, in the order of filing."""
    statement = select(FiledPerson).where(
        FiledPerson.department == department, FiledPerson.ended_at.is_(None)
    )
    return list(await session.scalars(statement.order_by(FiledPerson.id)))


async def history(
    session: AsyncSession, department: UUID, params: PageParams
) -> tuple[list[FiledPerson], str | None]:
    """Everything that was ever filed, the newest first."""
    statement = select(FiledPerson).where(FiledPerson.department == department)
    return await page(session, statement, [FiledPerson.id], params, descending=True)


async def accounts(
    session: AsyncSession, department: UUID, named: Sequence[UUID]
) -> dict[UUID, Account]:
    """Those of the named accounts that are the department's."""
    found = await _accounts(session, named)
    return {who: account for who, (home, account) in found.items() if home == department}


async def missing_of(
    session: AsyncSession, particulars: Particulars, wanted: Sequence[ResponsibleRole]
) -> list[Missing]:
    """What one department lacks."""
    (found,) = await _lacking(session, [particulars], wanted)
    return found.missing


async def overdue(
    session: AsyncSession,
    within: str | None,
    wanted: Sequence[ResponsibleRole],
    grace: timedelta,
    at: datetime,
    params: PageParams,
) -> tuple[list[Lacking], str | None]:
    """Departments of a region, or all, that lack something for longer than `grace`, by id."""
    after = decode(params.cursor, [UUID])[0] if params.cursor is not None else None
    found: list[Lacking] = []
    while len(found) <= params.limit:
        batch = await _departments(session, within, after)
        for lacking in await _lacking(session, batch, wanted):
            late = rules.overdue(lacking.missing, grace, at)
            if late:
                found.append(Lacking(lacking.particulars, late, lacking.reminded_at))
        if len(batch) < _AT_ONCE:
            break
        after = batch[-1].department
    if len(found) <= params.limit:
        return found, None
    found = found[: params.limit]
    return found, encode([found[-1].particulars.department])


async def _departments(
    session: AsyncSession, within: str | None, after: UUID | None
) -> list[Particulars]:
    statement = select(Particulars).where(
        Particulars.until.is_(None), Particulars.status == DepartmentStatus.ACTIVE
    )
    if within is not None:
        below = Particulars.region.startswith(within + "/", autoescape=True)
        statement = statement.where(or_(Particulars.region == within, below))
    if after is not None:
        statement = statement.where(Particulars.department > after)
    return list(await session.scalars(statement.order_by(Particulars.department).limit(_AT_ONCE)))


async def _lacking(
    session: AsyncSession, batch: Sequence[Particulars], wanted: Sequence[ResponsibleRole]
) -> list[Lacking]:
    ids = [particulars.department for particulars in batch]
    current = await session.scalars(
        select(FiledPerson).where(FiledPerson.department.in_(ids), FiledPerson.ended_at.is_(None))
    )
    filed: dict[UUID, list[Line]] = {}
    for row in current:
        line = Line(row.role, row.operator, row.filed_at)
        filed.setdefault(row.department, []).append(line)
    ended: dict[UUID, dict[ResponsibleRole, datetime]] = {}
    over = await session.execute(
        select(FiledPerson.department, FiledPerson.role, func.max(FiledPerson.ended_at))
        .where(FiledPerson.department.in_(ids), FiledPerson.ended_at.is_not(None))
        .group_by(FiledPerson.department, FiledPerson.role)
    )
    for department, role, at in over:
        if at is not None:
            ended.setdefault(department, {})[role] = at
    named = [line.operator for of in filed.values() for line in of if line.operator is not None]
    known = await _accounts(session, named)
    since = select(Department.id, Department.registered_at).where(Department.id.in_(ids))
    registered = dict((await session.execute(since)).all())
    told = select(Filing.department, Filing.reminded_at).where(Filing.department.in_(ids))
    reminded = dict((await session.execute(told)).all())
    return [
        Lacking(
            particulars,
            rules.missing(
                wanted,
                filed.get(particulars.department, []),
                {w: a for w, (home, a) in known.items() if home == particulars.department},
                ended.get(particulars.department, {}),
                registered[particulars.department],
            ),
            reminded.get(particulars.department),
        )
        for particulars in batch
    ]


async def _accounts(
    session: AsyncSession, named: Sequence[UUID]
) -> dict[UUID, tuple[UUID, Account]]:
    """Each account's department, and what the rules must know of it."""
    last = (
        select(AccountChange.operator, func.max(AccountChange.at))
        .where(
            AccountChange.operator.in_(named),
            AccountChange.change.in_([Change.CLOSED, Change.ROLES_CHANGED]),
        )
        .group_by(AccountChange.operator)
    )
    changed = dict((await session.execute(last)).all())
    rows = await session.scalars(select(Operator).where(Operator.id.in_(named)))
    return {
        row.id: (
            row.department,
            Account(row.held, row.disabled_at is not None, changed.get(row.id, row.registered_at)),
        )
        for row in rows
    }
