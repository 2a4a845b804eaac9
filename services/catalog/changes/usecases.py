"""What enters the catalogue, leaves it, and when. One function a verb."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog import codes, preconditions
from services.catalog import queries as catalogue
from services.catalog.changes import queries, rules
from services.catalog.changes.models import CatalogueChange, rows_of
from services.catalog.changes.rules import ChangeState, Effect
from services.catalog.changes.schemas import CancelBody, PublishBody, WithdrawBody
from services.catalog.installation import Installation
from services.catalog.models import Resource, ResourceStep, ResourceVersion
from services.catalog.sources import usecases as sources
from services.catalog.workflow import Act, Action
from shared.events.catalog import ChangeAnnounced, ChangeCancelled, ChangeKind
from shared.ids import new_id
from shared.outbox import emit
from shared.principal import Principal


async def publish(
    session: AsyncSession,
    by: Principal,
    here: Installation,
    resource_id: UUID,
    body: PublishBody,
    if_match: str | None,
) -> ResourceVersion:
    """Put a cleared entry into the catalogue, at once or on a later day.

    Raises EntryRefused, RulingMissing, CollectionUnsettled, NoticeTooShort, IllegalMove and
    WrongSide.
    """
    act = here.act(by)
    version = await catalogue.lock(session, resource_id, by)
    preconditions.check(if_match, version)
    resource, remarks = version.resource, body.remarks
    before = resource.in_catalogue
    kind = ChangeKind.PUBLICATION if before is None else ChangeKind.REVISION
    around = await catalogue.surroundings(session, version, here.network)
    code = resource.code or await codes.next_code(session, here.code_pattern, version.entry)
    if _is_later(body.effective_on, here, act):
        on_the_day = Act(by, act.at, here.in_force(body.effective_on or here.day_of(act.at)))
        resource.schedule(version, around, code, remarks, on_the_day)
        await sources.check(session, version, before, on_the_day)
        effect = _effect(here, act, body.effective_on, kind)
        _announce(session, version, kind, effect, remarks, act)
        session.add(ResourceStep.taken(Action.SCHEDULE, resource, act, remarks))
        return version
    event = resource.publish(version, around, code, remarks, act)
    await sources.check(session, version, before, act)
    effect = _effect(here, act, body.effective_on, kind)
    session.add(_change(version, kind, effect, ChangeState.DONE, remarks, act))
    session.add(ResourceStep.taken(Action.PUBLISH, resource, act, remarks))
    emit(session, event)
    return version


async def withdraw(
    session: AsyncSession,
    by: Principal,
    here: Installation,
    resource_id: UUID,
    body: WithdrawBody,
    if_match: str | None,
) -> ResourceVersion:
    """Take a resource out of the catalogue, at once or on a later day, or give a draft up.

    Raises WithdrawalReasonMissing, SuccessorUnfit, NoticeTooShort, WithdrawalAnnounced,
    IllegalMove and WrongSide.
    """
    act = here.act(by)
    version = await catalogue.lock(session, resource_id, by)
    preconditions.check(if_match, version)
    resource, kind = version.resource, ChangeKind.WITHDRAWAL
    later = _is_later(body.effective_on, here, act)
    if resource.in_catalogue is None and not later:
        event = resource.withdraw(version, body.remarks, (), act)
        await _call_off(session, resource, body.remarks or "", act)
        session.add(ResourceStep.taken(Action.WITHDRAW, resource, act, body.remarks))
        emit(session, event)
        return version
    if later:
        resource.announce_withdrawal(act)
        if await queries.waiting(session, resource.id, kind):
            raise rules.WithdrawalAnnounced("Call the announced withdrawal off first.")
    leaving = await queries.version_of(session, resource.id, resource.published or version.number)
    effect = _effect(here, act, body.effective_on, kind)
    change = _change(leaving, kind, effect, ChangeState.DONE, body.remarks, act)
    successors = [successor.successor() for successor in body.successors]
    change.successors = rows_of(successors)
    if later:
        change.state = ChangeState.WAITING
        _tell(session, leaving, change, act)
        action = Action.ANNOUNCE_WITHDRAWAL
    else:
        event = resource.withdraw(version, body.remarks, change.named_successors, act)
        await _call_off(session, resource, body.remarks or "", act)
        emit(session, event)
        action = Action.WITHDRAW
    rules.check_reason(body.remarks)
    known = await queries.items_of(session, [successor.resource for successor in successors])
    codes_of_items = {item.code for item in leaving.items}
    rules.check_successors(resource.id, codes_of_items, successors, known)
    session.add(change)
    session.add(ResourceStep.taken(action, resource, act, body.remarks))
    return version


async def cancel(
    session: AsyncSession, by: Principal, here: Installation, change_id: UUID, body: CancelBody
) -> CatalogueChange:
    """Call a change off before it takes effect.

    Raises ChangeUnknown, ChangeSettled, NotYoursToCancel and WrongSide.
    """
    act = here.act(by)
    change = await queries.lock(session, change_id, by)
    resource = change.resource
    if by.department != change.department and not by.oversees(resource.department.region):
        raise rules.NotYoursToCancel("Who decided a change calls it off, or the authority.")
    change.cancel(by.actor, body.reason, act.at)
    version = await queries.version_of(session, resource.id, change.number)
    if change.kind is ChangeKind.WITHDRAWAL:
        resource.changed(act)
    else:
        resource.unschedule(version, act)
    session.add(ResourceStep.taken(Action.CANCEL, resource, act, body.reason))
    emit(session, _cancelled(resource, change, body.reason, act))
    await session.flush()
    return await queries.get(session, change_id, by)


async def take_effect(
    session: AsyncSession, here: Installation, resource_id: UUID, change_id: UUID, at: datetime
) -> bool:
    """Let a change come about whose moment has come; False where somebody settled it meanwhile."""
    change = await queries.lock_due(session, resource_id, change_id)
    if change is None:
        return False
    act = Act(change.decider, at, here.in_force(change.effective_on))
    version = await queries.version_of(session, resource_id, change.number)
    resource = version.resource
    change.take_effect(at)
    if change.kind is ChangeKind.WITHDRAWAL:
        emit(session, resource.leave(change.reason, change.named_successors, act))
        await _call_off(session, resource, change.reason or "", act)
        session.add(ResourceStep.taken(Action.WITHDRAW, resource, act, change.reason))
        return True
    emit(session, resource.take_effect(version, act))
    # Where a rulebook names no types, the version has one only now.
    change.share_type = version.share_type
    session.add(ResourceStep.taken(Action.TAKE_EFFECT, resource, act))
    return True


def _is_later(wanted: date | None, here: Installation, act: Act) -> bool:
    return wanted is not None and wanted > here.day_of(act.at)


def _effect(here: Installation, act: Act, wanted: date | None, kind: ChangeKind) -> Effect:
    """When the change takes effect. What nobody can use yet needs no notice."""
    today = here.day_of(act.at)
    earliest = today
    if here.notice_days and kind is not ChangeKind.PUBLICATION:
        earliest = here.due(today, here.notice_days).date
    on = today if wanted is None else wanted
    rules.check_notice(on, today, earliest)
    return Effect(on, act.at if on == today else here.beginning_of(on))


def _change(
    version: ResourceVersion,
    kind: ChangeKind,
    effect: Effect,
    state: ChangeState,
    reason: str | None,
    act: Act,
) -> CatalogueChange:
    done = state is ChangeState.DONE
    return CatalogueChange(
        id=new_id(),
        resource_id=version.resource.id,
        kind=kind,
        number=version.number,
        name=version.name,
        share_type=version.share_type,
        reason=reason,
        effective_on=effect.on,
        effective_at=effect.at,
        announced_at=act.at,
        announced_by=act.by.actor,
        department=act.by.department,
        authority=act.by.authority,
        access_id=act.by.access_id,
        state=state,
        settled_at=act.at if done else None,
        settled_by=act.by.actor if done else None,
    )


def _announce(
    session: AsyncSession,
    version: ResourceVersion,
    kind: ChangeKind,
    effect: Effect,
    reason: str | None,
    act: Act,
) -> None:
    change = _change(version, kind, effect, ChangeState.WAITING, reason, act)
    session.add(change)
    _tell(session, version, change, act)


def _tell(
    session: AsyncSession, version: ResourceVersion, change: CatalogueChange, act: Act
) -> None:
    change.settled_at = change.settled_by = None
    facts = version.resource.facts(act)
    facts["resource_version"] = version.number
    emit(
        session,
        ChangeAnnounced(
            **facts,
            change=change.id,
            kind=change.kind,
            name=version.name,
            effective_on=change.effective_on,
            effective_at=change.effective_at,
            reason=change.reason,
            successors=change.named_successors,
        ),
    )


async def _call_off(session: AsyncSession, resource: Resource, reason: str, act: Act) -> None:
    """What was announced of a resource that has just left will not come about."""
    for change in await queries.waiting(session, resource.id):
        change.cancel(act.by.actor, reason, act.at)
        emit(session, _cancelled(resource, change, reason, act))


def _cancelled(
    resource: Resource, change: CatalogueChange, reason: str, act: Act
) -> ChangeCancelled:
    return ChangeCancelled(**resource.facts(act), change=change.id, kind=change.kind, reason=reason)
