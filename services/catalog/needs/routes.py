"""HTTP for needs. Each route reads its input, calls one thing, returns it."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response, Security

from services.catalog.needs import proposing, queries, usecases
from services.catalog.needs.life import NeedState, Urgency
from services.catalog.needs.models import Need
from services.catalog.needs.queries import WantedNeeds
from services.catalog.needs.schemas import (
    ChooseBody,
    NeedBody,
    NeedRecordView,
    NeedRemarksBody,
    NeedView,
    ProposalsView,
    ProposalView,
    RulingBody,
)
from services.catalog.routes import Here, IfMatch
from services.catalog.search.routes import Search
from shared.access import admit
from shared.db import Session
from shared.idempotency import IdempotencyKey
from shared.pages import Page, Paging
from shared.principal import Permission, Principal

router = APIRouter(prefix="/v1/needs", tags=["共享需求 · Needs"])

Asker = Annotated[Principal, Security(admit, scopes=[Permission.REQUEST_SUBMIT])]
Reader = Annotated[Principal, Security(admit, scopes=[Permission.REQUEST_READ])]
Coordinator = Annotated[Principal, Security(admit, scopes=[Permission.NEED_RULE])]


async def wanted(
    department: Annotated[UUID | None, Query(description="Only this department's.")] = None,
    state: Annotated[NeedState | None, Query(description="Only those standing there.")] = None,
    urgency: Annotated[Urgency | None, Query(description="Only those so urgent.")] = None,
    lead: Annotated[
        UUID | None, Query(description="Only those that this department is to collect for.")
    ] = None,
) -> WantedNeeds:
    """What a list of needs is narrowed to."""
    return WantedNeeds(department, state, urgency, lead)


def _tagged(response: Response, need: Need) -> NeedView:
    """The need as an answer, with the ETag that an edit of it has to name."""
    response.headers["ETag"] = f'"{need.version}"'
    return NeedView.of(need)


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    summary="登记共享需求 · Register a need",
    responses={200: {"model": NeedView, "description": "重复提交 · The key was used before"}},
)
async def register(
    body: NeedBody,
    key: IdempotencyKey,
    by: Asker,
    session: Session,
    here: Here,
    response: Response,
) -> NeedView:
    """State what your department needs of others' data, for which duty and which use.

    Beside your department only its competent authority knows of it.

    Permission `request:submit`. Refused: 409 a key used with another body; 503 the department was
    registered a moment ago. jiangsu-2012 §9, jiangsu-2017 §4(2), yixing-2016 §19,
    baoji-2017 §4(2).
    """
    need, new = await usecases.register(session, by, here, key, body)
    response.status_code = HTTPStatus.CREATED if new else HTTPStatus.OK
    response.headers["Location"] = f"/v1/needs/{need.id}"
    return _tagged(response, need)


@router.get("", summary="查询共享需求 · List needs")
async def list_needs(
    viewer: Reader,
    session: Session,
    narrowed: Annotated[WantedNeeds, Depends(wanted)],
    paging: Paging,
) -> Page[NeedView]:
    """Your department's, the newest first, and those that it was assigned to collect for.

    A competent authority sees those of its region; `state=unmet` waits for its ruling.

    Permission `request:read`. yixing-2016 §6.
    """
    found, after = await queries.listing(session, narrowed, viewer, paging)
    return Page(items=[NeedView.of(need) for need in found], next=after)


@router.get("/{need}", summary="查看共享需求 · Read a need")
async def read(need: UUID, viewer: Reader, session: Session, response: Response) -> NeedView:
    """One need, and what came of it.

    Permission `request:read`. Refused: 404 for who is neither the department, nor its authority,
    nor assigned to collect for it.
    """
    return _tagged(response, await queries.get(session, need, viewer))


@router.put("/{need}", summary="修改共享需求 · State a need otherwise")
async def restate(
    need: UUID,
    body: NeedBody,
    by: Asker,
    session: Session,
    here: Here,
    response: Response,
    if_match: IfMatch = None,
) -> NeedView:
    """Replace what your department needs; it stands as registered again.

    Permission `request:submit`, of the department that registered it. Refused: 403 others; 404
    unknown; 409 ruled or withdrawn; 412 changed meanwhile; 428 no If-Match.
    """
    changed = await usecases.restate(session, by, here, need, body, if_match)
    return _tagged(response, changed)


@router.get("/{need}/proposals", summary="匹配目录 · Propose resources for a need")
async def propose(need: UUID, viewer: Reader, session: Session, index: Search) -> ProposalsView:
    """Published resources of other departments that may meet the need, the best first.

    Each says how well it fits, from 0 to 100, and in what: the same name or words of it, the same
    items or similar ones.

    Permission `request:read`. Refused: 404 unknown; 503 while the search index of a new process
    is being built. yixing-2016 §6.
    """
    of = await queries.get(session, need, viewer)
    found = await proposing.propose(session, index, of)
    return ProposalsView(items=[ProposalView.of(proposal) for proposal in found])


@router.post("/{need}/choose", summary="选定目录 · Choose the resource that fits")
async def choose(
    need: UUID, body: ChooseBody, by: Asker, session: Session, here: Here, response: Response
) -> NeedView:
    """Say which published resource meets the need; it is asked for by a share request.

    Permission `request:submit`, of the department that registered it. Refused: 403 others; 404
    unknown; 409 withdrawn, or a resource that is not in the catalogue or your own.
    """
    return _tagged(response, await usecases.choose(session, by, here, need, body.resource))


@router.post("/{need}/report-unmet", summary="报请协调 · Report that nothing fits")
async def report(
    need: UUID, body: NeedRemarksBody, by: Asker, session: Session, here: Here, response: Response
) -> NeedView:
    """Say that nothing in the catalogue meets the need: the competent authority is to rule.

    Permission `request:submit`, of the department that registered it. Refused: 403 others; 404
    unknown; 409 reported, ruled or withdrawn already. yixing-2016 §19.
    """
    return _tagged(response, await usecases.report(session, by, here, need, body.remarks))


@router.post("/{need}/rule", summary="裁定共享需求 · Rule on a need")
async def rule(
    need: UUID,
    body: RulingBody,
    by: Coordinator,
    session: Session,
    here: Here,
    response: Response,
) -> NeedView:
    """Name the resource that meets it, assign a department to collect, or record the gap.

    A department that is assigned sees the need from then on. A later ruling takes the place of an
    earlier one, which stays in the history.

    Permission `need:rule`, of the competent authority of the department's region. Refused: 403 to
    an assigned department; 404 unknown; 409 not reported as unmet, a resource not in the
    catalogue, or a department outside the region. jiangsu-2012 §9, yixing-2016 §6 §19,
    baoji-2017 §5.
    """
    return _tagged(response, await usecases.rule(session, by, here, need, body))


@router.post("/{need}/withdraw", summary="撤回共享需求 · Withdraw a need")
async def withdraw(
    need: UUID, body: NeedRemarksBody, by: Asker, session: Session, here: Here, response: Response
) -> NeedView:
    """Say that your department needs it no more.

    Permission `request:submit`, of the department that registered it. Refused: 403 others; 404
    unknown; 409 withdrawn already.
    """
    return _tagged(response, await usecases.withdraw(session, by, here, need, body.remarks))


@router.get("/{need}/history", summary="查看需求历史 · Read the history of a need")
async def history(
    need: UUID, viewer: Reader, session: Session, paging: Paging
) -> Page[NeedRecordView]:
    """Every step of a need, the first first, with what it said and what was ruled then.

    Permission `request:read`. Refused: 404 unknown.
    """
    found, after = await queries.history(session, need, viewer, paging)
    return Page(items=[NeedRecordView.model_validate(step) for step in found], next=after)
