"""HTTP for what a provider does about a batch that it handed in."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Response, Security

from services.exchange import corrections
from services.exchange.routes import BATCHES, InVault, OwnSessions, Submitter
from services.exchange.schemas import BatchView, RecallBody
from shared.access import admit
from shared.db import Session
from shared.principal import Permission, Principal

corrector = APIRouter(prefix="/v1/batches/{batch}", tags=[BATCHES])

Recaller = Annotated[Principal, Security(admit, scopes=[Permission.BATCH_RECALL])]


@corrector.post("/confirm", summary="确认数据批次 · Confirm a batch that waits")
async def confirm(batch: UUID, by: Submitter, session: Session, vault: InVault) -> BatchView:
    """Say that a snapshot that waits (`held`, for it is empty or has far fewer rows than stand)
    is right as it is. It is published next; again, this changes nothing.

    Permission `batch:submit`. Refused: 404 not your batch; 409 it does not wait. baoji-2017 §17.
    """
    return BatchView.of(await corrections.confirm(session, by, batch), vault.suite)


@corrector.post("/cancel", summary="取消数据批次 · Cancel a batch")
async def cancel(batch: UUID, by: Submitter, sessions: OwnSessions, vault: InVault) -> BatchView:
    """Take back a batch that waits or is under check; nothing of it was published. Again, this
    changes nothing.

    Permission `batch:submit`. Refused: 404 not your batch; 409 it came to its end before.
    """
    return BatchView.of(await corrections.cancel(sessions, vault, by, batch), vault.suite)


@corrector.post(
    "/recall",
    status_code=HTTPStatus.ACCEPTED,
    summary="撤回数据批次 · Recall a batch",
    responses={200: {"model": BatchView, "description": "重复提交 · Recalled before"}},
)
async def recall(
    batch: UUID,
    body: RecallBody,
    by: Recaller,
    session: Session,
    vault: InVault,
    response: Response,
) -> BatchView:
    """Take the newest published batch back: a new batch restores what stood before it, under the
    next sequence number, before anything else that waits. The wrong one is served no more, its
    addresses die, and the departments with a grant are told with the reason. The answer is the
    restoring batch.

    Permission `batch:recall`. Refused: 404 not your batch; 409 not the newest, or it began data
    of another shape. baoji-2017 §17, jiangsu-2017 §17.
    """
    found, new = await corrections.recall(session, vault, by, batch, body.reason)
    response.status_code = HTTPStatus.ACCEPTED if new else HTTPStatus.OK
    return BatchView.of(found, vault.suite)
