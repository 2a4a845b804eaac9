"""What can be done with the registry: register an element, and bring along those that ship."""

from datetime import datetime

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog.preconditions import EntryChanged
from services.catalog.standards import queries
from services.catalog.standards.models import RegisteredElement
from services.catalog.standards.schemas import ElementBody
from shared import clock
from shared.errors import Forbidden
from shared.outbox import emit
from shared.preconditions import matches
from shared.principal import Principal


class NotAnAuthority(Forbidden):
    """The registry of standards is kept by the competent authorities."""

    code = "standards-not-an-authority"
    title = "Not a competent authority"


def etag(element: RegisteredElement) -> str:
    """The ETag of an element as it stands."""
    return f'"{element.version}"'


async def register(
    session: AsyncSession, by: Principal, code: str, body: ElementBody, if_match: str | None
) -> tuple[RegisteredElement, bool]:
    """Put an element into the registry or restate it; whether it is new.

    Raises NotAnAuthority, and EntryChanged where `if_match` names another state.
    """
    if by.authority is None:
        raise NotAnAuthority("Ask the competent authority to register the data element.")
    at = clock.now()
    element = body.element(code)
    fresh = RegisteredElement.of(element, at, by)
    await _insert(session, fresh)
    known = await queries.lock(session, code)
    if known is None:
        raise LookupError("the element that was just inserted is not there")
    new = known.id == fresh.id
    if not new:
        if if_match is not None and not matches(if_match, etag(known)):
            raise EntryChanged("The element was restated meanwhile; read it again.")
        known.restate(element, at, by)
    emit(session, known.registered(by))
    return known, new


async def bring_along(session: AsyncSession, at: datetime) -> int:
    """Register the elements that ship and that nobody registered; return how many.

    Whatever the others have not heard of yet is told, once.
    """
    missing = await queries.missing(session)
    for element in missing:
        await _insert(session, RegisteredElement.of(element, at, None))
    for untold in await queries.untold(session):
        emit(session, untold.shipped())
    return len(missing)


async def _insert(session: AsyncSession, element: RegisteredElement) -> None:
    # Two who register one code at once take turns here, and the second restates.
    table = RegisteredElement.__table__
    row = {column.name: getattr(element, column.name) for column in table.columns}
    await session.execute(
        insert(RegisteredElement).values(**row).on_conflict_do_nothing(index_elements=["code"])
    )
