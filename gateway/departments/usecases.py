"""What can be done to departments. One function a verb."""

from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.departments import queries
from gateway.departments.schemas import DepartmentBody
from gateway.models import Department, Particulars
from shared import clock
from shared.access import Principal
from shared.errors import Conflict
from shared.idempotency import claim
from shared.outbox import emit


class CreditCodeTaken(Conflict):
    """Another department carries this unified social credit code today."""

    code = "credit-code-taken"
    title = "Credit code taken"


async def register_department(
    session: AsyncSession, actor: str, by: UUID | None, body: DepartmentBody, identity: UUID
) -> Particulars:
    """Enter a department into the registry. Raises CreditCodeTaken, NotFound (parent)."""
    at = clock.now()
    if await queries.by_credit_code(session, body.credit_code) is not None:
        raise CreditCodeTaken("A department with this unified social credit code exists.")
    if body.parent is not None:
        await queries.department(session, body.parent)
    department = Department(id=identity, registered_at=at)
    session.add(department)
    await session.flush()
    particulars = Particulars(department=identity, since=at, **body.model_dump())
    session.add(particulars)
    try:
        await session.flush()
    except IntegrityError:  # Two at the same moment: the index has let in one of them.
        raise CreditCodeTaken("A department with this unified social credit code exists.") from None
    emit(session, particulars.announce(actor, by, at, department.version))
    return particulars


async def register_department_once(
    session: AsyncSession, by: Principal, body: DepartmentBody, key: str
) -> Particulars:
    """The same for a caller, who may repeat it with the same key."""
    sent = body.model_dump_json().encode()
    made, first = await claim(session, by, "register-department", key, sent, clock.now())
    if not first:
        return await queries.particulars(session, made)
    return await register_department(session, by.actor, by.department, body, made)
