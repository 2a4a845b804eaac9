"""HTTP for how long history is kept. Each route reads its input, calls one thing, returns it."""

from uuid import UUID

from fastapi import APIRouter

from services.exchange import queries
from services.exchange.retention import usecases
from services.exchange.retention.schemas import HistoryBody, HistoryView
from services.exchange.routes import BATCHES, BatchReader, RuleManager
from shared.db import Session

router = APIRouter(prefix="/v1/resources/{resource}/history", tags=[BATCHES])


@router.get("", summary="查看历史保留 · Read how long history is kept")
async def read_history(resource: UUID, viewer: BatchReader, session: Session) -> HistoryView:
    """For how long the history of a resource of your department is kept, and from where on it is.

    Permission `batch:read`. Refused: 404 not your resource.
    """
    found = await queries.own_resource(session, resource, viewer)
    return HistoryView.of(await usecases.kept(session, found))


@router.put("", summary="设置历史保留 · Say how long history is kept")
async def keep_history(
    resource: UUID, body: HistoryBody, by: RuleManager, session: Session
) -> HistoryView:
    """Say for how many days states and changes before what stands are kept. Older ones go within
    minutes, with all that was cut of them, and cannot be had again; nothing before them can be
    recalled then. Who follows and comes later than that begins anew with a snapshot.

    Permission `rule:manage`. Refused: 404 not your resource. baoji-2017 §17.
    """
    return HistoryView.of(await usecases.keep(session, by, resource, body.kept_days))
