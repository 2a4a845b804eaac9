"""Which published sequence is meant by a number or a moment, and whether it can still be had."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange import recalls
from services.exchange.live import shows
from services.exchange.models import Batch, BatchState, CutKind, Resource
from shared.errors import BadRequest


class VersionUnknown(BadRequest):
    """There is no such version of the data, or none of the shape that the data has now."""

    code = "version-unknown"
    title = "Version unknown"


class VersionAmbiguous(BadRequest):
    """A state is asked for by its number and by a moment at once."""

    code = "version-ambiguous"
    title = "Version ambiguous"


class VersionRecalled(BadRequest):
    """The provider took the data of that version back; nobody is served it."""

    code = "version-recalled"
    title = "Version recalled"


class HistoryNotKept(BadRequest):
    """What changed so long ago is kept no more: no change follows on what the caller holds."""

    code = "history-not-kept"
    title = "History not kept"


@dataclass(frozen=True, slots=True)
class History:
    """The first and the newest sequence number of the epoch that stands, both 0 before data."""

    first: int
    newest: int

    def require(self, sequence: int) -> None:
        """Raise VersionUnknown for a number that this epoch does not have."""
        if sequence > self.newest:
            raise VersionUnknown(f"The newest version is {self.newest}.")
        if sequence < self.first:
            raise VersionUnknown(
                f"Versions begin at {self.first}: the data was given another shape then, or is "
                "kept from there on. Load the whole table and follow its changes from there."
            )


def gone(resource: Resource, kind: CutKind, sequence: int) -> bool:
    """Whether a state, or what led to it, is kept no more."""
    if resource.kept_from is None:
        return False
    if kind is CutKind.CHANGES:
        return sequence <= resource.kept_from
    return sequence < resource.kept_from


def require_changes(resource: Resource | None, after: int) -> None:
    """Raise HistoryNotKept where changes after a sequence number are not kept."""
    if resource is not None and gone(resource, CutKind.CHANGES, after + 1):
        raise HistoryNotKept(
            f"自序号 {resource.kept_from} 起保留历史，请重新获取全量数据 (history is kept from "
            f"sequence {resource.kept_from} on: begin anew with a snapshot)."
        )


async def history(session: AsyncSession, resource: Resource | None) -> History:
    """What there is of a resource's data."""
    if resource is None or not resource.sequence:
        return History(0, 0)
    first = await session.scalar(select(func.min(Batch.sequence)).where(*_of_epoch(resource)))
    return History(max(first or 0, resource.kept_from or 0), resource.sequence)


async def sequence_at(
    session: AsyncSession, resource: Resource | None, asked: int | datetime | None
) -> int:
    """The sequence of a version number, or the newest as of a moment; of None the newest of all.

    Raises VersionUnknown, VersionRecalled.
    """
    known = await history(session, resource)
    if resource is None or asked is None:
        return known.newest
    if isinstance(asked, datetime):
        found = await last_until(session, resource, asked)
        if found is None:
            raise VersionUnknown("Nothing of the data as it is now was published by then.")
        sequence = found
    else:
        sequence = asked
    known.require(sequence)
    for span in await recalls.spans(session, resource.id):
        if shows(span, CutKind.SNAPSHOT, resource.epoch, sequence):
            raise VersionRecalled(
                f"Version {sequence} was taken back by its provider; "
                f"version {span.recall} holds what is right."
            )
    return sequence


async def first_since(
    session: AsyncSession, resource: Resource | None, moment: datetime
) -> int | None:
    """The first sequence that was published at a moment or later, None where none was."""
    if resource is None:
        return None
    return await session.scalar(
        select(func.min(Batch.sequence)).where(*_of_epoch(resource), Batch.finished_at >= moment)
    )


async def last_until(
    session: AsyncSession, resource: Resource | None, moment: datetime
) -> int | None:
    """The last sequence that was published by a moment, None where none was."""
    if resource is None:
        return None
    return await session.scalar(
        select(func.max(Batch.sequence)).where(*_of_epoch(resource), Batch.finished_at <= moment)
    )


async def data_at(session: AsyncSession, resource: Resource, sequence: int) -> datetime | None:
    """When the newest of the data that stood at a sequence number was handed in."""
    return await session.scalar(
        select(Batch.received_at)
        .where(
            Batch.resource_id == resource.id,
            Batch.state == BatchState.PUBLISHED,
            Batch.recalls.is_(None),
            Batch.sequence <= sequence,
        )
        .order_by(Batch.sequence.desc())
        .limit(1)
    )


def _of_epoch(resource: Resource) -> tuple[ColumnElement[bool], ...]:
    published = Batch.state.in_((BatchState.PUBLISHED, BatchState.RECALLED))
    return (Batch.resource_id == resource.id, Batch.epoch == resource.epoch, published)
