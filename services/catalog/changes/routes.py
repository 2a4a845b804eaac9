"""HTTP for changes of the catalogue. Each route reads its input, calls one thing, returns it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query

from services.catalog.changes import queries, usecases
from services.catalog.changes.queries import WantedChanges
from services.catalog.changes.rules import ChangeState
from services.catalog.changes.schemas import CancelBody, ChangeView
from services.catalog.routes import Here, Reader, Withdrawer
from shared.db import Session
from shared.events.catalog import ChangeKind
from shared.pages import Page, Paging

router = APIRouter(prefix="/v1/catalogue-changes", tags=["目录变更 · Changes of the catalogue"])


async def wanted(
    resource: Annotated[UUID | None, Query(description="Only of this resource.")] = None,
    provider: Annotated[UUID | None, Query(description="Only this department's.")] = None,
    kind: Annotated[ChangeKind | None, Query(description="Only of this kind.")] = None,
    state: Annotated[ChangeState | None, Query(description="`waiting`: what lies ahead.")] = None,
) -> WantedChanges:
    """What a list of changes is narrowed to."""
    return WantedChanges(resource=resource, provider=provider, kind=kind, state=state)


@router.get("", summary="查询目录变更 · List changes of the catalogue")
async def list_changes(
    viewer: Reader,
    session: Session,
    narrowed: Annotated[WantedChanges, Depends(wanted)],
    paging: Paging,
) -> Page[ChangeView]:
    """What entered the catalogue, was replaced in it or left it, and what is announced to.

    The latest effect first, so that what lies ahead comes before what has been. Of a resource that
    was split or merged its successors are named, with the items that each takes over.

    Permission `resource:read`. jiangsu-2012 §10, jiangsu-2017 §9, yixing-2016 §13, baoji-2017
    §5 §10.
    """
    found, after = await queries.listing(session, narrowed, viewer, paging)
    return Page(items=[ChangeView.of(change) for change in found], next=after)


@router.get("/{change}", summary="查看目录变更 · Read a change of the catalogue")
async def read_change(change: UUID, viewer: Reader, session: Session) -> ChangeView:
    """One change: of which resource, from when on, why, and what takes the resource's place.

    Permission `resource:read`. Refused: 404 what you may not see.
    """
    return ChangeView.of(await queries.get(session, change, viewer))


@router.post("/{change}/cancel", summary="取消目录变更 · Call a change off")
async def cancel(
    change: UUID, body: CancelBody, by: Withdrawer, session: Session, here: Here
) -> ChangeView:
    """Call an announced change off before its day; a publication goes back to the authority.

    Permission `resource:withdraw`, of the department that decided the change or of the competent
    authority. Refused: 403 to everybody else; 404 what you may not see; 409 it has taken effect or
    was called off.
    """
    return ChangeView.of(await usecases.cancel(session, by, here, change, body))
