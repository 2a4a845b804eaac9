"""What an authority can do with loans. One function a verb."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.departments import queries as departments
from gateway.departments.rules import check_active, check_region
from gateway.loans import queries, rules
from gateway.loans.schemas import LoanBody
from gateway.models import ReviewerLoan
from shared import clock
from shared.idempotency import claim
from shared.outbox import emit
from shared.principal import Principal


async def lend(session: AsyncSession, by: Principal, body: LoanBody, key: str) -> ReviewerLoan:
    """Let a person review for another department, for a time.

    Raises NotFound, RegionNotYours, DepartmentEnded, LoanNotPossible, IdempotencyKeyReused.
    """
    at = clock.now()
    made, first = await claim(
        session, by, "lend-reviewer", key, body.model_dump_json().encode(), at
    )
    if not first:
        return await queries.get(session, made, by)
    department = await departments.particulars(session, body.department)
    check_region(by, department.region)
    check_active(department.status)
    person = await queries.person(session, body.operator)
    home = await departments.particulars(session, person.department)
    check_region(by, home.region)
    rules.check_person(person.department, body.department, person.disabled_at)
    since = max(body.since or at, at)
    rules.check_time(since, body.until, at)
    loan = ReviewerLoan(
        id=made,
        operator=person.id,
        department=body.department,
        since=since,
        until=body.until,
        basis=body.basis,
        lent_at=at,
        lent_by=by.actor,
    )
    session.add(loan)
    emit(session, loan.lent(by))
    await session.flush()
    return loan


async def end(session: AsyncSession, by: Principal, identity: UUID) -> ReviewerLoan:
    """Take the person back before the time. Raises LoanUnknown, LoanEnded, RegionNotYours."""
    loan = await queries.get(session, identity, by)
    department = await departments.particulars(session, loan.department)
    check_region(by, department.region)
    at = clock.now()
    if loan.ended_at is not None or loan.until <= at:
        raise rules.LoanEnded("This loan is over already.")
    emit(session, loan.end(by, at))
    return loan
