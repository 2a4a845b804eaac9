"""HTTP for the log: entries, receipts, checkpoints and proofs. All of it reads."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response, Security

from services.audit import answers
from services.audit.receipt import Receipt
from services.audit.schemas import (
    CheckpointView,
    ConsistencyView,
    EntryView,
    KeyView,
    SourceView,
    Wanted,
)
from shared.access import Permission, Principal, admit
from shared.db import Session
from shared.pages import Page, Paging

router = APIRouter(prefix="/v1/log", tags=["审计日志 · Audit log"])

Reader = Annotated[Principal, Security(admit, scopes=[Permission.LOG_READ])]
Prover = Annotated[Principal, Security(admit, scopes=[Permission.LOG_PROVE])]
Index = Annotated[int, Path(ge=0, le=2**63 - 1, description="序号 · The entry's place, from 0.")]
Size = Annotated[int, Query(ge=0, le=2**63 - 1, description="A size of the log, in entries.")]


@router.get("/entries", summary="查询日志 · List entries")
async def list_entries(
    request: Request,
    viewer: Reader,
    session: Session,
    wanted: Annotated[Wanted, Query()],
    params: Paging,
) -> Page[EntryView]:
    """The entries that answer the question, newest first.

    Needs `log:read`. The competent authority sees its region; any other department sees what it
    did itself and what concerns its own resources and grants (baoji-2017 §21). Errors:
    `cursor-invalid`.
    """
    return await answers.entries(request, session, viewer, wanted, params)


@router.get("/entries/{index}", summary="读取一条日志 · Read one entry")
async def read_entry(request: Request, index: Index, viewer: Reader, session: Session) -> EntryView:
    """One entry that is yours to see.

    Needs `log:read`. Errors: `not-found`, also for an entry that is not yours to see.
    """
    return await answers.entry(request, session, viewer, index)


@router.get("/entries/{index}/receipt", summary="取得凭证 · Get the receipt of an entry")
async def read_receipt(request: Request, index: Index, viewer: Prover, session: Session) -> Receipt:
    """A receipt that proves offline, with the log's public key alone, that the log holds the entry.

    Needs `log:prove`. Check it with `python -m services.audit verify --receipt FILE --key KEY`.
    Errors: `not-found`, also for an entry that is not yours to see.
    """
    return await answers.receipt(request, session, viewer, index)


@router.get(
    "/checkpoint",
    summary="最新检查点 · The newest checkpoint",
    response_model=CheckpointView,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def read_checkpoint(request: Request, viewer: Prover, session: Session) -> Response:
    """The signed head of the log (C2SP tlog-checkpoint), to be kept outside the platform.

    Needs `log:prove`. Answers the signed note as `text/plain` when that is what `Accept` names,
    and JSON otherwise. Errors: `log-empty`.
    """
    return await answers.checkpoint(request, session)


@router.get("/consistency", summary="一致性证明 · Prove that the log only grew")
async def read_consistency(
    request: Request,
    viewer: Prover,
    session: Session,
    first: Annotated[Size, Query(alias="from", description="The smaller size.")],
    second: Annotated[Size, Query(alias="to", description="The larger size.")],
) -> ConsistencyView:
    """The proof that the log at size `to` extends the log at size `from` (RFC 6962 §2.1.2).

    Needs `log:prove`. Errors: `sizes-reversed`, `log-shorter`.
    """
    return await answers.consistency(request, session, first, second)


@router.get("/key", summary="日志公钥 · The public key of the log")
async def read_key(request: Request, viewer: Prover) -> KeyView:
    """The key that checks checkpoints and receipts. Keep it outside the platform, too.

    Needs `log:prove`.
    """
    return answers.key(request)


@router.get("/sources", summary="来源与缺口 · Sources and gaps")
async def list_sources(request: Request, viewer: Reader, session: Session) -> list[SourceView]:
    """How far every source has been heard, and which of its numbers have not arrived.

    Needs `log:read`; only the competent authority of the installation sees it. Errors:
    `not-found` for everybody else.
    """
    return await answers.sources(request, session, viewer)
