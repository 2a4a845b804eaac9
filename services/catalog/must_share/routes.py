"""HTTP for what must be shared and is not. The route reads its input, calls one thing."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.catalog.must_share import queries
from services.catalog.must_share.schemas import UnsharedView
from services.catalog.routes import Here, Reader
from shared.db import Session
from shared.pages import Page, Paging

router = APIRouter(prefix="/v1/must-share", tags=["应当共享 · What must be shared"])


@router.get("/unshared", summary="查询应共享未共享 · List what must be shared and is not")
async def unshared(
    viewer: Reader,
    session: Session,
    here: Here,
    paging: Paging,
    provider: Annotated[UUID | None, Query(description="Only this department's.")] = None,
) -> Page[UnsharedView]:
    """Published resources of categories that the rulebook wants shared, kept back whole or in part.

    Each with its category, the article, and the basis that its provider states. A competent
    authority sees those of its region, a department its own. Empty where the rulebook names none.

    Permission `resource:read`. jiangsu-2012 §7, jiangsu-2017 §11(3), baoji-2017 §15(3).
    """
    rulebook = here.today()
    found, after = await queries.unshared(session, rulebook, provider, viewer, paging)
    return Page(items=[UnsharedView.of(version, rulebook) for version in found], next=after)
