"""HTTP for providers and grantees. Each route reads its input, calls one thing, returns it."""

from collections.abc import AsyncIterator
from datetime import datetime
from decimal import Decimal
from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response, Security
from fastapi.responses import StreamingResponse
from pydantic import AwareDatetime

from services.exchange import queries, usecases
from services.exchange.digests import stated
from services.exchange.history import VersionAmbiguous
from services.exchange.manifest_schemas import ChangesView, SnapshotView
from services.exchange.manifests import Counter
from services.exchange.media import BODIES, Stated
from services.exchange.models import Form
from services.exchange.reporting import report_of
from services.exchange.schemas import (
    BatchView,
    FindingView,
    LookupBody,
    LookupView,
    RulesView,
)
from services.exchange.settings import ExchangeSettings
from services.exchange.usecases import Submission, Totals
from services.exchange.vault import Vault
from shared.access import admit
from shared.db import Session, Sessions
from shared.errors import NotFound
from shared.events.exchange import BatchMode
from shared.idempotency import IdempotencyKey
from shared.pages import Page, Paging
from shared.principal import Permission, Principal

BATCHES = "数据提供 · Batches"
DATA = "数据使用 · Data under a grant"
provider = APIRouter(prefix="/v1", tags=[BATCHES])
grantee = APIRouter(prefix="/v1/grants/{grant}", tags=[DATA])

Submitter = Annotated[Principal, Security(admit, scopes=[Permission.BATCH_SUBMIT])]
BatchReader = Annotated[Principal, Security(admit, scopes=[Permission.BATCH_READ])]
RuleManager = Annotated[Principal, Security(admit, scopes=[Permission.RULE_MANAGE])]
DataReader = Annotated[Principal, Security(admit, scopes=[Permission.DATA_READ])]
Asker = Annotated[Principal, Security(admit, scopes=[Permission.DATA_LOOKUP])]

Mode = Annotated[
    BatchMode,
    Query(description="`snapshot`: all rows (全量). `delta`: upserts and deletes by key (增量)."),
]
Format = Annotated[
    Form,
    Query(
        alias="format",
        description="Of the files: `parquet`; `csv` in UTF-8, `csv-bom` with a byte-order mark, "
        "`csv-gb18030` for machines that read nothing else; `jsonl`. Keep to one choice.",
    ),
]
Marks = Annotated[
    bool,
    Query(
        description="质量标记: adds `_flags` (what the provider knows to be irregular, by item) "
        "and `_stale` (a newer row of this key was rejected). Keep to one choice."
    ),
]
_CSV = {"schema": {"type": "string", "format": "binary"}}


async def vault_of(request: Request) -> Vault:
    """Where bytes lie."""
    found: Vault = request.app.state.vault
    return found


async def settings_of(request: Request) -> ExchangeSettings:
    """What the service was told."""
    found: ExchangeSettings = request.app.state.settings
    return found


async def sessions_of(request: Request) -> Sessions:
    """For operations that must not hold a transaction while bytes stream."""
    found: Sessions = request.app.state.sessions
    return found


async def counter_of(request: Request) -> Counter:
    """Where manifests are asked for."""
    found: Counter = request.app.state.counter
    return found


InVault = Annotated[Vault, Depends(vault_of)]
Told = Annotated[ExchangeSettings, Depends(settings_of)]
OwnSessions = Annotated[Sessions, Depends(sessions_of)]
AtCounter = Annotated[Counter, Depends(counter_of)]


NOTHING_STATED = Totals()


async def totals_of(
    rows: Annotated[
        int | None, Query(ge=0, le=2**53, description="Rows in the file, as you counted them.")
    ] = None,
    sum_of: Annotated[
        str | None, Query(max_length=63, description="The code of the item that `sum` is of.")
    ] = None,
    total: Annotated[
        Decimal | None,
        Query(
            alias="sum",
            max_digits=34,
            decimal_places=10,
            description="The sum of the item `sum_of` over all rows of the file.",
        ),
    ] = None,
) -> Totals:
    """The control totals that the provider states."""
    return Totals(rows, sum_of, total)


async def submission(
    request: Request,
    resource: UUID,
    key: IdempotencyKey,
    content: Stated,
    told: Told,
    vault: InVault,
    content_digest: Annotated[
        str | None,
        Header(
            alias="Content-Digest",
            description="Of the whole body (RFC 9530); the batch is refused when it differs.",
            examples=["sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"],
        ),
    ] = None,
    mode: Mode = BatchMode.SNAPSHOT,
    totals: Annotated[Totals, Depends(totals_of)] = NOTHING_STATED,
    dry_run: Annotated[
        bool, Query(description="试运行: check and report, publish nothing. 只校验，不发布。")
    ] = False,
) -> Submission:
    """A batch as it is handed in; its body has not been read yet."""
    return Submission(
        resource=resource,
        key=key,
        mode=mode,
        content=content,
        digest=stated(vault.suite, content_digest),
        dry_run=dry_run,
        totals=totals,
        body=request.stream(),
        largest=told.largest_batch,
    )


@provider.post(
    "/resources/{resource}/batches",
    status_code=HTTPStatus.ACCEPTED,
    summary="提交数据批次 · Hand in a batch",
    responses={200: {"model": BatchView, "description": "重复提交 · Handed in before"}},
    openapi_extra={"requestBody": {"required": True, "content": BODIES}},
)
async def submit(
    sent: Annotated[Submission, Depends(submission)],
    by: Submitter,
    sessions: OwnSessions,
    vault: InVault,
    response: Response,
) -> BatchView:
    """Hand in a CSV (UTF-8, GB18030 or UTF-16) whose header names the items by name or code, or
    JSON lines with objects keyed by them; either one packed with gzip, or as a ZIP of one file;
    or a sheet of an XLSX workbook, or Parquet.

    The body is streamed, of any size. The answer comes when it is whole and durable; checking and
    publishing follow, see the batch. The Idempotency-Key is your own id of the batch: the same id
    with the same content answers 200 with the batch that is there. A delta may have a column
    `_op` (操作) with `upsert` or `delete`. Control totals that you state (`rows`, `sum` with
    `sum_of`) are compared with what arrived; a difference refuses the batch. With `dry_run=true`
    it ends as `checked`, with its report, and nothing is published.

    Permission `batch:submit`. Refused: 404 not your resource; 409 out of the catalogue, without a
    key item, id used with other content; 400 digest differs, upload broken or a sum of no exact
    item; 413 too large; 415 a format that is not read; 503 no room. jiangsu-2012 §15,
    baoji-2017 §17.
    """
    batch, new = await usecases.submit(sessions, vault, by, sent)
    response.status_code = HTTPStatus.ACCEPTED if new else HTTPStatus.OK
    return BatchView.of(batch, vault.suite)


@provider.get("/resources/{resource}/batches", summary="查询数据批次 · List batches")
async def list_batches(
    resource: UUID, viewer: BatchReader, session: Session, vault: InVault, params: Paging
) -> Page[BatchView]:
    """The batches handed in for a resource of your department, the newest first.

    Permission `batch:read`. Refused: 404 not your resource.
    """
    found, following = await queries.batches(session, resource, viewer, params)
    return Page(items=[BatchView.of(batch, vault.suite) for batch in found], next=following)


@provider.get("/batches/{batch}", summary="查看批次进度 · Read a batch")
async def read_batch(
    batch: UUID, viewer: BatchReader, session: Session, vault: InVault
) -> BatchView:
    """How far a batch of your department came, and its counts by reason. Rows in = accepted +
    rejected.

    Permission `batch:read`. Refused: 404 not your batch.
    """
    return BatchView.of(await queries.own_batch(session, batch, viewer), vault.suite)


@provider.get(
    "/batches/{batch}/rejects",
    summary="查看问题数据 · Read the reject report",
    response_model=Page[FindingView],
    responses={200: {"content": {"text/csv": _CSV}}},
)
async def read_rejects(
    batch: UUID,
    viewer: BatchReader,
    session: Session,
    vault: InVault,
    params: Paging,
    accept: Annotated[str, Header(description="`text/csv` for the whole as a file.")] = "",
) -> Page[FindingView] | StreamingResponse:
    """What was found in a batch: line, item, reason, value and line as they came, in both
    languages what is wrong. As pages of JSON, or with `Accept: text/csv` the whole as one file.

    Permission `batch:read`. Refused: 404 not your batch. Never shown to another department.
    """
    report = await report_of(session, vault, batch, viewer)
    if "text/csv" in accept:
        return csv_file(report.csv(), f"rejects-{batch}.csv")
    found, following = await report.page(params)
    return Page(items=[FindingView.of(finding) for finding in found], next=following)


def csv_file(body: AsyncIterator[bytes], name: str) -> StreamingResponse:
    """A CSV to be saved under a name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return StreamingResponse(body, media_type="text/csv; charset=utf-8", headers=headers)


@provider.get("/resources/{resource}/rules", summary="查看校验规则 · Read the rules' severities")
async def read_rules(resource: UUID, viewer: BatchReader, session: Session) -> RulesView:
    """How severe each rule is for a resource of your department; what is not named is rejected.

    Permission `batch:read`. Refused: 404 not your resource.
    """
    found = await queries.own_resource(session, resource, viewer)
    return RulesView.of(found, await queries.rules(session, resource))


@provider.put("/resources/{resource}/rules", summary="设置校验规则 · Set the rules' severities")
async def set_rules(
    resource: UUID, body: RulesView, by: RuleManager, session: Session
) -> RulesView:
    """Choose per rule, or per rule and item, what a breach means: `reject` keeps the row out,
    `flag` lets it in and marks it, `pass` lets it in. The law wants your own data, not prettier
    ones: you decide what a legacy number is. `most_rejected` refuses a batch of which a larger
    share is rejected; a snapshot that keeps less than the share `least_kept` of the rows that
    stand waits for your word. Holds from the next batch on.

    Permission `rule:manage`. Refused: 404 not your resource; 409 a rule that always rejects, an
    unknown item. baoji-2017 §17.
    """
    chosen = await usecases.set_rules(session, by, resource, body.choices(), body.shares())
    return RulesView.of(*chosen)


async def asked_for(
    at: Annotated[
        int | None, Query(ge=1, le=2**62, description="As of this sequence number.")
    ] = None,
    as_of: Annotated[
        AwareDatetime | None,
        Query(description="As of this moment, by when batches were published. Not with `at`."),
    ] = None,
) -> int | datetime | None:
    """Which state is asked for; None is the newest. Raises VersionAmbiguous."""
    if at is not None and as_of is not None:
        raise VersionAmbiguous("Say `at` or `as_of`, not both.")
    return as_of if at is None else at


@grantee.get("/snapshot", summary="获取全量数据 · Take a snapshot")
async def snapshot(
    grant: UUID,
    by: DataReader,
    counter: AtCounter,
    vault: InVault,
    asked: Annotated[int | datetime | None, Depends(asked_for)],
    form: Format = Form.PARQUET,
    marks: Marks = False,
) -> SnapshotView:
    """All rows under the grant as of now, or as they stood at a sequence number or a moment, as
    files at addresses that live while the grant does.

    The files hold the granted items of the rows that the grant lets through and nothing else;
    masked items come masked. Where the key is not granted, or masked, `_key` is a pseudonym of this
    grant alone.

    Permission `data:read`, and the grant. Refused: 404 no grant in force; 400 not published, taken
    back or no longer kept then; 503 being cut. jiangsu-2017 §16 §17, baoji-2017 §16 §18.
    """
    found = await counter.snapshot(by, grant, form, marks=marks, asked=asked)
    return SnapshotView.of(found, vault.suite)


@grantee.get("/changes", summary="获取增量数据 · Take what changed")
async def changes(
    grant: UUID,
    by: DataReader,
    counter: AtCounter,
    vault: InVault,
    after: Annotated[int, Query(ge=0, le=2**62, description="The last sequence you hold.")] = 0,
    form: Format = Form.PARQUET,
    marks: Marks = False,
) -> ChangesView:
    """What changed under the grant after a sequence number, batch by batch, with the images
    before: `_change_type` is insert, update_preimage, update_postimage or delete. Changes in items
    that are not granted do not show. Another `epoch` than yours: begin anew with a snapshot.

    Permission `data:read`, and the grant. Refused: 404 no grant in force; 400 ahead of what is
    published; 503 being cut. baoji-2017 §16 §18.
    """
    found = await counter.changes(by, grant, after, form, marks=marks)
    return ChangesView.of(found, vault.suite)


@grantee.post("/lookup", summary="按主键查询 · Look up by key")
async def look_up(grant: UUID, body: LookupBody, by: Asker) -> LookupView:
    """The granted items of up to 1,000 rows by their keys, with source and date.

    Keys stand in the body, never in an address; the log has a keyed digest of them.

    Permission `data:lookup`, and the grant. Refused: 404 no grant in force; 409 key not granted,
    nothing published; 503 the tables are away. baoji-2017 §16 §18.
    """
    # Described here, answered before it comes here: see lookup.LookupFirst.
    raise NotFound("There is no such grant of your department.")
