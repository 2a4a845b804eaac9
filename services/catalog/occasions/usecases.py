"""What can be done with occasions. One function a verb."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog import queries as catalogue
from services.catalog.installation import Installation
from services.catalog.occasions import queries, rules
from services.catalog.occasions.models import PLATFORM, Occasion
from services.catalog.occasions.schemas import OccasionBody, SettleBody
from shared.events.gateway import DepartmentSucceeded
from shared.idempotency import claim
from shared.ids import new_id
from shared.outbox import emit
from shared.principal import Principal
from shared.rulebooks import Rulebook
from shared.rulebooks.vocabulary import Change

_REGISTER = "occasion"
# As many as a department names at once; a list that nobody reads helps nobody.
_MOST_RESOURCES: Final = 1000
_TAKEN_OVER = "部门承继，职能变化（{}）"


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
    occasion = _occasion(
        here,
        act.rulebook,
        identity,
        department.id,
        body.cause,
        body.description,
        body.changed_on,
        resources,
        act.at,
        by.actor,
    )
    session.add(occasion)
    emit(session, occasion.registered(by))
    await session.flush()
    return await queries.get(session, identity, by), True


def open_for_heir(
    session: AsyncSession,
    here: Installation,
    event: DepartmentSucceeded,
    heir: UUID,
    resources: Sequence[UUID],
) -> None:
    """Whose duties changed by a succession has to bring the entries taken over up to date.

    By the rulebooks that name a change of functions (jiangsu-2017 §9, baoji-2017 §10), within
    their limit from the day of the succession; under the others nothing is opened.
    """
    rulebook = here.in_force(here.day_of(event.at))
    refresh = rulebook.catalogue_refresh
    if refresh.silent or Change.FUNCTIONS not in refresh.value.after:
        return
    for first in range(0, len(resources), _MOST_RESOURCES):
        occasion = _occasion(
            here,
            rulebook,
            new_id(),
            heir,
            Change.FUNCTIONS,
            _TAKEN_OVER.format(event.basis),
            event.effective_on,
            list(resources[first : first + _MOST_RESOURCES]),
            event.at,
            PLATFORM,
        )
        session.add(occasion)
        emit(session, occasion.registered(None))


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


def _occasion(
    here: Installation,
    rulebook: Rulebook,
    identity: UUID,
    provider: UUID,
    cause: Change,
    description: str,
    changed_on: date,
    resources: list[UUID],
    at: datetime,
    actor: str,
) -> Occasion:
    """A change, and by when the rulebook wants the catalogue updated after it."""
    limit = rules.limit_of(rulebook)
    due = here.due(changed_on, limit) if limit is not None else None
    limited = rulebook.catalogue_refresh_limit.article
    return Occasion(
        id=identity,
        provider=provider,
        cause=cause,
        description=description,
        changed_on=changed_on,
        resources=resources,
        due_on=due.date if due else None,
        due_provisional=due.provisional if due else False,
        article=limited if due else rulebook.catalogue_refresh.article,
        rulebook=rulebook.id,
        rulebook_version=rulebook.version,
        registered_at=at,
        registered_by=actor,
    )
