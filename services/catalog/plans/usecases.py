"""What the competent authority can do with yearly plans, and how far one has come."""

from collections import Counter
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog import names
from services.catalog.installation import Installation
from services.catalog.plans import queries, rules
from services.catalog.plans.models import YearPlan, YearPlanItem
from services.catalog.plans.rules import PlanUnfit, Progress
from services.catalog.plans.schemas import (
    NewPlanBody,
    PlanBody,
    PlanProgressView,
    PromiseProgressView,
)
from services.catalog.preconditions import EntryChanged, IfMatchMissing
from shared import clock
from shared.errors import FieldError
from shared.idempotency import claim
from shared.outbox import emit
from shared.preconditions import matches
from shared.principal import Principal

_PLAN: Final = "year-plan"


def etag(plan: YearPlan) -> str:
    """The ETag of a plan as it stands."""
    return f'"{plan.version}"'


async def begin(
    session: AsyncSession, by: Principal, here: Installation, key: str, body: NewPlanBody
) -> tuple[YearPlan, bool]:
    """Draw up the plan of a year; once for each `key`.

    Raises PlanNotInRulebook, NotThePlanner, PlanThere, PlanUnfit and IdempotencyKeyReused.
    """
    act = here.act(by)
    article, region = rules.article_of(act.rulebook), rules.region_of(by)
    sent = body.model_dump_json().encode()
    identity, new = await claim(session, by, _PLAN, key, sent, act.at)
    if not new:
        return await queries.get(session, identity, by), False
    if await queries.of_year(session, region, body.year) is not None:
        raise rules.PlanThere(f"There is a plan for {body.year}; change that one.")
    plan = YearPlan(
        id=identity,
        region=region,
        year=body.year,
        title=body.title,
        article=article,
        rulebook_version=act.rulebook.version,
        drawn_up_at=act.at,
        drawn_up_by=by.actor,
        items=await _items(session, region, body.year, body),
    )
    session.add(plan)
    await session.flush()
    return plan, True


async def draw_up(
    session: AsyncSession, by: Principal, plan_id: UUID, body: PlanBody, if_match: str | None
) -> YearPlan:
    """Replace what a draft holds.

    Raises PlanUnknown, NotThePlanner, PlanFrozen, PlanUnfit, IfMatchMissing and EntryChanged.
    """
    plan = await queries.lock(session, plan_id, by)
    rules.check_planner(by, plan.region)
    _check_match(plan, if_match)
    items = await _items(session, plan.region, plan.year, body)
    plan.draw_up(body.title, items, by, clock.now())
    await session.flush()
    return plan


async def adopt(
    session: AsyncSession, by: Principal, plan_id: UUID, if_match: str | None
) -> YearPlan:
    """Adopt a plan: it never changes again.

    Raises PlanUnknown, NotThePlanner, PlanFrozen, PlanEmpty and EntryChanged.
    """
    plan = await queries.lock(session, plan_id, by)
    rules.check_planner(by, plan.region)
    if if_match is not None:
        _check_match(plan, if_match)
    emit(session, plan.adopt(by, clock.now()))
    return plan


async def measure(
    session: AsyncSession, viewer: Principal, here: Installation, plan_id: UUID
) -> PlanProgressView:
    """How far a plan has come today, item by item. Raises PlanUnknown."""
    plan = await queries.get(session, plan_id, viewer)
    today = here.local_day()
    answers = await queries.answerable(session, {item.provider for item in plan.items})
    wanted = {(answers[item.provider], item.name_key) for item in plan.items}
    shared = await queries.first_shared(session, wanted)
    counted, items = Counter[Progress](), []
    for item in plan.items:
        at = shared.get((answers[item.provider], item.name_key))
        shared_on = here.day_of(at) if at is not None else None
        progress = rules.progress(item.due_on, shared_on, today)
        counted[progress] += 1
        items.append(
            PromiseProgressView(
                provider=item.provider,
                answerable=answers[item.provider],
                name=item.name,
                due_on=item.due_on,
                progress=progress,
                shared_on=shared_on,
            )
        )
    return PlanProgressView(
        plan=plan.id,
        year=plan.year,
        on=today,
        done=counted[Progress.DONE],
        done_late=counted[Progress.DONE_LATE],
        open=counted[Progress.OPEN],
        overdue=counted[Progress.OVERDUE],
        items=items,
    )


async def _items(
    session: AsyncSession, region: str, year: int, body: PlanBody
) -> list[YearPlanItem]:
    rules.check_promises(year, [item.promise() for item in body.items])
    known = await queries.departments(session, {item.provider for item in body.items})
    faults = []
    for number, item in enumerate(body.items):
        department = known.get(item.provider)
        if department is None or not (department.region + "/").startswith(region + "/"):
            sentence = "A department of the region."
            faults.append(FieldError(f"items.{number}.provider", "unknown", sentence))
    if faults:
        raise PlanUnfit("These items cannot stand in the plan as they are.", errors=faults)
    return [
        YearPlanItem(
            position=number,
            provider=item.provider,
            name=item.name,
            name_key=names.key(item.name),
            due_on=item.due_on,
        )
        for number, item in enumerate(body.items)
    ]


def _check_match(plan: YearPlan, if_match: str | None) -> None:
    if if_match is None:
        raise IfMatchMissing("Send the ETag of the plan that you read as If-Match.")
    if not matches(if_match, etag(plan)):
        raise EntryChanged("The plan was changed meanwhile; read it again.")
