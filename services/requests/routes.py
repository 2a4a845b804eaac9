"""HTTP for share requests and grants. Each route reads its input, calls one thing, returns it."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response, Security

from services.requests import queries, usecases
from services.requests.circles import etag
from services.requests.granting import GrantState
from services.requests.jurisdiction import Jurisdiction, Moment
from services.requests.queries import GrantSide, Side, Wanted, WantedGrants
from services.requests.schemas import (
    ApproveBody,
    CircleBody,
    GrantView,
    RefuseBody,
    RequestView,
    RevokeBody,
    SubmitBody,
)
from services.requests.workflow import State
from shared.access import admit
from shared.db import Session
from shared.idempotency import IdempotencyKey
from shared.pages import Page, Paging
from shared.principal import Permission, Principal

router = APIRouter(prefix="/v1")
REQUESTS = "共享申请 · Share requests"
GRANTS = "授权 · Grants"

Submitter = Annotated[Principal, Security(admit, scopes=[Permission.REQUEST_SUBMIT])]
Reader = Annotated[Principal, Security(admit, scopes=[Permission.REQUEST_READ])]
Decider = Annotated[Principal, Security(admit, scopes=[Permission.REQUEST_DECIDE])]
GrantReader = Annotated[Principal, Security(admit, scopes=[Permission.GRANT_READ])]
Narrower = Annotated[Principal, Security(admit, scopes=[Permission.GRANT_NARROW])]
IfMatch = Annotated[
    str | None, Header(description="The ETag of the grant as you read it.", examples=['"1"'])
]
Revoker = Annotated[Principal, Security(admit, scopes=[Permission.GRANT_REVOKE])]


async def jurisdiction(request: Request) -> Jurisdiction:
    """The installation's law, dates and working days."""
    found: Jurisdiction = request.app.state.jurisdiction
    return found


Law = Annotated[Jurisdiction, Depends(jurisdiction)]


async def moment(law: Law) -> Moment:
    """The moment of a reading, so that lateness is told as of now."""
    return law.now()


Now = Annotated[Moment, Depends(moment)]


@router.post(
    "/requests",
    tags=[REQUESTS],
    status_code=HTTPStatus.CREATED,
    summary="提交共享申请 · Submit a share request",
    responses={
        200: {"model": RequestView, "description": "重复提交 · The key was used before"},
    },
)
async def submit(
    body: SubmitBody,
    key: IdempotencyKey,
    by: Submitter,
    session: Session,
    law: Law,
    response: Response,
) -> RequestView:
    """Ask for items of a resource, with the duty that needs them and the purpose.

    An unconditional resource is granted at once: `grant` is set in the answer. A conditional or
    sensitive one waits for the provider, until `due_on` where the rulebook sets a limit. What is
    not shared, or has left the catalogue, starts in negotiation. A repeat of the same
    Idempotency-Key with the same body answers 200 with the request as it stands.

    Permission `request:submit`. Refused: 403 while your department is suspended (baoji-2017 §29);
    404 unknown resource; 409 own resource, items that the resource does not have, a request still
    open for the same purpose (named), a key used with another body. jiangsu-2017 §16,
    baoji-2017 §16, jiangsu-2012 §13 §18, yixing-2016 §18.
    """
    request, new = await usecases.submit(session, by, law, key, body)
    response.status_code = HTTPStatus.CREATED if new else HTTPStatus.OK
    return RequestView.of(request, law, law.now().today)


@router.get("/requests", tags=[REQUESTS], summary="查询共享申请 · List share requests")
async def list_requests(
    viewer: Reader,
    session: Session,
    law: Law,
    now: Now,
    paging: Paging,
    state: Annotated[State | None, Query(description="Only in this state.")] = None,
    role: Annotated[
        Side | None, Query(description="Only those that your department made, or must answer.")
    ] = None,
    resource: Annotated[UUID | None, Query(description="Only for this resource.")] = None,
    overdue: Annotated[
        bool | None, Query(description="Only those unanswered past their last day, or the others.")
    ] = None,
) -> Page[RequestView]:
    """The requests that you may know of, the newest first.

    Your own department's on either side; for a competent authority also all whose provider
    stands in its region. Permission `request:read`. jiangsu-2017 §16, baoji-2017 §16.
    """
    wanted = Wanted(state=state, role=role, resource=resource, overdue=overdue)
    found, after = await queries.listing(session, viewer, wanted, now.today, paging)
    return Page(items=[RequestView.of(r, law, now.today) for r in found], next=after)


@router.get("/requests/{request}", tags=[REQUESTS], summary="查看共享申请 · Read a share request")
async def read(request: UUID, viewer: Reader, session: Session, law: Law, now: Now) -> RequestView:
    """One request: what was asked and why, until when it must be answered, how it was.

    Permission `request:read`. Refused: 404 for whoever is neither side nor the competent
    authority of the provider's region.
    """
    return RequestView.of(await queries.get(session, request, viewer), law, now.today)


@router.post(
    "/requests/{request}/approve", tags=[REQUESTS], summary="同意共享 · Approve a share request"
)
async def approve(
    request: UUID, body: ApproveBody, by: Decider, session: Session, law: Law
) -> RequestView:
    """Approve it, or some of its items, and issue the grant.

    The provider fixes scope (`items`, and in `narrowing` which rows and which items masked),
    validity, its opinion (`remarks`), who inside the requester may know (`circle`, baoji-2017
    §15(4)), and how much may be used in a day (`quota`): use keeps to its purpose, baoji-2017 §18.

    Permission `request:decide`, of the providing department, by another person than submitted it.
    Refused: 403 for the other side and the authority; 409 decided already, items not asked for, a
    narrowing that does not fit the items. jiangsu-2017 §15 §16, baoji-2017 §16, jiangsu-2012 §18.
    """
    return RequestView.of(
        await usecases.approve(session, by, law, request, body), law, law.now().today
    )


@router.post(
    "/requests/{request}/refuse", tags=[REQUESTS], summary="不予共享 · Refuse a share request"
)
async def refuse(
    request: UUID, body: RefuseBody, by: Decider, session: Session, law: Law
) -> RequestView:
    """Refuse it, with reasons; under some rulebooks on a statutory ground only.

    For sensitive data the refusal may go on file with the competent authority (`filed_at`).

    Permission `request:decide`, of the providing department, by another person than submitted it.
    Refused: 403 for the other side and the authority; 409 decided already, or not as the rulebook
    demands. jiangsu-2012 §13 §18, jiangsu-2017 §16, yixing-2016 §18, baoji-2017 §16.
    """
    return RequestView.of(
        await usecases.refuse(session, by, law, request, body), law, law.now().today
    )


@router.post(
    "/requests/{request}/withdraw", tags=[REQUESTS], summary="撤回申请 · Withdraw a share request"
)
async def withdraw(request: UUID, by: Submitter, session: Session, law: Law) -> RequestView:
    """Take your department's request back before it is decided.

    Permission `request:submit`. Refused: 403 for the provider and the authority; 409 decided or
    withdrawn already.
    """
    return RequestView.of(await usecases.withdraw(session, by, law, request), law, law.now().today)


@router.get("/grants", tags=[GRANTS], summary="查询授权 · List grants")
async def list_grants(
    viewer: GrantReader,
    session: Session,
    now: Now,
    paging: Paging,
    state: Annotated[GrantState | None, Query(description="Only in this state.")] = None,
    role: Annotated[
        GrantSide | None, Query(description="Only those that your department holds, or gave.")
    ] = None,
    resource: Annotated[UUID | None, Query(description="Only of this resource.")] = None,
) -> Page[GrantView]:
    """The grants that you may know of, the newest first: those of the requests that you may.

    Permission `grant:read`.
    """
    wanted = WantedGrants(state=state, role=role, resource=resource)
    found, after = await queries.list_grants(session, viewer, wanted, now.at, paging)
    return Page(items=[GrantView.of(grant, now.at) for grant in found], next=after)


@router.get("/grants/{grant}", tags=[GRANTS], summary="查看授权 · Read a grant")
async def read_grant(
    grant: UUID, viewer: GrantReader, session: Session, now: Now, response: Response
) -> GrantView:
    """One grant: who may use which items for what, from when and until when. Its ETag is sent.

    Permission `grant:read`. Refused: 404 for whoever is neither side nor the competent authority
    of the provider's region. jiangsu-2012 §17, jiangsu-2017 §17, yixing-2016 §20, baoji-2017 §18.
    """
    found = await queries.get_grant(session, grant, viewer)
    response.headers["ETag"] = etag(found.version)
    return GrantView.of(found, now.at)


@router.put(
    "/grants/{grant}/circle", tags=[GRANTS], summary="明确知悉范围 · Name the circle of a grant"
)
async def name_circle(
    grant: UUID,
    body: CircleBody,
    by: Narrower,
    session: Session,
    law: Law,
    response: Response,
    if_match: IfMatch = None,
) -> GrantView:
    """Say which clients and operators of the grantee may use it; to all others it is unknown.

    The grantee narrows the circle, the provider may name another. Where the rulebook demands a
    circle (`circle_article`), no data flows before one is named. In force within the bound of
    the lease, also at addresses of files that were given before.

    Permission `grant:narrow`, of the grantee or the provider. Refused: 403 for the authority;
    404 unknown; 409 wider than it was, or revoked; 412 and 428 without the grant's present ETag
    in If-Match. baoji-2017 §15(4).
    """
    changed = await usecases.name_circle(session, by, law, grant, if_match, body.circle)
    response.headers["ETag"] = etag(changed.version)
    return GrantView.of(changed, law.now().at)


@router.post("/grants/{grant}/revoke", tags=[GRANTS], summary="撤销授权 · Revoke a grant")
async def revoke(
    grant: UUID, body: RevokeBody, by: Revoker, session: Session, law: Law
) -> GrantView:
    """End a grant before its time; nothing flows under it any more within the lease's bound.

    Permission `grant:revoke`, of the providing department. Refused: 403 for the grantee and the
    authority; 409 revoked already.
    """
    return GrantView.of(await usecases.revoke(session, by, law, grant, body), law.now().at)
