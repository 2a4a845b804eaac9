"""HTTP for old grants. Each route reads its input, calls one thing, returns it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Security

from services.requests.routes import Decider, GrantReader, Law
from services.requests.takeover import queries, usecases
from services.requests.takeover.rules import TakeoverState
from services.requests.takeover.schemas import (
    ConfirmBody,
    EndBody,
    FormerGrantView,
    TakeoverGrantsBody,
    TakeoverReport,
)
from shared.access import admit
from shared.db import Session
from shared.pages import Page, Paging
from shared.principal import Permission, Principal

router = APIRouter(prefix="/v1/grant-takeovers", tags=["旧授权接管 · Takeover of old grants"])

Taker = Annotated[Principal, Security(admit, scopes=[Permission.GRANT_TAKE_OVER])]


@router.put("", summary="接管旧平台授权 · Take over old grants")
async def bring_in(
    body: TakeoverGrantsBody, by: Taker, session: Session, law: Law
) -> TakeoverReport:
    """Bring in what departments shared on an old platform, all of it or nothing.

    Each waits for the provider of its resource, who confirms it no wider than it was; only then
    it is a grant, with its old number. What was brought in before and says the same is left as it
    is, so a repeat is harmless. Try it first at /v1/grant-takeovers/rehearse.

    Permission `grant:take-over`, of a competent authority. Refused: 403 to all others; 409 with
    every fault in `errors`: a resource that is not there or not in your region, an item that it
    does not have, a department that is no more, an end that has passed, a number that said
    otherwise before. jiangsu-2017 §14, baoji-2017 §12 §13.
    """
    return await usecases.bring_in(session, by, law, body)


@router.post("/rehearse", summary="试接管旧平台授权 · Rehearse a takeover of old grants")
async def rehearse(
    body: TakeoverGrantsBody, by: Taker, session: Session, law: Law
) -> TakeoverReport:
    """Tell what would come of these old grants, with every fault; nothing is kept.

    Permission `grant:take-over`, of a competent authority. Refused: 403 to all others.
    """
    return await usecases.rehearse(session, by, law, body)


@router.get("", summary="查询旧授权接管 · List old grants")
async def listing(
    viewer: GrantReader,
    session: Session,
    paging: Paging,
    state: Annotated[TakeoverState | None, Query(description="Only in this state.")] = None,
    platform: Annotated[
        str | None, Query(max_length=200, description="Only of this platform.")
    ] = None,
) -> Page[FormerGrantView]:
    """The old grants that you may know of, the newest first: your department's on either side,
    and for a competent authority those of its region's resources.

    Permission `grant:read`.
    """
    found, after = await queries.listing(session, viewer, state, platform, paging)
    return Page(items=[FormerGrantView.of(former) for former in found], next=after)


@router.get("/{takeover}", summary="查看旧授权接管 · Read an old grant")
async def read(takeover: UUID, viewer: GrantReader, session: Session) -> FormerGrantView:
    """One old grant: what it allowed whom, why it is taken over, and what became of it.

    Permission `grant:read`. Refused: 404 for whoever is neither side nor the competent authority
    of the provider's region.
    """
    return FormerGrantView.of(await queries.get(session, takeover, viewer))


@router.post("/{takeover}/confirm", summary="确认旧授权 · Confirm an old grant")
async def confirm(
    takeover: UUID, body: ConfirmBody, by: Decider, session: Session, law: Law
) -> FormerGrantView:
    """Let it go on as a grant here: `grant` is set in the answer.

    Items, end and quota may be narrower than they were, never wider; circle and grade follow the
    rulebook and the entry of today.

    Permission `request:decide`, of the providing department, by another person than brought it
    in. Refused: 403 for the other side and the authority; 409 settled already, wider than it was,
    the resource withdrawn, the department ended. baoji-2017 §15 §18.
    """
    return FormerGrantView.of(await usecases.confirm(session, by, law, takeover, body))


@router.post("/{takeover}/refuse", summary="不予接续旧授权 · Refuse an old grant")
async def refuse(
    takeover: UUID, body: EndBody, by: Decider, session: Session, law: Law
) -> FormerGrantView:
    """Do not let it go on, with the reason; the department may ask anew in a request.

    Permission `request:decide`, of the providing department. Refused: 403 for the other side and
    the authority; 409 settled already.
    """
    return FormerGrantView.of(await usecases.refuse(session, by, law, takeover, body))


@router.post("/{takeover}/cancel", summary="撤回旧授权接管 · Call an old grant off")
async def cancel(
    takeover: UUID, body: EndBody, by: Taker, session: Session, law: Law
) -> FormerGrantView:
    """Call off what was brought in wrongly; its number may be brought in again.

    Permission `grant:take-over`, of the competent authority of the provider's region. Refused:
    403 for the two departments; 404 to all others; 409 settled already.
    """
    return FormerGrantView.of(await usecases.cancel(session, by, law, takeover, body))
