"""HTTP for resumable uploads at the gateway. Each route reads its input, calls one thing."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response, Security
from starlette.requests import ClientDisconnect

from services.exchange.digests import DigestUnreadable, stated
from services.exchange.media import content_of
from services.exchange.routes import (
    NOTHING_STATED,
    BatchReader,
    InVault,
    Mode,
    OwnSessions,
    Told,
    totals_of,
)
from services.exchange.uploads import metadata, protocol, queries, tokens, usecases
from services.exchange.uploads.models import ResumableUpload, UploadState
from services.exchange.uploads.receiving import LineBroken, Receiver
from services.exchange.uploads.schemas import OpenedView, UploadView
from services.exchange.uploads.usecases import Opening
from services.exchange.usecases import Totals
from shared.access import admit
from shared.db import Session
from shared.errors import BadRequest
from shared.events.exchange import BatchMode
from shared.idempotency import IdempotencyKey
from shared.pages import Page, Paging
from shared.principal import Permission, Principal

UPLOADS = "断点续传 · Resumable uploads"
uploader = APIRouter(prefix="/v1", tags=[UPLOADS])

Submitter = Annotated[Principal, Security(admit, scopes=[Permission.BATCH_SUBMIT])]
_STREAM = {protocol.OFFSET_STREAM: {"schema": {"type": "string", "format": "binary"}}}
_METADATA = (
    "Pairs of a key and a value in Base64 (tus 1.0). `digest`: of the whole file, as in "
    "Content-Digest, required. What it is: `filename`, whose ending tells, or `filetype`, a media "
    "type as in `POST …/batches`."
)


class UploadBroken(BadRequest):
    """The line broke before all was here; what came is kept, go on from there."""

    code = "upload-line-broken"
    title = "Upload line broken"


async def opening(
    resource: UUID,
    key: IdempotencyKey,
    told: Told,
    vault: InVault,
    size: Annotated[
        int,
        Header(alias="Upload-Length", ge=0, le=2**62, description="Bytes of the whole file."),
    ],
    upload_metadata: Annotated[
        str,
        Header(
            alias="Upload-Metadata",
            max_length=metadata.LONGEST,
            description=_METADATA,
            examples=["filename bGVnYWwtZW50aXRpZXMuY3N2,digest c2hhLTI1Nj06NDdERVFw…"],
        ),
    ] = "",
    tus: Annotated[str | None, Header(alias="Tus-Resumable", examples=["1.0.0"])] = None,
    mode: Mode = BatchMode.SNAPSHOT,
    totals: Annotated[Totals, Depends(totals_of)] = NOTHING_STATED,
    dry_run: Annotated[
        bool, Query(description="试运行: check and report, publish nothing. 只校验，不发布。")
    ] = False,
    sheet: Annotated[
        str | None,
        Query(min_length=1, max_length=100, description="Of an XLSX workbook the sheet's name."),
    ] = None,
) -> Opening:
    """An upload as it is announced."""
    protocol.check_version(tus)
    said = metadata.read(upload_metadata)
    digest = stated(vault.suite, said.get("digest"))
    if digest is None:
        raise DigestUnreadable(
            "State the digest of the whole file in Upload-Metadata, under the key `digest`: an "
            "upload that goes on tomorrow with another file would not be noticed otherwise."
        )
    kind, encoding = metadata.stated_type(said)
    return Opening(
        resource=resource,
        key=key,
        mode=mode,
        content=await content_of(kind, encoding, sheet),
        size=size,
        digest=digest,
        told=upload_metadata,
        dry_run=dry_run,
        totals=totals,
        largest=told.largest_batch,
        life=told.upload_life,
    )


async def receiver_of(sessions: OwnSessions, vault: InVault, told: Told) -> Receiver:
    """Where bytes are taken in."""
    return Receiver(sessions, vault, told.upload_life)


@uploader.post(
    "/resources/{resource}/uploads",
    status_code=HTTPStatus.CREATED,
    summary="开始断点续传 · Open a resumable upload",
    openapi_extra={"requestBody": {"required": False, "content": _STREAM}},
)
async def begin(
    request: Request,
    asked: Annotated[Opening, Depends(opening)],
    by: Submitter,
    sessions: OwnSessions,
    vault: InVault,
    told: Told,
    receiver: Annotated[Receiver, Depends(receiver_of)],
    response: Response,
    upload_checksum: Annotated[
        str | None, Header(alias="Upload-Checksum", max_length=200, examples=["sha256 47DEQp…"])
    ] = None,
) -> OpenedView:
    """Announce a batch of any size and get the address (`Location`) at the file door to which any
    tus 1.0 client brings its bytes with PATCH, as often as the line breaks: HEAD tells how far it
    is. The first bytes may come with this call, as `application/offset+octet-stream`.

    The same announced again under the same Idempotency-Key is answered with the upload that is
    there, however far it came, so that a client needs no memory of its own to go on. When the
    last byte is durable the upload is a batch; its digest is compared before a row is read. The
    address dies after a day without bytes, and when the one who opened it may not hand in any
    more.

    Permission `batch:submit`. Refused: 404 not your resource; 400 no digest, metadata unreadable;
    409 out of the catalogue, id used with other content, too many unfinished; 412 no tus 1.0.0;
    413 too large; 415 a format that is not read. baoji-2017 §17.
    """
    upload = await usecases.begin(sessions, vault, by, asked)
    if _comes_with_bytes(request) and upload.state is UploadState.OPEN and not upload.offset:
        protocol.check_media(request.headers.get("content-type"))
        length = request.headers.get("content-length")
        try:
            upload = await usecases.first_bytes(
                receiver,
                upload,
                _body(request),
                int(length) if length is not None and length.isascii() else None,
                protocol.checksum(upload_checksum),
            )
        except LineBroken:
            raise UploadBroken("The line broke; go on from the offset that HEAD tells.") from None
    at = tokens.url(told.door_url, upload.id, told.door, vault.suite)
    ends = upload.expires_at if upload.state is UploadState.OPEN else None
    response.headers.update({"Location": at, **protocol.standing(upload.offset, ends)})
    return OpenedView(url=at, **UploadView.of(upload, vault.suite).model_dump())


def _comes_with_bytes(request: Request) -> bool:
    length = request.headers.get("content-length")
    return "transfer-encoding" in request.headers or length not in (None, "0")


async def _body(request: Request) -> AsyncIterator[bytes]:
    try:
        async for piece in request.stream():
            yield piece
    except ClientDisconnect:
        raise LineBroken from None


@uploader.get("/uploads", summary="查询未完成的续传 · List unfinished uploads")
async def list_uploads(
    viewer: BatchReader, session: Session, vault: InVault, params: Paging
) -> Page[UploadView]:
    """The uploads for resources of your department that are not whole yet, the newest first.

    Permission `batch:read`.
    """
    found, following = await queries.open_ones(session, viewer, params)
    return Page(items=[UploadView.of(upload, vault.suite) for upload in found], next=following)


@uploader.get("/uploads/{upload}", summary="查看断点续传 · Read a resumable upload")
async def read_upload(
    upload: UUID, viewer: BatchReader, session: Session, vault: InVault
) -> UploadView:
    """How far an upload came, and which batch it became.

    Permission `batch:read`. Refused: 404 not your department's.
    """
    return UploadView.of(await queries.own(session, upload, viewer), vault.suite)


@uploader.delete("/uploads/{upload}", summary="终止断点续传 · End a resumable upload")
async def end(upload: UUID, by: Submitter, session: Session, vault: InVault) -> UploadView:
    """End an upload that is not whole: its address opens nothing any more, its bytes are
    destroyed. Again, this changes nothing.

    Permission `batch:submit`. Refused: 404 not your department's; 409 it is whole.
    """
    found: ResumableUpload = await usecases.end(session, by, upload)
    return UploadView.of(found, vault.suite)
