"""HTTP for IT projects. Each route reads its input, calls one thing, returns it."""

from http import HTTPStatus
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from services.catalog.projects import queries, usecases
from services.catalog.projects.models import Project
from services.catalog.projects.queries import WantedProjects
from services.catalog.projects.rules import BudgetSource, Stage
from services.catalog.projects.schemas import (
    DoneBody,
    EndBody,
    EvaluationBody,
    FundingBody,
    LinkBody,
    OpinionBody,
    ProjectBody,
    ProjectSummary,
    ProjectView,
    StatementBody,
)
from services.catalog.projects.signing import Notary
from services.catalog.routes import Compiler, Here, IfMatch, Publisher, Reader
from shared.db import Session
from shared.idempotency import IdempotencyKey
from shared.pages import Page, Paging

router = APIRouter(prefix="/v1/it-projects", tags=["信息化项目 · IT projects"])


async def wanted(
    provider: Annotated[UUID | None, Query(description="Only this department's.")] = None,
    stage: Annotated[Stage | None, Query(description="Only at this stage.")] = None,
    source: Annotated[BudgetSource | None, Query(description="Only with money from there.")] = None,
    evaluated: Annotated[bool | None, Query(description="Only evaluated, or not.")] = None,
) -> WantedProjects:
    """What a list of projects is narrowed to."""
    return WantedProjects(provider=provider, stage=stage, source=source, evaluated=evaluated)


async def notary(request: Request) -> Notary:
    """Who signs statements here."""
    found: Notary = request.app.state.notary
    return found


def _tagged(response: Response, project: Project) -> ProjectView:
    response.headers["ETag"] = usecases.etag(project)
    return ProjectView.complete(project)


@router.post(
    "",
    status_code=HTTPStatus.CREATED,
    summary="申报信息化项目 · File an IT project",
    responses={200: {"model": ProjectView, "description": "重复提交 · The key was used before"}},
)
async def file(
    body: ProjectBody,
    key: IdempotencyKey,
    by: Compiler,
    session: Session,
    here: Here,
    response: Response,
) -> ProjectView:
    """File a project of your department with the list of resources that it will bring.

    No sum of money is asked for. The list may follow until the approval.

    Permission `resource:compile`. Refused: 409 a name twice, or the key came with another body.
    jiangsu-2012 §29, jiangsu-2017 §22, baoji-2017 §26.
    """
    project, new = await usecases.file(session, by, here, key, body)
    response.status_code = HTTPStatus.CREATED if new else HTTPStatus.OK
    response.headers["Location"] = f"/v1/it-projects/{project.id}"
    return _tagged(response, project)


@router.get("", summary="查询信息化项目 · List IT projects")
async def list_projects(
    viewer: Reader,
    session: Session,
    narrowed: Annotated[WantedProjects, Depends(wanted)],
    paging: Paging,
) -> Page[ProjectSummary]:
    """Your department's projects; for a competent authority those of its region.

    `stage=accepted&evaluated=false` is what is still to be evaluated.

    Permission `resource:read`. jiangsu-2012 §29, jiangsu-2017 §22, baoji-2017 §26.
    """
    found, after = await queries.listing(session, narrowed, viewer, paging)
    return Page(items=[ProjectSummary.of(project) for project in found], next=after)


@router.get("/{project}", summary="查看信息化项目 · Read an IT project")
async def read_project(
    project: UUID, viewer: Reader, session: Session, response: Response
) -> ProjectView:
    """One project with its list, its history and what the authority stated on it.

    Permission `resource:read`. Refused: 404 another department's. jiangsu-2017 §22, baoji-2017 §26.
    """
    return _tagged(response, await queries.get(session, project, viewer))


@router.put("/{project}", summary="修改信息化项目 · Write an IT project anew")
async def restate(
    project: UUID,
    body: ProjectBody,
    by: Compiler,
    session: Session,
    here: Here,
    response: Response,
    if_match: IfMatch = None,
) -> ProjectView:
    """Write a project that is not approved anew; an opinion and links on the former text are gone.

    Permission `resource:compile`, at its department. Refused: 403 others; 409 approved or ended,
    or a name twice; 412 changed meanwhile; 428 no If-Match. jiangsu-2017 §22, baoji-2017 §26.
    """
    return _tagged(response, await usecases.restate(session, by, here, project, body, if_match))


@router.post("/{project}/review", summary="出具审核意见 · Give an opinion before approval")
async def review(
    project: UUID,
    body: OpinionBody,
    by: Publisher,
    session: Session,
    here: Here,
    response: Response,
) -> ProjectView:
    """Give the authority's opinion on a project, before it goes to whoever approves it.

    Permission `resource:publish`, at the region's authority. Refused: 403 others; 409 approved or
    ended. jiangsu-2012 §29.
    """
    return _tagged(response, await usecases.review(session, by, here, project, body))


@router.post("/{project}/approve", summary="登记立项批复 · Record the approval")
async def approve(
    project: UUID, body: DoneBody, by: Compiler, session: Session, here: Here, response: Response
) -> ProjectView:
    """Put on record that a project was approved, with day and paper.

    Permission `resource:compile`, at its department. Refused: 403 others; 409 by the rulebook:
    no list, no opinion, or the authority stated that the duties of sharing are not met.
    jiangsu-2012 §29, jiangsu-2017 §22, baoji-2017 §26.
    """
    return _tagged(response, await usecases.approve(session, by, here, project, body))


@router.post("/{project}/link", summary="关联目录 · Join a planned resource to its entry")
async def link(
    project: UUID, body: LinkBody, by: Compiler, session: Session, here: Here, response: Response
) -> ProjectView:
    """Say which resource of your department a planned one has become.

    Permission `resource:compile`, at its department. Refused: 403 others; 409 accepted or ended,
    no such place, or no such resource. jiangsu-2017 §22, baoji-2017 §26.
    """
    return _tagged(response, await usecases.link(session, by, here, project, body))


@router.post("/{project}/accept", summary="登记项目验收 · Record the acceptance")
async def accept(
    project: UUID, body: DoneBody, by: Compiler, session: Session, here: Here, response: Response
) -> ProjectView:
    """Put on record that a project was accepted, with day and paper.

    Permission `resource:compile`, at its department. Refused: 403 others; 409 not approved, or by
    the rulebook while a planned resource is not in the catalogue (`errors` names each).
    jiangsu-2017 §22, baoji-2017 §26.
    """
    return _tagged(response, await usecases.accept(session, by, here, project, body))


@router.post("/{project}/funding", summary="登记申请经费 · Register that funding is applied for")
async def register_funding(
    project: UUID, body: FundingBody, by: Compiler, session: Session, here: Here, response: Response
) -> ProjectView:
    """Register that funding is applied for: that it is and when, never how much.

    Permission `resource:compile`, at its department. Refused: 403 others; 409 ended, or registered
    already. jiangsu-2017 §23.
    """
    return _tagged(response, await usecases.register_funding(session, by, here, project, body))


@router.post("/{project}/statements", summary="出具共享合规说明 · State compliance for funding")
async def state(
    project: UUID,
    body: StatementBody,
    by: Publisher,
    session: Session,
    here: Here,
    signed_by: Annotated[Notary, Depends(notary)],
    response: Response,
) -> ProjectView:
    """State, for or against, whether the duties of sharing are met, for a decision on funding.

    The document comes with its digest, and signed where the installation has a key for it.

    Permission `resource:publish`, at the region's authority. Refused: 403 others; 409 ended, or by
    the rulebook while the funding is not registered. jiangsu-2017 §22-23, baoji-2017 §26.
    """
    found = await usecases.state(session, by, here, signed_by, project, body)
    return _tagged(response, found)


@router.post("/{project}/evaluations", summary="评价信息化项目 · Evaluate an IT project")
async def evaluate(
    project: UUID,
    body: EvaluationBody,
    by: Publisher,
    session: Session,
    here: Here,
    response: Response,
) -> ProjectView:
    """Evaluate a project that was accepted; what was found before stays in its history.

    Permission `resource:publish`, at the region's authority. Refused: 403 others; 409 not
    accepted. jiangsu-2012 §29, jiangsu-2017 §22.
    """
    return _tagged(response, await usecases.evaluate(session, by, here, project, body))


@router.post("/{project}/end", summary="终止信息化项目 · Give up an IT project")
async def end(
    project: UUID, body: EndBody, by: Compiler, session: Session, here: Here, response: Response
) -> ProjectView:
    """Give a project up before its acceptance.

    Permission `resource:compile`, at its department. Refused: 403 others; 409 accepted or ended.
    jiangsu-2017 §22.
    """
    return _tagged(response, await usecases.end(session, by, here, project, body))
