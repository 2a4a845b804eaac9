"""What the catalogue says of data elements, kept."""

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange.elements.models import KnownElement
from shared.events.catalog import DataElementRegistered
from shared.inbox import on


async def on_data_element_registered(session: AsyncSession, event: DataElementRegistered) -> None:
    """An element is in the registry, or was restated: it holds from the next batch on."""
    facts = {
        "heard": event.version,
        "type": event.type,
        "length": event.length,
        "codes": None if event.codes is None else sorted(event.codes),
    }
    await session.execute(
        insert(KnownElement)
        .values(code=event.element, **facts)
        .on_conflict_do_update(
            index_elements=[KnownElement.code],
            set_=facts,
            where=KnownElement.heard < event.version,
        )
    )


CONSUMERS = [on(DataElementRegistered, on_data_element_registered)]
