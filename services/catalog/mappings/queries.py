"""Every SELECT of mappings. All departments may read and use them."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog.mappings.models import MappingVersion
from shared import pages
from shared.errors import NotFound
from shared.pages import PageParams


class MappingUnknown(NotFound):
    """There is no mapping of this name, or no such version of it."""

    code = "mapping-unknown"
    title = "Mapping unknown"


@dataclass(frozen=True, slots=True)
class Chosen:
    """A mapping chosen for an import, as it is now: a later version changes nothing in it."""

    label: str
    told: dict[str, Any]


async def chosen(session: AsyncSession, name: str | None) -> Chosen | None:
    """The mapping in force under this name; None for none. Raises MappingUnknown."""
    if name is None:
        return None
    found = await get(session, name)
    return Chosen(found.label, {"columns": found.columns, "values": found.values})


async def get(session: AsyncSession, name: str, number: int | None = None) -> MappingVersion:
    """A version of a mapping, the one in force where none is named. Raises MappingUnknown."""
    statement = select(MappingVersion).where(MappingVersion.name == name)
    if number is not None:
        statement = statement.where(MappingVersion.number == number)
    found = await session.scalar(statement.order_by(MappingVersion.number.desc()).limit(1))
    if found is None:
        raise MappingUnknown("There is no such mapping.")
    return found


async def lock(session: AsyncSession, name: str) -> MappingVersion | None:
    """The version in force, the name locked until commit: two who write take turns."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(name, 1))))
    try:
        return await get(session, name)
    except MappingUnknown:
        return None


async def listed(
    session: AsyncSession, params: PageParams
) -> tuple[list[MappingVersion], str | None]:
    """One page of the mappings in force, by name."""
    latest = (
        select(MappingVersion.name, func.max(MappingVersion.number).label("number"))
        .group_by(MappingVersion.name)
        .subquery()
    )
    statement = select(MappingVersion).join(
        latest,
        (MappingVersion.name == latest.c.name) & (MappingVersion.number == latest.c.number),
    )
    return await pages.page(session, statement, [MappingVersion.name], params)


async def versions(
    session: AsyncSession, name: str, params: PageParams
) -> tuple[list[MappingVersion], str | None]:
    """One page of a mapping's versions, the latest first. Raises MappingUnknown."""
    await get(session, name)
    statement = select(MappingVersion).where(MappingVersion.name == name)
    return await pages.page(session, statement, [MappingVersion.number], params, descending=True)
