"""What can be done with sources: register one, read it now, end it."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog import queries as catalogue
from services.catalog.harvest import queries
from services.catalog.harvest.addresses import Allowed
from services.catalog.harvest.models import HarvestSource
from services.catalog.harvest.schemas import SourceBody
from services.catalog.mappings import queries as mappings
from shared import clock, idempotency
from shared.errors import Conflict
from shared.outbox import emit
from shared.principal import Principal

MOST_LIVE = 20
_REGISTER = "harvest-source"


class SourcesFull(Conflict):
    """The department has as many sources as it may."""

    code = "harvest-sources-full"
    title = "Sources full"


class SourceHasEnded(Conflict):
    """The source is read no more."""

    code = "harvest-source-ended"
    title = "Source ended"


async def register(
    session: AsyncSession, by: Principal, allowed: Allowed, key: str, body: SourceBody
) -> tuple[HarvestSource, bool]:
    """Register a source of the caller's department, due at once; once for each `key`.

    False beside it says that the key had made it before. Raises SourceNotAllowed,
    MappingUnknown, SourcesFull, ProviderUnknown and IdempotencyKeyReused.
    """
    at = clock.now()
    sent = body.model_dump_json().encode()
    identity, new = await idempotency.claim(session, by, _REGISTER, key, sent, at)
    if not new:
        return await queries.get(session, identity, by), False
    allowed.check(body.address)
    await mappings.chosen(session, body.mapping)
    department = await catalogue.provider(session, by)
    if await queries.count_live(session, by) >= MOST_LIVE:
        raise SourcesFull(f"A department has at most {MOST_LIVE} sources; end one of them.")
    source = HarvestSource(
        id=identity,
        department=department.id,
        actor_kind=by.kind,
        actor_id=by.id,
        access_id=by.access_id,
        name=body.name,
        protocol=body.protocol,
        address=body.address,
        mapping=body.mapping,
        every_hours=body.every_hours,
        registered_at=at,
        next_at=at,
    )
    session.add(source)
    emit(session, source.registered())
    return source, True


async def read_now(session: AsyncSession, by: Principal, identity: UUID) -> HarvestSource:
    """Let the source be read as soon as the worker can. Raises SourceUnknown, SourceHasEnded."""
    source = await _live(session, by, identity)
    source.next_at = clock.now()
    return source


async def end(session: AsyncSession, by: Principal, identity: UUID) -> HarvestSource:
    """Read the source no more. Raises SourceUnknown and SourceHasEnded."""
    source = await _live(session, by, identity)
    emit(session, source.end(by, clock.now()))
    return source


async def _live(session: AsyncSession, by: Principal, identity: UUID) -> HarvestSource:
    await queries.get(session, identity, by)
    source = await queries.lock(session, identity)
    if source is None or source.next_at is None:
        raise SourceHasEnded("The source has ended; register it anew.")
    return source
