"""HTTP for harvest: sources, their runs, and what has gone from them."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response

from services.catalog.bulk.routes import TAG, Compiler
from services.catalog.harvest import queries, usecases
from services.catalog.harvest.addresses import Allowed
from services.catalog.harvest.schemas import GoneView, RunView, SourceBody, SourceView
from services.catalog.settings import CatalogSettings
from shared.db import Session
from shared.idempotency import IdempotencyKey
from shared.pages import Page, Paging

router = APIRouter(prefix="/v1/harvest-sources", tags=[TAG])

SourceId = Annotated[UUID, Path(alias="source", description="The id of the source.")]


async def allowed_of(request: Request) -> Allowed:
    """Where sources may stand."""
    settings: CatalogSettings = request.app.state.settings
    return settings.harvest


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    summary="登记采集来源 · Register a source to harvest",
    responses={200: {"model": SourceView, "description": "重复提交 · The key was used before"}},
)
async def register(
    body: SourceBody,
    key: IdempotencyKey,
    by: Compiler,
    session: Session,
    allowed: Annotated[Allowed, Depends(allowed_of)],
    response: Response,
) -> SourceView:
    """Have another platform's catalogue read into your department's own, now and every so often.

    What is new or changed there becomes drafts of yours, as an import; nothing is published
    without review. What has gone there is listed and stays here until you decide.

    Permission `resource:compile`. Refused: 404 no such mapping; 409 a host that the installation
    does not allow, or twenty sources already. baoji-2017 §9.
    """
    source, new = await usecases.register(session, by, allowed, key, body)
    response.status_code = HTTPStatus.CREATED if new else HTTPStatus.OK
    response.headers["Location"] = f"/v1/harvest-sources/{source.id}"
    return SourceView.of(source)


@router.get("", summary="查询采集来源 · List sources")
async def list_sources(by: Compiler, session: Session, paging: Paging) -> Page[SourceView]:
    """The sources of your department, the newest first.

    Permission `resource:compile`.
    """
    found, after = await queries.listed(session, by, paging)
    return Page(items=[SourceView.of(source) for source in found], next=after)


@router.get("/{source}", summary="查看采集来源 · Read a source")
async def read_source(identity: SourceId, by: Compiler, session: Session) -> SourceView:
    """One source.

    Permission `resource:compile`. Refused: 404 another department's.
    """
    return SourceView.of(await queries.get(session, identity, by))


@router.post("/{source}/run", summary="立即采集 · Read a source now")
async def run_now(identity: SourceId, by: Compiler, session: Session) -> SourceView:
    """Have the source read as soon as the worker can, and then every so often from there.

    Permission `resource:compile`. Refused: 404 another department's; 409 it has ended.
    """
    return SourceView.of(await usecases.read_now(session, by, identity))


@router.post("/{source}/end", summary="终止采集 · End a source")
async def end_source(identity: SourceId, by: Compiler, session: Session) -> SourceView:
    """Read the source no more. What came in stays.

    Permission `resource:compile`. Refused: 404 another department's; 409 it has ended already.
    """
    return SourceView.of(await usecases.end(session, by, identity))


@router.get("/{source}/runs", summary="查看采集记录 · List the runs of a source")
async def list_runs(
    identity: SourceId, by: Compiler, session: Session, paging: Paging
) -> Page[RunView]:
    """Every reading of the source, the latest first: what it had, what came in, what has gone,
    or why it failed.

    Permission `resource:compile`. Refused: 404 another department's.
    """
    source = await queries.get(session, identity, by)
    found, after = await queries.runs(session, source, paging)
    return Page(items=[RunView.of(run) for run in found], next=after)


@router.get("/{source}/gone", summary="查看已消失的条目 · List what has gone from a source")
async def list_gone(
    identity: SourceId, by: Compiler, session: Session, paging: Paging
) -> Page[GoneView]:
    """What the source had once and has no more. Whether it leaves this catalogue too, people
    decide: nothing is withdrawn by itself.

    Permission `resource:compile`. Refused: 404 another department's.
    """
    source = await queries.get(session, identity, by)
    found, after = await queries.gone(session, source, paging)
    return Page(items=[GoneView.of(record) for record in found], next=after)
