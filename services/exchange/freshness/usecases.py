"""What is done about freshness: hear the promise, count, say what is late, take a word for it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange import queries as exchange
from services.exchange.freshness import queries, rules
from services.exchange.freshness.models import Freshness
from services.exchange.freshness.queries import Standing
from services.exchange.freshness.rules import Expected
from services.exchange.jurisdiction import Jurisdiction, Moment
from services.exchange.models import Resource
from shared.events.catalog import ResourcePublished
from shared.outbox import emit
from shared.principal import Principal


async def hear(session: AsyncSession, event: ResourcePublished) -> None:
    """The catalogue entry promises data in a cycle; the newest entry's promise counts."""
    resource = await exchange.resource(session, event.resource)
    if resource is None or resource.heard != event.version:
        return
    if not rules.is_owed(event.share_type, event.share_methods):
        await session.execute(delete(Freshness).where(Freshness.resource_id == event.resource))
        return
    promised = {"region": event.region, "cycle": event.update_cycle, "counted_from": None}
    await session.execute(
        insert(Freshness)
        .values(
            resource_id=event.resource,
            version=1,
            catalogued_at=event.at,
            provisional=False,
            **promised,
        )
        .on_conflict_do_update(index_elements=[Freshness.resource_id], set_=promised)
    )


async def hand_over(session: AsyncSession, resource: UUID, region: str) -> None:
    """The resource has another provider, which stands in this region."""
    await session.execute(
        update(Freshness).where(Freshness.resource_id == resource).values(region=region)
    )


async def confirm(
    session: AsyncSession, by: Principal, here: Jurisdiction, resource_id: UUID
) -> Standing:
    """The provider says that nothing has changed: the data counts as of now.

    Raises NotFound, NothingToConfirm.
    """
    now = here.now()
    resource = await exchange.own_resource(session, resource_id, by)
    found = await queries.lock(session, resource_id)
    if found is None or resource.data_at is None or resource.withdrawn_at is not None:
        raise rules.NothingToConfirm("Hand data in; there is none that could be unchanged.")
    emit(session, found.confirm(resource, by, now.at))
    await _count(session, here, now, found, resource)
    await session.flush()
    return await queries.one(session, resource_id, by, now.at)


async def count(session: AsyncSession, here: Jurisdiction, at: datetime, most: int) -> int:
    """Count anew where data came, and say what has caught up; return how many."""
    now = here.moment(at)
    found = await queries.lock_uncounted(session, now.rulebook.version, most)
    for freshness, resource in found:
        await _count(session, here, now, freshness, resource)
    return len(found)


async def count_provisional(
    session: AsyncSession, here: Jurisdiction, at: datetime, after: UUID | None, most: int
) -> UUID | None:
    """Count anew what was counted through days that nobody had announced, `most` at once.

    The last resource's id where there may be more, else None.
    """
    now = here.moment(at)
    found = await queries.lock_provisional(session, after, most)
    for freshness, resource in found:
        await _count(session, here, now, freshness, resource)
    return found[-1][0].resource_id if len(found) == most else None


async def report_late(session: AsyncSession, here: Jurisdiction, at: datetime, most: int) -> int:
    """Say of data past its last day that it is late, once; return how many."""
    late = await queries.lock_late(session, here.moment(at).today, most)
    for freshness, resource in late:
        holders = await queries.holders(session, resource.id, at)
        emit(session, freshness.fall_late(resource, holders, at))
    return len(late)


def expected_of(here: Jurisdiction, now: Moment, found: Standing) -> Expected | None:
    """When newer data is expected, counted from what is there now."""
    return _expected(here, now, found.freshness, found.resource)


def _expected(
    here: Jurisdiction, now: Moment, freshness: Freshness, resource: Resource
) -> Expected | None:
    since = here.moment(freshness.as_of(resource)).today
    grace = rules.grace_of(now.rulebook)
    return rules.expected(since, freshness.cycle, grace, here.calendar)


async def _count(
    session: AsyncSession,
    here: Jurisdiction,
    now: Moment,
    freshness: Freshness,
    resource: Resource,
) -> None:
    last = freshness.last_on
    since = freshness.as_of(resource)
    found = _expected(here, now, freshness, resource)
    freshness.count(since, found, now.rulebook.version)
    if freshness.late_told_at is None or last is None:
        return
    if found is None or found.last >= now.today:
        over = rules.working_days_over(last, here.moment(since).today, here.calendar)
        holders = await queries.holders(session, resource.id, now.at)
        emit(session, freshness.catch_up(resource, holders, over, now.at))
