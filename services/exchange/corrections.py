"""What a provider does about a batch that it handed in: confirm, cancel, recall."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange import publishing, queries, recalling, recalls
from services.exchange.models import Batch, BatchState, Resource
from services.exchange.tables.formats import Packing
from services.exchange.vault import Vault
from shared import clock
from shared.db import Sessions
from shared.errors import Conflict
from shared.events.exchange import BatchMode, RecallDemanded
from shared.outbox import emit
from shared.principal import Principal

_UNFINISHED = (BatchState.RECEIVED, BatchState.CHECKING, BatchState.HELD)


class BatchNotHeld(Conflict):
    """Only a batch that waits for its provider's word can be confirmed."""

    code = "batch-not-held"
    title = "Batch not held"


class BatchOver(Conflict):
    """The batch has come to its end, or is a recall: there is nothing to cancel."""

    code = "batch-over"
    title = "Batch over"


class BatchNotRecallable(Conflict):
    """Only the newest published batch can be taken back, and only to data of the same shape."""

    code = "batch-not-recallable"
    title = "Batch not recallable"


async def confirm(session: AsyncSession, by: Principal, identity: UUID) -> Batch:
    """Publish a snapshot that waits, as it is. Again, it changes nothing.

    Raises NotFound, BatchNotHeld.
    """
    await queries.own_batch(session, identity, by)
    batch = await _locked(session, identity)
    if batch.confirmed_by is None:
        if batch.state is not BatchState.HELD:
            raise BatchNotHeld("This batch does not wait for a confirmation.")
        emit(session, batch.confirm(by, clock.now()))
    return batch


async def cancel(sessions: Sessions, vault: Vault, by: Principal, identity: UUID) -> Batch:
    """Take back a batch that is not published yet. Again, it changes nothing.

    Raises NotFound, BatchOver.
    """
    async with sessions.begin() as session:
        await queries.own_batch(session, identity, by)
        batch = await _locked(session, identity)
        if batch.state is BatchState.CANCELLED:
            return batch
        if batch.state not in _UNFINISHED or batch.recalls is not None:
            raise BatchOver(
                "This batch is not waiting or under check; a published one is recalled."
            )
        # What was held has a report, which stays; a worker that is at it hears of this by itself.
        keep = batch.attempt if batch.held_at is not None and batch.confirmed_by is None else None
        emit(session, batch.cancel(by, clock.now()))
    publishing.clear(vault, identity, keep=keep)
    return batch


async def recall(
    session: AsyncSession, vault: Vault, by: Principal, identity: UUID, reason: str
) -> tuple[Batch, bool]:
    """Demand that the newest batch be undone: the batch that will do so, and whether it is new.

    Raises NotFound, BatchNotRecallable.
    """
    found = await queries.own_batch(session, identity, by)
    # Publishing takes the same lock, so what is the newest now stays so until the recall is done.
    resource = await queries.lock_resource(session, found.resource_id)
    wrong = await _locked(session, identity)
    earlier = await recalls.recalls_of(session, wrong.id)
    if earlier and earlier[0].state is not BatchState.REFUSED:
        return earlier[0], False
    standing = list(await recalls.standing(session, wrong.resource_id, 2))
    if resource is None or not recalling.can_be(wrong, standing, resource):
        raise BatchNotRecallable(
            "Only the newest published batch can be recalled, and neither one that began data of "
            "another shape nor one before which no history is kept; hand in a correct snapshot."
        )
    batch = _undoing(wrong, resource, vault, by, reason, len(earlier))
    session.add(batch)
    await session.flush()
    emit(
        session,
        RecallDemanded(
            at=batch.received_at,
            actor=by.actor,
            department=by.department,
            aggregate=batch.id,
            version=batch.version,
            access_id=by.access_id,
            batch=wrong.id,
            resource=wrong.resource_id,
            recall=batch.id,
            reason=reason,
        ),
    )
    return batch, True


def _undoing(
    wrong: Batch, resource: Resource, vault: Vault, by: Principal, reason: str, tries: int
) -> Batch:
    return Batch(
        resource_id=resource.id,
        resource_version=resource.version,
        provider=by.department,
        # No provider's own id has a blank in it.
        provider_key=f"recall {wrong.id}" + (f" {tries}" if tries else ""),
        mode=BatchMode.DELTA,
        charset=None,
        format=None,
        packing=Packing.NONE,
        sheet=None,
        size=0,
        digest=vault.suite.digest(b""),
        staging_key=None,
        received_by=by.actor,
        received_at=clock.now(),
        recalls=wrong.id,
        recall_reason=reason,
    )


async def _locked(session: AsyncSession, identity: UUID) -> Batch:
    batch = await queries.lock_batch(session, identity)
    if batch is None:
        raise LookupError("a batch that was there is gone")
    await session.refresh(batch)
    return batch
