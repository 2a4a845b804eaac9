"""HTTP of Delta Sharing. Each route reads its input, calls one thing, returns it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response, Security

from services.exchange.delta import protocol, queries
from services.exchange.delta.naming import Table, listed
from services.exchange.delta.reading import Answer, Between, Tables
from services.exchange.delta.schemas import (
    QueryBody,
    SchemaView,
    ShareAnswer,
    ShareView,
    TableView,
    moment,
)
from services.exchange.delta.schemas import Schemas as SchemasPage
from services.exchange.delta.schemas import Shares as SharesPage
from services.exchange.delta.schemas import Tables as TablesPage
from services.exchange.routes import DataReader, Told
from shared import clock, pages
from shared.access import admit
from shared.db import Session
from shared.errors import BadRequest, NotFound
from shared.principal import Permission, Principal

delta = APIRouter(prefix="/v1/delta-sharing", tags=["数据表 · Delta Sharing"])
_OF_TABLE = "/shares/{share}/schemas/{schema}/tables/{grant}"

Viewer = Annotated[Principal, Security(admit, scopes=[Permission.GRANT_READ])]
Most = Annotated[int, Query(alias="maxResults", ge=0, le=2**31, description="At most so many.")]
Token = Annotated[
    str | None,
    Query(alias="pageToken", max_length=1024, description="`nextPageToken` of the page before."),
]
AtVersion = Annotated[int | None, Query(ge=0, le=2**62)]
# OpenAPI's shape, which FastAPI takes as it is.
_NDJSON: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"application/x-ndjson": {"schema": {"type": "string"}}},
        "headers": {
            protocol.VERSION_HEADER: {
                "description": "The version that the answer is of.",
                "schema": {"type": "integer"},
            }
        },
    }
}
_LARGEST_PAGE = 500


async def tables_of(request: Request) -> Tables:
    """Where tables are read."""
    found: Tables = request.app.state.delta
    return found


async def mine(viewer: Viewer, session: Session) -> list[Table]:
    """The tables that the caller may read now."""
    return await queries.tables(session, viewer, clock.now())


AtTables = Annotated[Tables, Depends(tables_of)]
Mine = Annotated[list[Table], Depends(mine)]


@delta.get("/shares", summary="共享列表 · List shares", response_model_exclude_none=True)
async def list_shares(
    viewer: Viewer, found: Mine, most: Most = _LARGEST_PAGE, token: Token = None
) -> SharesPage:
    """The departments that share something with yours under a grant in force, by name.

    Permission `grant:read`. Refused: 400 a page token of another list. Source: Delta Sharing
    Protocol, List Shares.
    """
    names, following = _page([table.share for table in found], most, token)
    return SharesPage(items=[ShareView(name=name) for name in names], nextPageToken=following)


@delta.get("/shares/{share}", summary="查看共享 · Read a share")
async def read_share(share: str, viewer: Viewer, found: Mine) -> ShareAnswer:
    """One department that shares something with yours.

    Permission `grant:read`. Refused: 404 nothing of that name. Source: Delta Sharing Protocol,
    Get Share.
    """
    _within(found, share)
    return ShareAnswer(share=ShareView(name=share))


@delta.get(
    "/shares/{share}/schemas",
    summary="模式列表 · List schemas",
    response_model_exclude_none=True,
)
async def list_schemas(
    share: str, viewer: Viewer, found: Mine, most: Most = _LARGEST_PAGE, token: Token = None
) -> SchemasPage:
    """The resources that a department shares with yours, by name.

    Permission `grant:read`. Refused: 404 no share of that name; 400 a page token of another list.
    Source: Delta Sharing Protocol, List Schemas in a Share.
    """
    tables = _within(found, share)
    names, following = _page([table.schema for table in tables], most, token)
    return SchemasPage(
        items=[SchemaView(name=name, share=share) for name in names], nextPageToken=following
    )


@delta.get(
    "/shares/{share}/schemas/{schema}/tables",
    summary="数据表列表 · List tables of a schema",
    response_model_exclude_none=True,
)
async def list_tables(
    share: str,
    schema: str,
    viewer: Viewer,
    found: Mine,
    most: Most = _LARGEST_PAGE,
    token: Token = None,
) -> TablesPage:
    """The grants of one resource, each a table whose name is the grant's id.

    Permission `grant:read`. Refused: 404 no schema of that name; 400 a page token of another
    list. Source: Delta Sharing Protocol, List Tables in a Schema.
    """
    return _tables(_within(found, share, schema), most, token)


@delta.get(
    "/shares/{share}/all-tables",
    summary="全部数据表 · List all tables of a share",
    response_model_exclude_none=True,
)
async def list_all_tables(
    share: str, viewer: Viewer, found: Mine, most: Most = _LARGEST_PAGE, token: Token = None
) -> TablesPage:
    """All grants that a department gave yours, each a table whose name is the grant's id.

    Permission `grant:read`. Refused: 404 no share of that name; 400 a page token of another list.
    Source: Delta Sharing Protocol, List all Tables in a Share.
    """
    return _tables(_within(found, share), most, token)


@delta.get(f"{_OF_TABLE}/version", summary="数据表版本 · Read a table's version", responses=_NDJSON)
async def read_version(
    share: str,
    schema: str,
    grant: UUID,
    by: DataReader,
    tables: AtTables,
    told: Told,
    since: Annotated[datetime | None, Query(alias="startingTimestamp")] = None,
) -> Response:
    """The newest version as the header `Delta-Table-Version`, or the first that was published at
    `startingTimestamp` or later. A version is the sequence number of manifests.

    Permission `data:read`, and the grant. Refused: 404 no grant in force; 400 nothing since then.
    Source: Delta Sharing Protocol, Query Table Version. baoji-2017 §16.
    """
    version = await tables.version(by, grant, moment(since, told.timezone))
    return _answer(Answer(version, b""))


@delta.get(
    f"{_OF_TABLE}/metadata", summary="数据表元数据 · Read a table's metadata", responses=_NDJSON
)
async def read_metadata(
    share: str, schema: str, grant: UUID, by: DataReader, tables: AtTables
) -> Response:
    """The granted items as a schema, each with its Chinese name; source and date in the
    description. Another `id` than before: begin anew with the whole table.

    Permission `data:read`, and the grant. Refused: 404 no grant in force. Source: Delta Sharing
    Protocol, Query Table Metadata. baoji-2017 §16 §18.
    """
    return _answer(await tables.metadata(by, grant))


@delta.post(f"{_OF_TABLE}/query", summary="读取数据表 · Read a table's files", responses=_NDJSON)
async def query(
    share: str,
    schema: str,
    grant: UUID,
    by: DataReader,
    tables: AtTables,
    told: Told,
    body: QueryBody | None = None,
) -> Response:
    """The files of all rows under the grant, of the newest version or of the `version` or
    `timestamp` asked for. They are cut to the grant; their addresses die with it.

    Permission `data:read`, and the grant. Refused: 404 no grant in force; 400 no such version, or
    one that was recalled; 503 being cut. Source: Delta Sharing Protocol, Read Data from a Table.
    jiangsu-2017 §16 §17, baoji-2017 §16 §18.
    """
    return _answer(await tables.query(by, grant, _asked(body or QueryBody(), told.timezone)))


@delta.get(f"{_OF_TABLE}/changes", summary="数据表变更 · Read a table's changes", responses=_NDJSON)
async def changes(
    share: str,
    schema: str,
    grant: UUID,
    by: DataReader,
    tables: AtTables,
    told: Told,
    first: Annotated[AtVersion, Query(alias="startingVersion")] = None,
    since: Annotated[datetime | None, Query(alias="startingTimestamp")] = None,
    last: Annotated[AtVersion, Query(alias="endingVersion")] = None,
    until: Annotated[datetime | None, Query(alias="endingTimestamp")] = None,
) -> Response:
    """The files of what changed from one version to another, both included, with the images
    before (`_change_type`). A version that shows nothing of what is granted has no file.

    Permission `data:read`, and the grant. Refused: 404 no grant in force; 400 no beginning, no
    such versions, or more than one answer holds; 503 being cut. Source: Delta Sharing Protocol,
    Read Change Data Feed. baoji-2017 §16 §18.
    """
    zone = told.timezone
    between = Between(first, moment(since, zone), last, moment(until, zone))
    return _answer(await tables.changes(by, grant, between))


def _answer(found: Answer) -> Response:
    headers = {protocol.VERSION_HEADER: str(found.version), "Cache-Control": "no-store"}
    return Response(found.lines, headers=headers, media_type=protocol.MEDIA_TYPE)


def _asked(body: QueryBody, timezone: str) -> int | datetime | None:
    if body.startingVersion is not None:
        raise BadRequest("What changed since a version stands under /changes.")
    if body.version is not None and body.timestamp is not None:
        raise BadRequest("Name a version or a timestamp, not both.")
    return body.version if body.version is not None else moment(body.timestamp, timezone)


def _within(tables: Sequence[Table], share: str, schema: str | None = None) -> list[Table]:
    found = [t for t in tables if t.share == share and schema in (None, t.schema)]
    if not found:
        raise NotFound("Nothing of that name is shared with your department.")
    return found


def _tables(tables: Sequence[Table], most: int, token: str | None) -> TablesPage:
    by_name = {f"{table.schema}/{table.grant}": table for table in tables}
    names, following = _page(list(by_name), most, token)
    return TablesPage(
        items=[TableView.of(by_name[name]) for name in names], nextPageToken=following
    )


def _page(names: Sequence[str], most: int, token: str | None) -> tuple[Sequence[str], str | None]:
    after = None if token is None else str(pages.decode(token, [str])[0])
    found = listed(names, after, min(most, _LARGEST_PAGE))
    return found.names, None if found.after is None else pages.encode([found.after])
