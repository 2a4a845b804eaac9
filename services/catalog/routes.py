"""HTTP for the catalogue. Each route reads its input, calls one thing, returns it."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Depends, Header, Path, Request, Response, Security

from services.catalog import preconditions, queries, usecases
from services.catalog.changes import usecases as changes
from services.catalog.changes.schemas import PublishBody, WithdrawBody
from services.catalog.examples import ENTRIES
from services.catalog.installation import Installation
from services.catalog.models import ResourceVersion
from services.catalog.schemas import EntryBody, ReviewBody, SecrecyReviewBody
from services.catalog.views import ResourceView, VersionView
from shared.access import admit
from shared.db import Session
from shared.idempotency import IdempotencyKey
from shared.pages import Page, Paging
from shared.principal import Permission, Principal

router = APIRouter(prefix="/v1/resources", tags=["政务信息资源目录 · Catalogue"])

Compiler = Annotated[Principal, Security(admit, scopes=[Permission.RESOURCE_COMPILE])]
Reviewer = Annotated[Principal, Security(admit, scopes=[Permission.RESOURCE_REVIEW])]
SecrecyReviewer = Annotated[Principal, Security(admit, scopes=[Permission.RESOURCE_SECRECY_REVIEW])]
Publisher = Annotated[Principal, Security(admit, scopes=[Permission.RESOURCE_PUBLISH])]
Withdrawer = Annotated[Principal, Security(admit, scopes=[Permission.RESOURCE_WITHDRAW])]
Reader = Annotated[Principal, Security(admit, scopes=[Permission.RESOURCE_READ])]

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        max_length=200,
        description="The ETag of what you read; the step is refused when it changed since.",
        examples=['"3"'],
    ),
]
EntryInput = Annotated[EntryBody, Body(openapi_examples=ENTRIES)]


async def installation(request: Request) -> Installation:
    """The place that this installation serves."""
    found: Installation = request.app.state.installation
    return found


Here = Annotated[Installation, Depends(installation)]
Number = Annotated[int, Path(ge=1, le=2**31 - 1, description="The number of the version.")]


def _tagged(response: Response, version: ResourceVersion) -> ResourceView:
    """The resource as an answer, with the ETag that an edit of it has to name."""
    response.headers["ETag"] = preconditions.etag(version)
    return ResourceView.of(version)


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    summary="编制目录 · Compile an entry",
    responses={
        200: {"model": ResourceView, "description": "重复提交 · The key was used before"},
    },
)
async def compile_entry(
    body: EntryInput,
    key: IdempotencyKey,
    by: Compiler,
    session: Session,
    here: Here,
    response: Response,
) -> ResourceView:
    """Begin a resource of your department with a draft.

    A draft may be unfinished; what the rulebook demands is checked when it is submitted. A
    repeat of the same Idempotency-Key with the same body answers 200 with the resource as it
    stands.

    Permission `resource:compile`. Refused: 409 a key used with another body; 503 the department
    was registered a moment ago. jiangsu-2012 §9, jiangsu-2017 §8, yixing-2016 §10, baoji-2017 §9.
    """
    version, new = await usecases.compile_entry(session, by, here, key, body)
    response.status_code = HTTPStatus.CREATED if new else HTTPStatus.OK
    response.headers["Location"] = f"/v1/resources/{version.resource_id}"
    return _tagged(response, version)


@router.get("/{resource}", summary="查看目录 · Read a resource")
async def read(
    resource: UUID, viewer: Reader, session: Session, response: Response
) -> ResourceView:
    """One resource: its published version, or for those who work on it the latest.

    Permission `resource:read`. Refused: 404 what you may not see. jiangsu-2012 §10,
    jiangsu-2017 §8, yixing-2016 §6, baoji-2017 §8.
    """
    return _tagged(response, await queries.get(session, resource, viewer))


@router.put("/{resource}", summary="修改目录 · Change an entry")
async def rewrite(
    resource: UUID,
    body: EntryInput,
    by: Compiler,
    session: Session,
    here: Here,
    response: Response,
    if_match: IfMatch = None,
) -> ResourceView:
    """Replace the whole content of a draft, or begin the next version of what is published.

    The published version stays in the catalogue, unchanged, until the next one is published.

    Permission `resource:compile`, of the providing department. Refused: 403 another department's;
    404 what you may not see; 409 handed in or withdrawn; 412 somebody else changed it
    first; 428 no If-Match. jiangsu-2012 §10, jiangsu-2017 §9, yixing-2016 §11 §13,
    baoji-2017 §10.
    """
    version = await usecases.restate(session, by, here, resource, body, if_match)
    return _tagged(response, version)


@router.post("/{resource}/submit", summary="提交审核 · Submit an entry for review")
async def submit(
    resource: UUID,
    by: Compiler,
    session: Session,
    here: Here,
    response: Response,
    if_match: IfMatch = None,
) -> ResourceView:
    """Hand a draft to your department's reviewer, when the rulebook finds nothing wrong with it.

    Permission `resource:compile`, of the providing department. Refused: 409 with every problem of
    the entry at once, each with its field and article; 409 not a draft.
    """
    return _tagged(response, await usecases.submit(session, by, here, resource, if_match))


@router.post("/{resource}/review", summary="审核目录 · Review an entry")
async def review(
    resource: UUID,
    body: ReviewBody,
    by: Reviewer,
    session: Session,
    here: Here,
    response: Response,
    if_match: IfMatch = None,
) -> ResourceView:
    """Pass an entry on to the secrecy review, or return it with remarks.

    A submitted entry is reviewed in its department, by a person who had no hand in it; one that
    the secrecy review cleared can be returned by the competent authority.

    Permission `resource:review`. Refused: 403 to its compilers, to systems and to the other side;
    409 in another state. baoji-2017 §10.
    """
    version = await usecases.review(
        session, by, here, resource, body.decision, body.remarks, if_match
    )
    return _tagged(response, version)


@router.post("/{resource}/secrecy-review", summary="保密审查 · Review an entry for secrets")
async def review_secrecy(
    resource: UUID,
    body: SecrecyReviewBody,
    by: SecrecyReviewer,
    session: Session,
    here: Here,
    response: Response,
    if_match: IfMatch = None,
) -> ResourceView:
    """Clear a reviewed entry for the competent authority, or return it with remarks.

    It is done in the providing department, by a person who neither compiled nor reviewed the
    version, and who says what of secrets or privacy there is. To clear it, that must be what the
    entry states of itself and its items.

    Permission `resource:secrecy-review`, of the providing department. Refused: 403 to its
    compilers and reviewers, to systems and to others; 409 in another state, or where something
    else was found than the entry states. jiangsu-2012 §18 §19, jiangsu-2017 §21, yixing-2016
    §9 §12, baoji-2017 §15(4) §20.
    """
    version = await usecases.review_secrecy(session, by, here, resource, body, if_match)
    return _tagged(response, version)


@router.post("/{resource}/publish", summary="发布目录 · Publish an entry")
async def publish(
    resource: UUID,
    by: Publisher,
    session: Session,
    here: Here,
    response: Response,
    body: PublishBody | None = None,
    if_match: IfMatch = None,
) -> ResourceView:
    """Put a cleared entry into the catalogue, at once or on the day `effective_on`.

    The first time it is given its code. A later day is announced (`/v1/catalogue-changes`), and
    the entry fulfils the rulebook that is in force on that day. Where two articles pull apart (a
    basic item that is also private), `remarks` must hold the authority's ruling.

    Permission `resource:publish`, of the competent authority of the provider's region. Refused:
    403 to everyone else and to its compilers; 409 not cleared, not fulfilling the rulebook, basic
    items of another department's that nobody has settled (`/v1/resources/{resource}/duplicates`),
    or an earlier day than the notice that this installation gives. jiangsu-2012 §9 §11,
    jiangsu-2017 §8, yixing-2016 §6 §14, baoji-2017 §5.
    """
    told = body or PublishBody()
    return _tagged(response, await changes.publish(session, by, here, resource, told, if_match))


@router.post("/{resource}/withdraw", summary="撤回目录 · Withdraw a resource")
async def withdraw(
    resource: UUID,
    by: Withdrawer,
    session: Session,
    here: Here,
    response: Response,
    body: WithdrawBody | None = None,
    if_match: IfMatch = None,
) -> ResourceView:
    """Take a resource out of the catalogue for good, at once or later, or give a draft up.

    What is in the catalogue leaves it with a reason, and on the day `effective_on` when one is
    given; until then nothing changes, and the announcement stands in `/v1/catalogue-changes`. All
    grants of the resource end when it leaves. A resource that is split or merged names its
    successors, with a map from its items to theirs.

    Permission `resource:withdraw`, of the providing department or its competent authority.
    Refused: 403 to everyone else; 409 withdrawn already, no reason, successors that are not in the
    catalogue or lack the items, or an earlier day than the notice that this installation gives.
    jiangsu-2012 §10, yixing-2016 §13.
    """
    told = body or WithdrawBody()
    return _tagged(response, await changes.withdraw(session, by, here, resource, told, if_match))


@router.get("/{resource}/versions", summary="查看历史版本 · List the versions of a resource")
async def list_versions(
    resource: UUID, viewer: Reader, session: Session, paging: Paging
) -> Page[VersionView]:
    """The versions of a resource that you may see, the latest first, with what befell them.

    Steps, with actors and remarks, are shown to the provider and its competent authority.

    Permission `resource:read`. Refused: 404 what you may not see.
    """
    found, steps, after = await queries.history(session, resource, viewer, paging)
    return Page(
        items=[VersionView.of(version, steps.get(version.number, [])) for version in found],
        next=after,
    )


@router.get("/{resource}/versions/{version}", summary="查看某一版本 · Read one version")
async def read_version(
    resource: UUID, version: Number, viewer: Reader, session: Session, response: Response
) -> ResourceView:
    """One version of a resource. What was published once never changes.

    Permission `resource:read`. Refused: 404 what you may not see.
    """
    return _tagged(response, await queries.get_version(session, resource, version, viewer))
