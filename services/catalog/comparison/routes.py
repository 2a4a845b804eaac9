"""HTTP for comparing versions. The route reads its input, calls one thing, returns it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path

from services.catalog import queries
from services.catalog.comparison.schemas import ComparisonView
from services.catalog.routes import Number, Reader
from shared.db import Session

router = APIRouter(prefix="/v1/resources", tags=["政务信息资源目录 · Catalogue"])

Other = Annotated[int, Path(ge=1, le=2**31 - 1, description="The version to compare it with.")]


@router.get(
    "/{resource}/versions/{version}/compare/{other}",
    summary="比较两个版本 · Compare two versions",
)
async def compare(
    resource: UUID, version: Number, other: Other, viewer: Reader, session: Session
) -> ComparisonView:
    """What the version `other` says differently from `version`, field by field, item by item.

    Permission `resource:read`. Refused: 404 a version that you may not see. jiangsu-2012 §10,
    jiangsu-2017 §9, yixing-2016 §13, baoji-2017 §10.
    """
    before, after = await queries.get_two_versions(session, resource, (version, other), viewer)
    return ComparisonView.of(before, after)
