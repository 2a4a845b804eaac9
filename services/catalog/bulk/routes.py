"""HTTP for imports: what another system hands in, and the reports of all of them."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response, Security
from fastapi.responses import StreamingResponse

from services.catalog.bulk import queries, usecases
from services.catalog.bulk.found import Severity
from services.catalog.bulk.models import Mode, Outcome, Way
from services.catalog.bulk.schemas import ImportedView, ImportView, ProblemView
from services.catalog.bulk.uploads import Upload, received
from services.catalog.bulk.usecases import Handed
from services.catalog.mappings import queries as mappings
from services.catalog.mappings.queries import Chosen
from services.catalog.workbook.media import XLSX, attachment
from shared.access import admit
from shared.db import Session, Sessions
from shared.errors import NotFound, UnsupportedMedia
from shared.idempotency import IdempotencyKey
from shared.pages import Page, Paging
from shared.principal import Permission, Principal

TAG = "批量导入 · Imports"
imports = APIRouter(prefix="/v1/imports", tags=[TAG])
systems = APIRouter(prefix="/v1/catalogue", tags=[TAG])

Compiler = Annotated[Principal, Security(admit, scopes=[Permission.RESOURCE_COMPILE])]


class NotJson(UnsupportedMedia):
    """Entries come as JSON lines or as a JSON array."""

    code = "entries-not-json"
    title = "Entries not JSON"


class CopyMissing(NotFound):
    """There is no annotated copy: no workbook, nothing wrong with it, not ready, or too old."""

    code = "import-copy-missing"
    title = "No annotated copy"


class Taken:
    """How an import is to be taken: what every way in asks of its caller."""

    def __init__(
        self,
        mode: Annotated[
            Mode,
            Query(
                description="`all-or-nothing` 全部成功或全部不导入; `good-rows-only` 只导入正确的."
            ),
        ] = Mode.ALL_OR_NOTHING,
        dry_run: Annotated[
            bool, Query(description="试运行: report what would happen, and change nothing.")
        ] = False,
        unfinished: Annotated[
            bool,
            Query(
                description="Take entries that the rulebook would refuse at submission as drafts; "
                "their faults become warnings."
            ),
        ] = False,
    ) -> None:
        self.mode, self.dry_run, self.unfinished = mode, dry_run, unfinished

    def handed(self, way: Way, upload: Upload, chosen: Chosen | None) -> Handed:
        """What was handed in, to be taken so."""
        return Handed(
            way=way,
            mode=self.mode,
            dry_run=self.dry_run,
            unfinished=self.unfinished,
            file=upload.file,
            size=upload.size,
            digest=upload.digest,
            mapping=None if chosen is None else chosen.label,
            translation=None if chosen is None else chosen.told,
        )


ImportId = Annotated[UUID, Path(alias="import", description="The id of the import.")]
AsTaken = Annotated[Taken, Depends()]
MappingName = Annotated[
    str | None,
    Query(
        alias="mapping",
        max_length=64,
        description="代码映射: the named mapping that says what foreign columns and codes mean.",
    ),
]


async def entries_upload(
    request: Request,
    content_type: Annotated[str, Header(alias="Content-Type")] = "application/x-ndjson",
) -> AsyncIterator[Upload]:
    """The entries that a system sends. Raises NotJson, ImportTooLarge and ImportBroken."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind not in ("application/x-ndjson", "application/jsonl", "application/json"):
        raise NotJson("Send entries as application/x-ndjson or application/json.")
    async with received(request) as upload:
        yield upload


async def sessions_of(request: Request) -> Sessions:
    """For an answer that streams after the request's own transaction."""
    found: Sessions = request.app.state.sessions
    return found


_NDJSON = {"schema": {"type": "string"}, "example": '{"external_id": "MR-001", "name": "…"}\n'}


@systems.put(
    "/entries",
    status_code=HTTPStatus.ACCEPTED,
    summary="系统对接编制目录 · Upsert many entries from a system",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/x-ndjson": _NDJSON,
                "application/json": {"schema": {"type": "array", "items": {"type": "object"}}},
            },
        }
    },
)
async def upsert(
    upload: Annotated[Upload, Depends(entries_upload)],
    key: IdempotencyKey,
    by: Compiler,
    session: Session,
    taken: AsTaken,
    response: Response,
    mapping: MappingName = None,
) -> ImportView:
    """Make or change up to 10,000 entries of your department in one go (系统对接).

    Each line is an entry as `POST /v1/resources` takes it, with your own identifier of it as
    `external_id`. What is unknown becomes a draft; what says something else becomes a new draft
    version; what is unchanged stays untouched; what is another department's is unknown. The
    answer is an import, which a worker carries out: ask `GET /v1/imports/{import}` how far it
    is. A repeat of the same Idempotency-Key with the same body answers with the same import.

    Permission `resource:compile`. Refused: 404 no such mapping; 409 a key used with another
    body; 413 more than 64 MiB; 415 no JSON; 429 five imports of yours are not over yet.
    baoji-2017 §9.
    """
    chosen = await mappings.chosen(session, mapping)
    job, _ = await usecases.receive(session, by, key, taken.handed(Way.SYSTEM, upload, chosen))
    response.headers["Location"] = f"/v1/imports/{job.id}"
    return ImportView.of(job)


@imports.get("", summary="查询批量导入 · List imports")
async def list_imports(by: Compiler, session: Session, paging: Paging) -> Page[ImportView]:
    """The imports of your department, the newest first.

    Permission `resource:compile`.
    """
    found, after = await queries.listed(session, by, paging)
    return Page(items=[ImportView.of(job) for job in found], next=after)


@imports.get("/{import}", summary="查看批量导入进度 · Read an import")
async def read_import(identity: ImportId, by: Compiler, session: Session) -> ImportView:
    """One import: how far it has come, and in the end what became of it.

    Permission `resource:compile`. Refused: 404 another department's.
    """
    return ImportView.of(await queries.get(session, identity, by))


@imports.get("/{import}/problems", summary="查看导入错误报告 · Read an import's report")
async def list_problems(
    identity: ImportId,
    by: Compiler,
    session: Session,
    paging: Paging,
    severity: Annotated[Severity | None, Query(description="Only of this severity.")] = None,
) -> Page[ProblemView]:
    """What is wrong, in the order of the source: each bad cell, what stood there, why, and by
    which article. At most 20,000 are kept; `counts` counts all.

    Permission `resource:compile`. Refused: 404 another department's.
    """
    job = await queries.get(session, identity, by)
    found, after = await queries.problems(session, job, severity, paging)
    return Page(items=[ProblemView.of(problem) for problem in found], next=after)


@imports.get("/{import}/entries", summary="查看导入结果 · Read what became of an import's entries")
async def list_entries(
    identity: ImportId,
    by: Compiler,
    session: Session,
    paging: Paging,
    outcome: Annotated[Outcome | None, Query(description="Only with this outcome.")] = None,
) -> Page[ImportedView]:
    """Each entry of the import, and the resource that it became or changed.

    Permission `resource:compile`. Refused: 404 another department's.
    """
    job = await queries.get(session, identity, by)
    found, after = await queries.entries(session, job, outcome, paging)
    return Page(items=[ImportedView.of(entry) for entry in found], next=after)


@imports.get(
    "/{import}/workbook",
    summary="下载批注后的工作簿 · Download the annotated workbook",
    response_class=StreamingResponse,
    responses={200: {"content": {XLSX: {}}, "description": "批注后的工作簿 · The workbook"}},
)
async def read_copy(
    identity: ImportId,
    by: Compiler,
    session: Session,
    sessions: Annotated[Sessions, Depends(sessions_of)],
) -> StreamingResponse:
    """The workbook as it was handed in, with the bad cells coloured and commented, and a column
    错误说明 at the end of each sheet.

    Permission `resource:compile`. Refused: 404 another department's, or there is none: nothing
    was wrong, it is not over yet, or it ended more than thirty days ago.
    """
    job = await queries.get(session, identity, by)
    first = await queries.copy_part(session, job.id, 0)
    if first is None:
        raise CopyMissing("There is no annotated copy of this import.")
    return StreamingResponse(
        _pieces(sessions, job.id, first),
        media_type=XLSX,
        headers=attachment(f"import-{job.id}.xlsx"),
    )


async def _pieces(sessions: Sessions, identity: UUID, first: bytes) -> AsyncIterator[bytes]:
    yield first
    position = 1
    while True:
        async with sessions() as session:
            piece = await queries.copy_part(session, identity, position)
        if piece is None:
            return
        yield piece
        position += 1
