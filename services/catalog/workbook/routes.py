"""HTTP for the offline workbook: the template, what a department has in it, and its way back."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack
from http import HTTPStatus
from typing import Annotated, Any, BinaryIO, Final

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse

from services.catalog.bulk import usecases
from services.catalog.bulk.models import Way
from services.catalog.bulk.routes import TAG, AsTaken, Compiler, MappingName, sessions_of
from services.catalog.bulk.schemas import ImportView
from services.catalog.bulk.uploads import Upload, received
from services.catalog.mappings import queries as mappings
from services.catalog.routes import Here, Reader
from services.catalog.workbook.exporting import export
from services.catalog.workbook.media import XLSX, attachment
from services.catalog.workbook.template import Form
from services.catalog.workflow import State
from shared.db import Session, Sessions
from shared.errors import UnsupportedMedia
from shared.idempotency import IdempotencyKey

router = APIRouter(prefix="/v1/catalogue/workbook", tags=[TAG])

LARGEST: Final = 32 << 20
_PIECE: Final = 1 << 16
_WORKBOOK: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {XLSX: {}}, "description": "工作簿 · The workbook"}
}


class NotXlsx(UnsupportedMedia):
    """Workbooks come as XLSX."""

    code = "workbook-not-xlsx"
    title = "Workbook not XLSX"


async def workbook_upload(
    request: Request,
    content_type: Annotated[str, Header(alias="Content-Type")] = XLSX,
) -> AsyncIterator[Upload]:
    """The workbook that comes in. Raises NotXlsx, ImportTooLarge and ImportBroken."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in (XLSX, "application/octet-stream"):
        raise NotXlsx(f"Send the workbook itself as the body, as {XLSX}.")
    async with received(request, LARGEST) as upload:
        yield upload


@router.get(
    "",
    summary="下载离线编制模板 · Download the offline workbook",
    response_class=StreamingResponse,
    responses=_WORKBOOK,
)
async def template(viewer: Reader, here: Here) -> StreamingResponse:
    """The empty workbook for this installation's rulebook: sheets for resources (信息资源) and
    items (信息项) with drop-downs and marks of what is required, guidance (填写说明) with the
    articles, and the code lists (代码表).

    Permission `resource:read`. baoji-2017 §9.
    """
    with ExitStack() as held:
        file = held.enter_context(tempfile.TemporaryFile())
        form = await asyncio.to_thread(Form, file, here.act(viewer).rulebook)
        await asyncio.to_thread(form.close)
        return _answer(file, "catalogue-template.xlsx", held.pop_all())


@router.get(
    "/entries",
    summary="导出本部门目录 · Export your entries as a workbook",
    response_class=StreamingResponse,
    responses=_WORKBOOK,
)
async def export_entries(
    by: Compiler,
    here: Here,
    sessions: Annotated[Sessions, Depends(sessions_of)],
    state: Annotated[
        State | None, Query(description="Only in this state; without it all but withdrawn.")
    ] = None,
) -> StreamingResponse:
    """Your department's entries in the form of the template, each under your own identifier or
    else the platform's id. Handed in again as it is, it changes nothing.

    Permission `resource:compile`. Refused: 409 more than 10,000 entries. baoji-2017 §9.
    """
    with ExitStack() as held:
        file = held.enter_context(tempfile.TemporaryFile())
        await export(sessions, by, here, state, file)
        return _answer(file, "catalogue-entries.xlsx", held.pop_all())


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    summary="导入离线工作簿 · Import a workbook",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {XLSX: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def import_workbook(
    upload: Annotated[Upload, Depends(workbook_upload)],
    key: IdempotencyKey,
    by: Compiler,
    session: Session,
    taken: AsTaken,
    response: Response,
    mapping: MappingName = None,
) -> ImportView:
    """Bring a filled-in workbook back: up to 10,000 entries with 200,000 items, 32 MiB.

    The answer is an import, which a worker carries out: ask `GET /v1/imports/{import}` how far
    it is, `…/problems` what is wrong with which cell, and `…/workbook` for a copy in which the
    bad cells are marked. What is unknown becomes a draft, what says something else a new draft
    version; what is unchanged stays untouched. A repeat of the same Idempotency-Key with the
    same body answers with the same import.

    Permission `resource:compile`. Refused: 404 no such mapping; 409 a key used with another
    body; 413 more than 32 MiB; 415 no XLSX; 429 five imports of yours are not over yet.
    baoji-2017 §9.
    """
    chosen = await mappings.chosen(session, mapping)
    job, _ = await usecases.receive(session, by, key, taken.handed(Way.WORKBOOK, upload, chosen))
    response.headers["Location"] = f"/v1/imports/{job.id}"
    return ImportView.of(job)


def _answer(file: BinaryIO, name: str, held: ExitStack) -> StreamingResponse:
    """The file as an answer; what is held is let go when it has left."""
    file.seek(0)
    return StreamingResponse(_pieces(file, held), media_type=XLSX, headers=attachment(name))


def _pieces(file: BinaryIO, held: ExitStack) -> Iterator[bytes]:
    with held:
        while piece := file.read(_PIECE):
            yield piece
