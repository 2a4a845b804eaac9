"""Every SELECT about data elements."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange.elements.models import KnownElement
from services.exchange.tables.items import Bindings, Item


async def bindings(session: AsyncSession, items: Sequence[Item]) -> Bindings:
    """What the data elements that these items name say of their values, as of now."""
    named = {item.element for item in items if item.element is not None}
    if not named:
        return Bindings()
    statement = select(KnownElement).where(KnownElement.code.in_(named))
    known = {element.code: element for element in (await session.scalars(statement)).all()}
    # One that was restated as another type says nothing of values of the old one.
    bound = [
        (item.code, known[item.element])
        for item in items
        if item.element in known and known[item.element].type is item.type
    ]
    return Bindings(
        codes={code: frozenset(e.codes) for code, e in bound if e.codes is not None},
        lengths={code: e.length for code, e in bound if e.length is not None},
    )
