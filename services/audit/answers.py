"""From what is stored to what is answered: views, receipts and proofs."""

import orjson
from fastapi import Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.audit import queries, tree
from services.audit.checkpoint import LogKey
from services.audit.models import LogEntry, SignedCheckpoint
from services.audit.receipt import Receipt
from services.audit.schemas import (
    CheckpointView,
    ConsistencyView,
    EntryView,
    GapView,
    KeyView,
    SourceView,
    Wanted,
)
from services.audit.settings import AuditSettings
from shared.access import Principal
from shared.errors import BadRequest, NotFound
from shared.pages import Page, PageParams


class LogEmpty(NotFound):
    """Nothing has been recorded yet, so nothing was signed."""

    code = "log-empty"
    title = "The log is empty"


class LogShorter(NotFound):
    """The log does not have that many entries."""

    code = "log-shorter"
    title = "The log is shorter"


class SizesReversed(BadRequest):
    """The log can only be shown to have grown from the smaller size to the larger."""

    code = "sizes-reversed"
    title = "Sizes reversed"


async def entries(
    request: Request, session: AsyncSession, viewer: Principal, wanted: Wanted, params: PageParams
) -> Page[EntryView]:
    """One page of the viewer's entries."""
    region = _settings(request).region
    rows, following = await queries.entries(session, viewer, region, wanted, params)
    return Page(items=[_view(row) for row in rows], next=following)


async def entry(
    request: Request, session: AsyncSession, viewer: Principal, index: int
) -> EntryView:
    """One of the viewer's entries. Raises NotFound."""
    return _view(await queries.entry(session, viewer, _settings(request).region, index))


async def receipt(
    request: Request, session: AsyncSession, viewer: Principal, index: int
) -> Receipt:
    """The receipt for one of the viewer's entries, under the newest checkpoint."""
    settings = _settings(request)
    found = await queries.entry(session, viewer, settings.region, index)
    head = await _head(session)
    path = await queries.proof(session, settings.suite.digest, tree.inclusion(index, head.size))
    return Receipt(index=index, entry=found.body, path=path, checkpoint=head.note)


async def checkpoint(request: Request, session: AsyncSession) -> Response:
    """The newest checkpoint, as the note itself or as JSON. Raises LogEmpty."""
    head = await _head(session)
    if request.headers.get("accept", "").startswith("text/plain"):
        return Response(head.note, media_type="text/plain; charset=utf-8")
    view = CheckpointView(
        origin=_settings(request).log_origin,
        size=head.size,
        root=head.root,
        signed=head.signed,
        note=head.note,
    )
    return Response(view.model_dump_json(), media_type="application/json")


async def consistency(
    request: Request, session: AsyncSession, first: int, second: int
) -> ConsistencyView:
    """The proof between two sizes. Raises SizesReversed, LogShorter."""
    if first > second:
        raise SizesReversed("`from` is larger than `to`.")
    head = await _head(session)
    if second > head.size:
        raise LogShorter(f"The log has {head.size} entries.")
    runs = tree.consistency(first, second)
    path = await queries.proof(session, _settings(request).suite.digest, runs)
    return ConsistencyView(first=first, second=second, path=path)


def key(request: Request) -> KeyView:
    """The log's public key."""
    held: LogKey = request.app.state.log_key
    return KeyView(origin=held.name, key=held.text(_settings(request).suite))


async def sources(request: Request, session: AsyncSession, viewer: Principal) -> list[SourceView]:
    """The books of all sources, for the installation's own authority. Raises NotFound."""
    if not queries.sees_all(viewer, _settings(request).region):
        raise NotFound("There is nothing here that is yours to see.")
    return [
        SourceView(
            source=name,
            highest=book.highest,
            arrived=book.arrived,
            repeated=book.repeated,
            missing=book.missing,
            gaps=[GapView.model_validate(gap) for gap in book.gaps],
        )
        for name, book in (await queries.sources(session)).items()
    ]


async def _head(session: AsyncSession) -> SignedCheckpoint:
    head = await queries.latest(session)
    if head is None:
        raise LogEmpty("Nothing has been recorded yet.")
    return head


def _view(row: LogEntry) -> EntryView:
    return EntryView(
        index=row.index,
        leaf=row.leaf,
        kind=row.kind,
        time=row.time,
        entry=orjson.loads(row.body),
    )


def _settings(request: Request) -> AuditSettings:
    settings: AuditSettings = request.app.state.settings
    return settings
