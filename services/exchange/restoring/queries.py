"""Every SELECT about where the database is, and what a restore concerns."""

from collections.abc import Sequence

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange.models import Resource
from services.exchange.restoring.models import Home

# A restore to a moment begins a new timeline, a dump another database, another server another
# system; each alone would miss one of them.
_CLUSTER = text(
    "SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()),"
    " (SELECT timeline_id FROM pg_control_checkpoint()),"
    " (SELECT oid FROM pg_database WHERE datname = current_database()))"
)


async def cluster(session: AsyncSession) -> str:
    """PostgreSQL's own identity, which another one has after every restore."""
    return str(await session.scalar(_CLUSTER))


async def lock_home(session: AsyncSession) -> Home | None:
    """Where this database knows itself to be, locked until commit; None before the first look."""
    return await session.scalar(select(Home).with_for_update())


async def lock_resources_with_data(session: AsyncSession) -> Sequence[Resource]:
    """Every resource of which something was published, locked until commit."""
    statement = select(Resource).where(Resource.sequence > 0).order_by(Resource.id)
    return (await session.scalars(statement.with_for_update())).all()
