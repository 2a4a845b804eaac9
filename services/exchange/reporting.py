"""Which reject report a provider may read."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange import queries
from services.exchange.models import FileKind
from services.exchange.reports import Report
from services.exchange.vault import Vault
from shared.principal import Principal


async def report_of(session: AsyncSession, vault: Vault, batch: UUID, viewer: Principal) -> Report:
    """The report of one's own batch; empty while it is unfinished. Raises NotFound."""
    found = await queries.own_batch(session, batch, viewer)
    resource = await queries.own_resource(session, found.resource_id, viewer)
    files = await queries.files(session, [found.id], FileKind.REPORT)
    return Report(vault, files, resource.items)
