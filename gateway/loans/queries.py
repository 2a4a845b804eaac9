"""Every SELECT over loans."""

from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.departments.queries import overseen_by
from gateway.loans.rules import LoanUnknown
from gateway.models import Operator, ReviewerLoan
from shared.errors import NotFound
from shared.pages import PageParams, page
from shared.principal import Principal


def visible_to(viewer: Principal) -> Select[ReviewerLoan]:
    """Those to departments of the viewer's region, and to its own."""
    mine = ReviewerLoan.department == viewer.department
    return select(ReviewerLoan).where(or_(mine, ReviewerLoan.department.in_(overseen_by(viewer))))


async def listing(
    session: AsyncSession, viewer: Principal, params: PageParams
) -> tuple[list[ReviewerLoan], str | None]:
    """One page of the visible loans, the newest first."""
    return await page(session, visible_to(viewer), [ReviewerLoan.id], params, descending=True)


async def get(session: AsyncSession, identity: UUID, viewer: Principal) -> ReviewerLoan:
    """A visible loan, locked until commit. Raises LoanUnknown."""
    statement = visible_to(viewer).where(ReviewerLoan.id == identity).with_for_update()
    found = await session.scalar(statement)
    if found is None:
        raise LoanUnknown("There is no such loan.")
    return found


async def person(session: AsyncSession, identity: UUID) -> Operator:
    """An account, locked until commit. Raises NotFound."""
    found = await session.get(Operator, identity, with_for_update=True)
    if found is None:
        raise NotFound("There is no such account.")
    return found
