"""Every SELECT over IT projects. Who may see one is decided in `visible_to` alone."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Select, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import contains_eager, selectinload

from services.catalog import queries as catalogue
from services.catalog.departments import Department
from services.catalog.models import Resource
from services.catalog.projects.models import Project
from services.catalog.projects.rules import BudgetSource, ProjectUnknown, Stage
from services.catalog.workflow import State
from shared.pages import PageParams, page
from shared.principal import Principal


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedProjects:
    """What a list of projects is narrowed to; None narrows nothing."""

    provider: UUID | None = None
    stage: Stage | None = None
    source: BudgetSource | None = None
    evaluated: bool | None = None


def visible_to(viewer: Principal) -> Select[Project]:
    """Its own department's, and for a competent authority those of its region."""
    return (
        select(Project)
        .join(Department, Department.id == Project.provider)
        .where(or_(Project.provider == viewer.department, catalogue.overseen_by(viewer)))
        .options(contains_eager(Project.department), selectinload(Project.entries))
    )


async def get(session: AsyncSession, project: UUID, viewer: Principal) -> Project:
    """One project with all that was done with it. Raises ProjectUnknown."""
    done = (selectinload(Project.steps), selectinload(Project.statements))
    statement = visible_to(viewer).where(Project.id == project).options(*done)
    found = await session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise ProjectUnknown("There is no such project.")
    return found


async def lock(session: AsyncSession, project: UUID, viewer: Principal) -> Project:
    """One project, locked until commit. Raises ProjectUnknown."""
    # First the lock, then the look: who waited sees what the other did.
    await session.execute(select(Project.id).where(Project.id == project).with_for_update())
    return await get(session, project, viewer)


async def listing(
    session: AsyncSession, wanted: WantedProjects, viewer: Principal, params: PageParams
) -> tuple[list[Project], str | None]:
    """One page of the visible projects, the newest first."""
    statement = visible_to(viewer)
    if wanted.provider is not None:
        statement = statement.where(Project.provider == wanted.provider)
    if wanted.stage is not None:
        statement = statement.where(Project.stage == wanted.stage)
    if wanted.source is not None:
        statement = statement.where(Project.source == wanted.source)
    if wanted.evaluated is not None:
        result = Project.result
        statement = statement.where(result.is_not(None) if wanted.evaluated else result.is_(None))
    return await page(session, statement, [Project.id], params, descending=True)


async def owns(session: AsyncSession, department: UUID, resource: UUID) -> bool:
    """Whether a resource is the department's, and not withdrawn."""
    statement = select(Resource.id).where(
        Resource.id == resource,
        Resource.provider == department,
        Resource.state != State.WITHDRAWN,
    )
    return await session.scalar(statement) is not None


async def in_catalogue(session: AsyncSession, resources: Collection[UUID]) -> set[UUID]:
    """Which of these resources are in the catalogue, and stay until the commit."""
    statement = (
        select(Resource.id)
        .where(
            Resource.id.in_(resources),
            Resource.published.is_not(None),
            Resource.state != State.WITHDRAWN,
        )
        .with_for_update(read=True)
    )
    return set(await session.scalars(statement))
