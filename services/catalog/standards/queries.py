"""Every SELECT over the registry of data elements, which is everybody's to read."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog.standards.elements import DataElement, shipped
from services.catalog.standards.models import RegisteredElement
from shared.errors import NotFound
from shared.pages import PageParams, page


class ElementUnknown(NotFound):
    """The registry has no such data element."""

    code = "data-element-unknown"
    title = "Data element unknown"


async def get(session: AsyncSession, code: str) -> RegisteredElement:
    """One element. Raises ElementUnknown."""
    found = await session.get(RegisteredElement, code)
    if found is None:
        raise ElementUnknown("The registry has no such data element.")
    return found


async def lock(session: AsyncSession, code: str) -> RegisteredElement | None:
    """One element, locked until commit."""
    return await session.get(RegisteredElement, code, with_for_update=True)


async def listing(
    session: AsyncSession, text: str | None, params: PageParams
) -> tuple[list[RegisteredElement], str | None]:
    """One page of the registry by code; `text` stands in code, name or source."""
    statement = select(RegisteredElement)
    if text:
        columns = (RegisteredElement.code, RegisteredElement.name, RegisteredElement.source)
        statement = statement.where(or_(*(c.icontains(text, autoescape=True) for c in columns)))
    return await page(session, statement, [RegisteredElement.code], params)


async def named(session: AsyncSession, codes: Collection[str]) -> Mapping[str, DataElement]:
    """The elements of these codes: what is registered, and else what the platform brings along."""
    if not codes:
        return {}
    brought = {code: element for code, element in shipped().items() if code in codes}
    rows = await session.scalars(select(RegisteredElement).where(RegisteredElement.code.in_(codes)))
    return brought | {row.code: row.element for row in rows}


async def missing(session: AsyncSession) -> list[DataElement]:
    """What the platform brings along and the registry does not have yet."""
    known = set(
        await session.scalars(
            select(RegisteredElement.code).where(RegisteredElement.code.in_(list(shipped())))
        )
    )
    return [element for code, element in shipped().items() if code not in known]


async def untold(session: AsyncSession) -> Sequence[RegisteredElement]:
    """What the others have not heard of, locked until commit."""
    statement = select(RegisteredElement).where(~RegisteredElement.told).with_for_update()
    return (await session.scalars(statement.order_by(RegisteredElement.code))).all()
