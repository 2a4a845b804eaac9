"""HTTP for takeover: old codes come in, and are found."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.catalog.bulk.routes import TAG
from services.catalog.routes import Publisher, Reader
from services.catalog.takeover import queries, usecases
from services.catalog.takeover.schemas import FormerCodeView, TakenView, TakeoverBody
from shared.db import Session
from shared.pages import Page, Paging

router = APIRouter(prefix="/v1/catalogue/former-codes", tags=[TAG])


@router.put("", summary="接管旧平台代码 · Take over old codes")
async def take_over(body: TakeoverBody, by: Publisher, session: Session) -> TakenView:
    """Let the codes of an old platform go on meaning its resources here, all of them or none.

    A code keeps its meaning for ever; what is known already is left as it is, so a repeat is
    harmless.

    Permission `resource:publish`, of a competent authority. Refused: 403 to all others; 409 a code
    that means another resource, or a resource that you do not see; all of them in `errors`.
    """
    return await usecases.take_over(session, by, body)


@router.get("", summary="按旧代码查找 · Find resources by old codes")
async def find(
    viewer: Reader,
    session: Session,
    paging: Paging,
    code: Annotated[str | None, Query(max_length=200, description="Only this code.")] = None,
    resource: Annotated[UUID | None, Query(description="Only what this was called.")] = None,
) -> Page[FormerCodeView]:
    """What old codes mean, for resources that you may see: two platforms may have used one code.

    Permission `resource:read`.
    """
    found, after = await queries.meant(session, code, resource, viewer, paging)
    return Page(items=[FormerCodeView.of(former) for former in found], next=after)
