"""What can be done with IT projects. One function a verb."""

from datetime import date
from typing import Final
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog import names
from services.catalog import queries as catalogue
from services.catalog.installation import Installation
from services.catalog.preconditions import EntryChanged, IfMatchMissing
from services.catalog.projects import queries, rules
from services.catalog.projects.models import Project, ProjectEntry, ProjectStatement
from services.catalog.projects.schemas import (
    DoneBody,
    EndBody,
    EvaluationBody,
    FundingBody,
    LinkBody,
    OpinionBody,
    ProjectBody,
    StatementBody,
)
from services.catalog.projects.signing import Notary
from services.catalog.workflow import Act
from shared.idempotency import claim
from shared.ids import new_id
from shared.outbox import emit
from shared.preconditions import matches
from shared.principal import Principal

_FILE: Final = "project"


def etag(project: Project) -> str:
    """The ETag of a project as it stands."""
    return f'"{project.version}"'


async def file(
    session: AsyncSession, by: Principal, here: Installation, key: str, body: ProjectBody
) -> tuple[Project, bool]:
    """A department files a project; once for each `key`.

    Raises ProjectListUnfit, ProviderUnknown and IdempotencyKeyReused.
    """
    act = here.act(by)
    sent = body.model_dump_json().encode()
    identity, new = await claim(session, by, _FILE, key, sent, act.at)
    if not new:
        return await queries.get(session, identity, by), False
    department = await catalogue.provider(session, by)
    project = Project(
        id=identity,
        provider=department.id,
        name=body.name,
        aim=body.aim,
        source=body.source,
        entries=_entries(body),
    )
    session.add(project)
    emit(session, project.filed(act))
    await session.flush()
    return await queries.get(session, identity, by), True


async def restate(
    session: AsyncSession,
    by: Principal,
    here: Installation,
    project_id: UUID,
    body: ProjectBody,
    if_match: str | None,
) -> Project:
    """The department writes a project that is not approved anew, with its list.

    Raises ProjectUnknown, ProjectNotYours, ProjectStageUnfit, ProjectListUnfit, IfMatchMissing and
    EntryChanged.
    """
    act = here.act(by)
    project = await _own(session, by, project_id)
    if if_match is None:
        raise IfMatchMissing("Send the ETag of the project that you read as If-Match.")
    if not matches(if_match, etag(project)):
        raise EntryChanged("The project was changed meanwhile; read it again.")
    entries = _entries(body)
    emit(session, project.restate(body.name, body.aim, body.source, entries, act))
    await session.flush()
    return project


async def review(
    session: AsyncSession, by: Principal, here: Installation, project_id: UUID, body: OpinionBody
) -> Project:
    """The authority gives its opinion before approval.

    Raises ProjectUnknown, ProjectNotTheAuthority and ProjectStageUnfit.
    """
    act = here.act(by)
    project = await _overseen(session, by, project_id)
    emit(session, project.review(body.opinion, body.remarks, act))
    return project


async def approve(
    session: AsyncSession, by: Principal, here: Installation, project_id: UUID, body: DoneBody
) -> Project:
    """The department puts on record that its project was approved.

    Raises ProjectUnknown, ProjectNotYours, ProjectStageUnfit, ProjectDayUnfit, ProjectListMissing,
    ProjectReviewMissing and ProjectNotCompliant.
    """
    act = here.act(by)
    project = await _own(session, by, project_id)
    _check_day(body.on, here.day_of(act.at))
    emit(session, project.approve(body.on, body.reference, act))
    return project


async def link(
    session: AsyncSession, by: Principal, here: Installation, project_id: UUID, body: LinkBody
) -> Project:
    """A planned resource has become a resource of the department.

    Raises ProjectUnknown, ProjectNotYours, ProjectStageUnfit, ProjectEntryUnknown and
    ProjectResourceUnknown.
    """
    act = here.act(by)
    project = await _own(session, by, project_id)
    if not await queries.owns(session, project.provider, body.resource):
        raise rules.ProjectResourceUnknown("Your department has no such resource.")
    emit(session, project.link(body.position, body.resource, act))
    return project


async def accept(
    session: AsyncSession, by: Principal, here: Installation, project_id: UUID, body: DoneBody
) -> Project:
    """The department puts on record that its project was accepted.

    Raises ProjectUnknown, ProjectNotYours, ProjectStageUnfit, ProjectDayUnfit and
    ProjectUncatalogued.
    """
    act = here.act(by)
    project = await _own(session, by, project_id)
    _check_day(body.on, here.day_of(act.at))
    linked = {entry.resource_id for entry in project.entries if entry.resource_id is not None}
    in_catalogue = await queries.in_catalogue(session, linked)
    emit(session, project.accept(body.on, body.reference, in_catalogue, act))
    return project


async def register_funding(
    session: AsyncSession, by: Principal, here: Installation, project_id: UUID, body: FundingBody
) -> Project:
    """The department registers that it applies for funding, without any sum.

    Raises ProjectUnknown, ProjectNotYours, ProjectStageUnfit and ProjectFundingRegisteredAlready.
    """
    act = here.act(by)
    project = await _own(session, by, project_id)
    emit(session, project.register_funding(body.purpose, act))
    return project


async def state(
    session: AsyncSession,
    by: Principal,
    here: Installation,
    notary: Notary,
    project_id: UUID,
    body: StatementBody,
) -> Project:
    """The authority states, for or against, whether the duties of sharing are met.

    Raises ProjectUnknown, ProjectNotTheAuthority, ProjectStageUnfit and
    ProjectFundingUnregistered.
    """
    act = here.act(by)
    project = await _overseen(session, by, project_id)
    emit(session, project.state(_statement(project, body, notary, act), act))
    await session.flush()
    return project


async def evaluate(
    session: AsyncSession, by: Principal, here: Installation, project_id: UUID, body: EvaluationBody
) -> Project:
    """The authority evaluates an accepted project.

    Raises ProjectUnknown, ProjectNotTheAuthority and ProjectStageUnfit.
    """
    act = here.act(by)
    project = await _overseen(session, by, project_id)
    emit(session, project.evaluate(body.result, body.remarks, act))
    return project


async def end(
    session: AsyncSession, by: Principal, here: Installation, project_id: UUID, body: EndBody
) -> Project:
    """The department gives a project up before its acceptance.

    Raises ProjectUnknown, ProjectNotYours and ProjectStageUnfit.
    """
    act = here.act(by)
    project = await _own(session, by, project_id)
    emit(session, project.end(body.reason, act))
    return project


def _statement(project: Project, body: StatementBody, notary: Notary, act: Act) -> ProjectStatement:
    linked = sum(entry.resource_id is not None for entry in project.entries)
    identity = new_id()
    document = orjson.dumps(
        {
            "statement": str(identity),
            "project": str(project.id),
            "name": project.name,
            "provider": str(project.provider),
            "provider_name": project.department.name,
            "stage": str(project.stage),
            "planned": len(project.entries),
            "linked": linked,
            "purpose": str(body.purpose),
            "verdict": str(body.verdict),
            "grounds": body.grounds,
            "authority": str(act.by.department),
            "region": act.by.authority,
            "rulebook": act.rulebook.id,
            "rulebook_version": act.rulebook.version,
            "article": rules.article_of(act.rulebook),
            "issued_at": act.at.isoformat(),
        },
        option=orjson.OPT_SORT_KEYS,
    )
    return ProjectStatement(
        id=identity,
        purpose=body.purpose,
        verdict=body.verdict,
        document=document.decode(),
        digest_name=notary.digest_name,
        digest=notary.digest(document),
        signature=notary.signature(document),
        public_key=notary.public_key,
        issued_at=act.at,
        issued_by=act.by.actor,
    )


async def _own(session: AsyncSession, by: Principal, project_id: UUID) -> Project:
    project = await queries.lock(session, project_id, by)
    if project.provider != by.department:
        raise rules.ProjectNotYours("The department whose project it is does this.")
    return project


async def _overseen(session: AsyncSession, by: Principal, project_id: UUID) -> Project:
    project = await queries.lock(session, project_id, by)
    region = project.department.region + "/"
    if by.authority is None or not region.startswith(by.authority + "/"):
        raise rules.ProjectNotTheAuthority("The competent authority of the region does this.")
    return project


def _check_day(on: date, today: date) -> None:
    if on > today:
        raise rules.ProjectDayUnfit("Put on record what has happened; this day is still to come.")


def _entries(body: ProjectBody) -> list[ProjectEntry]:
    rules.check_names([names.key(entry.name) for entry in body.entries])
    return [
        ProjectEntry(position=position, name=entry.name, items=entry.items)
        for position, entry in enumerate(body.entries)
    ]
