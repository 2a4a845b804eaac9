"""HTTP for named mappings."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response, Security

from services.catalog.bulk.routes import TAG
from services.catalog.mappings import preview, queries, usecases
from services.catalog.mappings.schemas import MappingBody, MappingView, PreviewBody, PreviewView
from services.catalog.routes import IfMatch, Reader
from shared.access import admit
from shared.db import Session
from shared.pages import Page, Paging
from shared.principal import Permission, Principal

router = APIRouter(prefix="/v1/mappings", tags=[TAG])

Keeper = Annotated[Principal, Security(admit, scopes=[Permission.MAPPING_MANAGE])]
MappingName = Annotated[
    str,
    Path(
        alias="mapping",
        pattern="^[a-z][a-z0-9-]{1,62}$",
        description="The mapping's name.",
        examples=["province-3"],
    ),
]


@router.get("", summary="查询代码映射 · List mappings")
async def list_mappings(viewer: Reader, session: Session, paging: Paging) -> Page[MappingView]:
    """The mappings in force, by name. Everybody may read and use them.

    Permission `resource:read`.
    """
    found, after = await queries.listed(session, paging)
    return Page(items=[MappingView.of(version) for version in found], next=after)


@router.get("/{mapping}", summary="查看代码映射 · Read a mapping")
async def read_mapping(
    name: MappingName,
    viewer: Reader,
    session: Session,
    response: Response,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="An older one.")] = None,
) -> MappingView:
    """A mapping in force, or an older version of it, which never changes.

    Permission `resource:read`. Refused: 404 no such mapping or version.
    """
    found = await queries.get(session, name, version)
    response.headers["ETag"] = f'"{found.number}"'
    return MappingView.of(found)


@router.get("/{mapping}/versions", summary="查看代码映射历史 · List the versions of a mapping")
async def list_versions(
    name: MappingName, viewer: Reader, session: Session, paging: Paging
) -> Page[MappingView]:
    """Every version of a mapping, the latest first.

    Permission `resource:read`. Refused: 404 no such mapping.
    """
    found, after = await queries.versions(session, name, paging)
    return Page(items=[MappingView.of(version) for version in found], next=after)


@router.put(
    "/{mapping}",
    summary="维护代码映射 · Write a mapping",
    responses={201: {"model": MappingView, "description": "首个版本 · Its first version"}},
)
async def write_mapping(
    name: MappingName,
    body: MappingBody,
    by: Keeper,
    session: Session,
    response: Response,
    if_match: IfMatch = None,
) -> MappingView:
    """Write the next version of a mapping, or its first (201). Imports that came in before keep the
    version that they came in under; what says the same as the version in force is not written.

    Permission `mapping:manage`, of a competent authority. Refused: 403 to all others; 409 fields
    or words that do not exist; 412 somebody else changed it first.
    """
    version, new = await usecases.write(session, by, name, body, if_match)
    response.status_code = HTTPStatus.CREATED if new and version.number == 1 else HTTPStatus.OK
    response.headers["ETag"] = f'"{version.number}"'
    return MappingView.of(version)


@router.post("/preview", summary="试用代码映射 · Try a mapping")
async def preview_mapping(body: PreviewBody, viewer: Reader) -> PreviewView:
    """What rows of another product come to under a mapping: each cell's field and value, or what is
    wrong with it. Nothing is kept.

    Permission `resource:read`. Refused: 409 fields or words that do not exist.
    """
    return preview.tried(body)
