"""What the catalogue hands over when departments follow one another.

Published versions keep the provider under the name of their time; the resource itself answers to
whoever follows, with what was still to be done about it.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import case, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.catalog.bulk.models import ExternalIdentity
from services.catalog.guide.models import GuideService
from services.catalog.guide.rules import GuideState
from services.catalog.installation import Installation
from services.catalog.maintenance.models import Maintenance
from services.catalog.models import Department, Resource
from services.catalog.needs.life import NeedState
from services.catalog.needs.models import Need
from services.catalog.occasions import usecases as occasions
from services.catalog.occasions.models import Occasion
from services.catalog.plans.models import YearPlan, YearPlanItem
from services.catalog.plans.rules import PlanState
from services.catalog.projects.models import Project
from services.catalog.projects.rules import Stage
from services.catalog.succession import EndedDepartment
from services.catalog.workflow import State
from shared.events.catalog import ResourceHandedOver, SuccessionApplied
from shared.events.gateway import DepartmentSucceeded
from shared.outbox import emit

PLATFORM = "service:catalog"
_COVERED = "由承继部门一并维护"


async def hand_over(session: AsyncSession, here: Installation, event: DepartmentSucceeded) -> None:
    """Give the resources of a department to its heirs; versions keep the provider of their time."""
    # Whoever begins a resource for it at this moment waits here, or was waited for.
    await session.get_one(Department, event.owner, with_for_update=True)
    if event.ended:
        session.add(EndedDepartment(id=event.owner, ended_at=event.at, successor=event.successor))
    named = {heir.thing: heir.successor for heir in event.resources}
    held = await session.scalars(
        select(Resource).where(Resource.provider == event.owner).with_for_update()
    )
    moved: dict[UUID, list[UUID]] = {}
    to_update: dict[UUID, list[UUID]] = {}
    heirs: dict[UUID, Department] = {}
    for resource in held:
        heir = named.get(resource.id, event.successor)
        if heir is None or heir == event.owner:
            continue
        if heir not in heirs:
            heirs[heir] = await session.get_one(Department, heir)
        moved.setdefault(heir, []).append(resource.id)
        if resource.state is not State.WITHDRAWN:
            to_update.setdefault(heir, []).append(resource.id)
        resource.provider = heir
        resource.revision += 1
        resource.updated_at = event.at
        emit(session, _handed_over(resource, heirs[heir], event))
    for heir, resources in moved.items():
        await _follow_identifiers(session, event.owner, heir, resources)
    if event.successor is not None and event.successor != event.owner:
        await _hand_tasks_over(session, event.owner, event.successor, event.at)
    # After the tasks: what is opened here is the heir's own from the beginning.
    for heir, resources in to_update.items():
        occasions.open_for_heir(session, here, event, heir, resources)
    emit(
        session,
        SuccessionApplied(
            at=event.at,
            actor=PLATFORM,
            department=None,
            aggregate=event.owner,
            version=event.version,
            succession=event.succession,
            owner=event.owner,
            moved=sum(map(len, moved.values())),
        ),
    )


async def _follow_identifiers(
    session: AsyncSession, before: UUID, heir: UUID, resources: list[UUID]
) -> None:
    """A department's own identifiers follow the resource, but for those that the heir uses."""
    taken = select(ExternalIdentity.key).where(ExternalIdentity.department == heir)
    await session.execute(
        update(ExternalIdentity)
        .where(
            ExternalIdentity.department == before,
            ExternalIdentity.resource_id.in_(resources),
            ExternalIdentity.key.not_in(taken),
        )
        .values(department=heir)
        .execution_options(synchronize_session=False)
    )


async def _hand_tasks_over(session: AsyncSession, before: UUID, heir: UUID, at: datetime) -> None:
    """What was still to be done is the heir's, by the same day; what was done stays where it is."""
    await session.execute(
        update(Occasion)
        .where(Occasion.provider == before, Occasion.settled_at.is_(None))
        .values(provider=heir, version=Occasion.version + 1)
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        update(Need)
        .where(Need.needing == before, Need.state != NeedState.WITHDRAWN)
        .values(needing=heir, version=Need.version + 1)
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        update(Need)
        .where(Need.lead == before)
        .values(lead=heir, version=Need.version + 1)
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        update(Project)
        .where(Project.provider == before, Project.stage != Stage.ENDED)
        .values(provider=heir, version=Project.version + 1)
        .execution_options(synchronize_session=False)
    )
    # An adopted plan is frozen: who answers for its items now is found out when it is measured.
    draft = select(YearPlan.id).where(YearPlan.state == PlanState.DRAFT)
    promised = [YearPlanItem.provider == before, YearPlanItem.plan_id.in_(draft)]
    plans = select(YearPlanItem.plan_id).where(*promised)
    await session.execute(
        update(YearPlan)
        .where(YearPlan.id.in_(plans))
        .values(version=YearPlan.version + 1)
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        update(YearPlanItem)
        .where(*promised)
        .values(provider=heir)
        .execution_options(synchronize_session=False)
    )
    # What the heir describes under the same name stays beside it, until one of the two is ended.
    theirs = aliased(GuideService)
    same = select(theirs.id).where(
        theirs.provider == heir, theirs.name_key == GuideService.name_key
    )
    await session.execute(
        update(GuideService)
        .where(GuideService.provider == before, GuideService.state != GuideState.ENDED)
        .values(
            provider=heir,
            name_key=case((same.exists(), None), else_=GuideService.name_key),
            version=GuideService.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
    # The heir's own maintenance of the quarter covers what it took over.
    asked = select(Maintenance.quarter).where(Maintenance.provider == heir)
    open_ = [Maintenance.provider == before, Maintenance.confirmed_at.is_(None)]
    await session.execute(
        update(Maintenance)
        .where(*open_, Maintenance.quarter.in_(asked))
        .values(
            confirmed_at=at,
            confirmed_by=PLATFORM,
            entries=0,
            remarks=_COVERED,
            version=Maintenance.version + 1,
        )
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        update(Maintenance)
        .where(*open_, Maintenance.quarter.not_in(asked))
        .values(provider=heir, version=Maintenance.version + 1)
        .execution_options(synchronize_session=False)
    )


def _handed_over(
    resource: Resource, heir: Department, event: DepartmentSucceeded
) -> ResourceHandedOver:
    return ResourceHandedOver(
        at=event.at,
        actor=PLATFORM,
        department=None,
        aggregate=resource.id,
        version=resource.revision,
        succession=event.succession,
        resource=resource.id,
        provider=heir.id,
        formerly=event.owner,
        region=heir.region,
    )
