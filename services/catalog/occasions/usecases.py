"""What can be done with occasions. One function a verb."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog import queries as catalogue
from services.catalog.installation import Installation
from services.catalog.occasions import queries, rules
from services.catalog.occasions.models import Occasion
from services.catalog.occasions.schemas import OccasionBody, SettleBody
from shared.idempotency import claim
from shared.outbox import emit
from shared.principal import Principal

_REGISTER = "occasion"


async def register(
    session: AsyncSession, by: Principal, here: Installation, key: str, body: OccasionBody
) -> tuple[Occasion, bool]:
    """Put a change of law or duty on record, and the last day of the update; once a `key`.

    Raises CauseNotInRulebook, ChangeInFuture, ResourcesNotYours, ProviderUnknown and
    IdempotencyKeyReused.
    """
    act = here.act(by)
    sent = body.model_dump_json().encode()
    identity, new = await claim(session, by, _REGISTER, key, sent, act.at)
    if not new:
        return await queries.get(session, identity, by), False
    department = await catalogue.provider(session, by)
    today = here.day_of(act.at)
    rules.check_cause(act.rulebook, body.cause, body.changed_on, today)
    resources = list(dict.fromkeys(body.resources))
    rules.check_known(resources, await queries.own(session, department.id, resources))
    limit = rules.limit_of(act.rulebook)
    due = here.due(body.changed_on, limit) if limit is not None else None
    limited = act.rulebook.catalogue_refresh_limit.article
    occasion = Occasion(
        id=identity,
        provider=department.id,
        cause=body.cause,
        description=body.description,
        changed_on=body.changed_on,
        resources=resources,
        due_on=due.date if due else None,
        due_provisional=due.provisional if due else False,
        article=limited if due else act.rulebook.catalogue_refresh.article,
        rulebook=act.rulebook.id,
        rulebook_version=act.rulebook.version,
        registered_at=act.at,
        registered_by=by.actor,
    )
    session.add(occasion)
    emit(session, occasion.registered(by))
    await session.flush()
    return await queries.get(session, identity, by), True


async def settle(
    session: AsyncSession, by: Principal, here: Installation, occasion_id: UUID, body: SettleBody
) -> Occasion:
    """The entries concerned are handed to the authority anew: the update is settled.

    Raises OccasionUnknown, NotYourOccasion, SettledAlready and UpdateOpen.
    """
    act = here.act(by)
    occasion = await queries.lock(session, occasion_id, by)
    if by.department != occasion.provider:
        raise rules.NotYourOccasion("The department that registered it settles it.")
    emit(session, occasion.settle(by, body.remarks, act.at))
    since = here.beginning_of(occasion.changed_on)
    open_ = await queries.not_updated(session, occasion.resources, since)
    rules.check_updated(open_, act.rulebook)
    return occasion


async def report_late(session: AsyncSession, here: Installation, at: datetime, most: int) -> int:
    """Say of updates past their last day that they are overdue, once; return how many."""
    late = await queries.lock_late(session, here.day_of(at), most)
    for occasion in late:
        emit(session, occasion.fall_overdue(at))
    return len(late)


async def remind(session: AsyncSession, here: Installation, at: datetime, most: int) -> int:
    """Remind of updates whose last day is near, once; return how many."""
    until = here.due(here.day_of(at), rules.REMINDER_DAYS).date
    near = await queries.lock_near(session, until, most)
    for occasion in near:
        emit(session, occasion.remind(at))
    return len(near)
