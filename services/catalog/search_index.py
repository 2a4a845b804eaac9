"""The search index: one document for each version that somebody can find now.

Written beside the change that it follows, in the same transaction. The department's lexemes
alone carry their weight, so a renamed department is exchanged without reading any entry.
"""

from collections.abc import Iterator
from typing import Final
from uuid import UUID

from sqlalchemy import ColumnElement, cast, delete, func, literal, literal_column, select, update
from sqlalchemy.dialects.postgresql import TSVECTOR, insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog import lexemes
from services.catalog.lexemes import Weight
from services.catalog.models import Department, Resource, ResourceVersion, SearchDocument

# PostgreSQL's one-byte type "char", which no driver type stands for.
_OTHER_WEIGHTS: Final = "'{" + ",".join(sorted(set(Weight) - {Weight.DEPARTMENT})) + '}\'::"char"[]'


async def put(session: AsyncSession, version: ResourceVersion, department: Department) -> None:
    """Let the version be found by what it says now; its items must be loaded."""
    parts = cast(literal(lexemes.document(_parts(version, department))), TSVECTOR)
    await session.flush()
    await session.execute(
        insert(SearchDocument)
        .values(resource_id=version.resource_id, number=version.number, lexemes=parts)
        .on_conflict_do_update(
            index_elements=[SearchDocument.resource_id, SearchDocument.number],
            set_={"lexemes": parts},
        )
    )


async def keep_only(session: AsyncSession, resource: UUID, number: int) -> None:
    """Let no version of the resource be found but this one."""
    await session.execute(
        delete(SearchDocument).where(
            SearchDocument.resource_id == resource, SearchDocument.number != number
        )
    )


async def rename(session: AsyncSession, department: Department) -> None:
    """Let everything of the department be found by its new name."""
    name = cast(literal(lexemes.document(_name(department))), TSVECTOR)
    others: ColumnElement[str] = literal_column(_OTHER_WEIGHTS)
    of_department = select(Resource.id).where(Resource.provider == department.id)
    await session.execute(
        update(SearchDocument)
        .where(SearchDocument.resource_id.in_(of_department))
        .values(lexemes=func.ts_filter(SearchDocument.lexemes, others).op("||")(name))
        .execution_options(synchronize_session=False)
    )


def _parts(version: ResourceVersion, department: Department) -> Iterator[tuple[Weight, str]]:
    yield Weight.NAME, version.name
    for item in version.items:
        yield Weight.ITEM, item.name
        yield Weight.ITEM, item.code
    yield from _name(department)
    if version.abstract:
        yield Weight.ABSTRACT, version.abstract


def _name(department: Department) -> Iterator[tuple[Weight, str]]:
    yield Weight.DEPARTMENT, department.name
    yield Weight.DEPARTMENT, department.short_name
