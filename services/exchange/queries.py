"""Every SELECT of exchange. A provider sees its own resources, a grantee its own grants."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.exchange.base import Base
from services.exchange.known import EndedHolder
from services.exchange.models import (
    Address,
    Batch,
    BatchFile,
    BatchKey,
    BatchState,
    Cut,
    CutKind,
    Department,
    FileKind,
    Form,
    Grant,
    Resource,
    SeverityRule,
    Suspension,
    View,
)
from shared import inbox
from shared.errors import NotFound
from shared.pages import PageParams, page
from shared.principal import Principal

REQUESTS = "/huitong/requests"
TO_WORK = (BatchState.RECEIVED, BatchState.CHECKING)
_UNFINISHED = (*TO_WORK, BatchState.HELD)


def owned_by(viewer: Principal) -> Select[Resource]:
    """The resources that the viewer's department provides."""
    return select(Resource).where(Resource.provider == viewer.department)


async def own_resource(session: AsyncSession, resource: UUID, viewer: Principal) -> Resource:
    """A resource of the viewer's own department. Raises NotFound for every other."""
    found = await session.scalar(owned_by(viewer).where(Resource.id == resource))
    if found is None:
        raise NotFound("There is no such resource of your department.")
    return found


async def own_batch(session: AsyncSession, batch: UUID, viewer: Principal) -> Batch:
    """A batch of a resource of the viewer's own department, whoever handed it in before it
    provided the resource. Raises NotFound."""
    own = owned_by(viewer).with_only_columns(Resource.id)
    found = await session.scalar(select(Batch).where(Batch.id == batch, Batch.resource_id.in_(own)))
    if found is None:
        raise NotFound("There is no such batch of your department.")
    return found


async def batches(
    session: AsyncSession, resource: UUID, viewer: Principal, params: PageParams
) -> tuple[list[Batch], str | None]:
    """The batches of one's own resource, the newest first. Raises NotFound."""
    await own_resource(session, resource, viewer)
    statement = select(Batch).where(Batch.resource_id == resource)
    return await page(session, statement, [Batch.id], params, descending=True)


async def batch_by_key(session: AsyncSession, resource: UUID, key: str) -> Batch | None:
    """The batch that a provider handed in under its own id."""
    return await session.scalar(
        select(Batch).where(Batch.resource_id == resource, Batch.provider_key == key)
    )


async def granted(session: AsyncSession, grant: UUID, by: Principal, at: datetime) -> Grant:
    """The grant that the caller acts under. Raises NotFound unless the gateway sealed it into
    the passport, it is the caller's department's, and it is in force at `at`."""
    if by.grant != grant:
        raise NotFound("There is no such grant of your department.")
    found = await session.scalar(
        select(Grant).where(
            Grant.id == grant,
            Grant.grantee == by.department,
            Grant.revoked_at.is_(None),
            Grant.valid_from <= at,
            or_(Grant.valid_until.is_(None), Grant.valid_until > at),
        )
    )
    if found is None:
        raise NotFound("There is no such grant of your department.")
    return found


async def resource(session: AsyncSession, identity: UUID) -> Resource | None:
    """A resource, whoever asks: for work under a grant that was checked before."""
    return await session.get(Resource, identity)


async def lock_resource(session: AsyncSession, identity: UUID) -> Resource | None:
    """A resource, locked until commit."""
    return await session.scalar(select(Resource).where(Resource.id == identity).with_for_update())


async def lock_grant(session: AsyncSession, identity: UUID) -> Grant | None:
    """A grant, locked until commit."""
    return await session.scalar(select(Grant).where(Grant.id == identity).with_for_update())


async def batch(session: AsyncSession, identity: UUID) -> Batch:
    """A batch that is surely there, whoever asks."""
    return await session.get_one(Batch, identity)


async def lock_batch(session: AsyncSession, identity: UUID) -> Batch | None:
    """A batch, locked until commit."""
    return await session.scalar(select(Batch).where(Batch.id == identity).with_for_update())


async def department_name(session: AsyncSession, department: UUID) -> str | None:
    """A department's name, as far as it was heard."""
    return await session.scalar(select(Department.name).where(Department.id == department))


async def rules(session: AsyncSession, resource_id: UUID) -> Sequence[SeverityRule]:
    """What the provider chose, in a fixed order."""
    statement = select(SeverityRule).where(SeverityRule.resource_id == resource_id)
    ordered = statement.order_by(SeverityRule.rule, SeverityRule.item)
    return (await session.scalars(ordered)).all()


async def waiting(session: AsyncSession) -> Sequence[tuple[UUID, UUID]]:
    """The next unfinished batch of each resource that has one: (batch, resource), oldest first.

    A recall goes before whatever waits. What waits for its provider keeps the others waiting.
    """
    earlier = aliased(Batch)
    sooner = or_(earlier.id < Batch.id, earlier.recalls.is_not(None))
    before = exists().where(
        earlier.resource_id == Batch.resource_id,
        earlier.state.in_(_UNFINISHED),
        earlier.id != Batch.id,
        Batch.recalls.is_(None),
        sooner,
    )
    statement = (
        select(Batch.id, Batch.resource_id)
        .where(Batch.state.in_(TO_WORK), ~before)
        .order_by(Batch.id)
    )
    return [(row.id, row.resource_id) for row in (await session.execute(statement)).all()]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A part of a published batch, and what is needed to open it."""

    batch: UUID
    attempt: int
    wrapped: bytes
    digest: str
    size: int
    rows: int


async def files(
    session: AsyncSession, batches: Sequence[UUID], kind: FileKind
) -> Sequence[StoredFile]:
    """The files of one kind of these batches, in the order of sequences and positions."""
    statement = (
        select(BatchFile, BatchKey)
        .join(BatchKey, BatchKey.batch_id == BatchFile.batch_id)
        .join(Batch, Batch.id == BatchFile.batch_id)
        .where(BatchFile.batch_id.in_(batches), BatchFile.kind == kind)
        .order_by(Batch.sequence, BatchFile.position)
    )
    return [
        StoredFile(f.batch_id, k.attempt, k.wrapped, f.digest, f.size, f.rows)
        for f, k in (await session.execute(statement)).all()
    ]


@dataclass(frozen=True, slots=True)
class StoredState:
    """The files that make up the rows of a resource at one sequence."""

    base: Sequence[StoredFile]
    changes: Sequence[StoredFile]


async def state_at(
    session: AsyncSession, resource_id: UUID, epoch: int, sequence: int
) -> StoredState:
    """The latest whole state up to `sequence` of `epoch`, and what changed after it."""
    published = select(Batch).where(
        Batch.resource_id == resource_id,
        Batch.state == BatchState.PUBLISHED,
        Batch.epoch == epoch,
        Batch.sequence <= sequence,
    )
    base = await session.scalar(
        published.where(Batch.whole).order_by(Batch.sequence.desc()).limit(1)
    )
    later = published.order_by(Batch.sequence)
    if base is not None:
        later = later.where(Batch.sequence > base.sequence)
    chain = (await session.scalars(later)).all()
    return StoredState(
        base=await files(session, [base.id], FileKind.ROWS) if base else [],
        changes=await files(session, [batch.id for batch in chain], FileKind.CHANGES),
    )


async def published_after(
    session: AsyncSession, resource_id: UUID, epoch: int, after: int, limit: int
) -> Sequence[Batch]:
    """The published batches of `epoch` after a sequence number, in order.

    What was recalled is not among them, nor is its recall unless it came up to that number.
    """
    undone = aliased(Batch)
    # Who never took what was recalled needs nothing of the recall either.
    held = exists().where(undone.id == Batch.recalls, undone.sequence <= after)
    statement = select(Batch).where(
        Batch.resource_id == resource_id,
        Batch.state == BatchState.PUBLISHED,
        Batch.epoch == epoch,
        Batch.sequence > after,
        or_(Batch.recalls.is_(None), held),
    )
    return (await session.scalars(statement.order_by(Batch.sequence).limit(limit))).all()


async def published_at(
    session: AsyncSession, resource_id: UUID, epoch: int, sequence: int
) -> Batch | None:
    """The batch that was published as one sequence."""
    return await session.scalar(
        select(Batch).where(
            Batch.resource_id == resource_id, Batch.epoch == epoch, Batch.sequence == sequence
        )
    )


async def view_of(
    session: AsyncSession,
    resource_id: UUID,
    items: Sequence[str],
    grant: UUID | None,
    *,
    marks: bool,
    narrowed: str = "",
) -> View | None:
    """The view of these items, shared or of one grant alone, with or without marks, narrowed
    as that digest says."""
    alone = View.grant_id.is_(None) if grant is None else View.grant_id == grant
    return await session.scalar(
        select(View).where(
            View.resource_id == resource_id,
            View.items == items,
            View.marks == marks,
            View.narrowed == narrowed,
            alone,
        )
    )


async def view(session: AsyncSession, identity: UUID) -> View | None:
    """A view by its id."""
    return await session.get(View, identity)


async def cuts(
    session: AsyncSession,
    view_id: UUID,
    epoch: int,
    sequences: Sequence[int],
    kind: CutKind,
    form: Form,
) -> Sequence[Cut]:
    """The cuts of a view at these sequences, made or wanted, in order."""
    statement = select(Cut).where(
        Cut.view_id == view_id,
        Cut.epoch == epoch,
        Cut.sequence.in_(sequences),
        Cut.kind == kind,
        Cut.form == form,
    )
    return (await session.scalars(statement.order_by(Cut.sequence))).all()


async def wanted_cut(session: AsyncSession) -> tuple[Cut, View] | None:
    """The cut that has been wanted longest and nobody is making; locked until commit."""
    statement = (
        select(Cut, View)
        .join(View, View.id == Cut.view_id)
        .where(Cut.files.is_(None))
        .order_by(Cut.wanted_at)
        .limit(1)
        .with_for_update(skip_locked=True, of=Cut)
    )
    row = (await session.execute(statement)).first()
    return None if row is None else (row[0], row[1])


@dataclass(frozen=True, slots=True)
class Heard:
    """How far requests was heard, and a sum over the grants that every change of one raises."""

    sequence: int
    grants: int
    changes: int


async def heard(session: AsyncSession) -> Heard:
    """Up to which event of requests all took effect here, with the grants as of it or later."""
    # The number first: what it counts is then surely among the grants.
    last = await inbox.heard(session, Base, REQUESTS)
    changes = func.coalesce(func.sum(Grant.heard), 0) + func.count(Grant.revoked_at)
    row = (await session.execute(select(func.count(), changes))).one()
    return Heard(last, row[0], int(row[1]))


async def suspended(session: AsyncSession) -> frozenset[UUID]:
    """The departments that may not take others' data now."""
    standing = select(Suspension.department).where(Suspension.lifted_at.is_(None))
    return frozenset(await session.scalars(standing))


async def ended_holders(session: AsyncSession) -> frozenset[UUID]:
    """The clients and operators that were revoked or closed."""
    standing = select(EndedHolder.id).where(EndedHolder.ended_at.is_not(None))
    return frozenset(await session.scalars(standing))


async def grants(session: AsyncSession, identities: Sequence[UUID] | None) -> Sequence[Grant]:
    """These grants, or all."""
    statement = select(Grant)
    if identities is not None:
        statement = statement.where(Grant.id.in_(identities))
    return (await session.scalars(statement)).all()


async def published_resources(
    session: AsyncSession, identities: Sequence[UUID] | None
) -> Sequence[tuple[Resource, str | None]]:
    """Resources that have data, each with its department's name: these, or all."""
    statement = (
        select(Resource, Department.name)
        .outerjoin(Department, Department.id == Resource.provider)
        .where(Resource.lookup_table.is_not(None))
    )
    if identities is not None:
        statement = statement.where(Resource.id.in_(identities))
    return [(row[0], row[1]) for row in (await session.execute(statement)).all()]


async def unfinished_among(session: AsyncSession, batches: Sequence[UUID]) -> set[UUID]:
    """Which of these batches still wait or are worked on."""
    statement = select(Batch.id).where(Batch.id.in_(batches), Batch.state.in_(_UNFINISHED))
    return set((await session.scalars(statement)).all())


async def published_attempts(session: AsyncSession, batches: Sequence[UUID]) -> dict[UUID, int]:
    """The attempt whose files each of these batches was published with."""
    statement = select(BatchKey.batch_id, BatchKey.attempt).where(BatchKey.batch_id.in_(batches))
    return {row[0]: row[1] for row in (await session.execute(statement)).all()}


async def lock_address(session: AsyncSession, identity: UUID) -> Address | None:
    """An address, locked until commit."""
    return await session.scalar(select(Address).where(Address.id == identity).with_for_update())


async def opened_untold(session: AsyncSession) -> Sequence[tuple[Address, Grant]]:
    """Addresses under which bytes may have left that were not told yet."""
    statement = (
        select(Address, Grant)
        .join(Grant, Grant.id == Address.grant_id)
        .where(Address.opened_at.is_not(None))
    )
    return [(row[0], row[1]) for row in (await session.execute(statement)).all()]
