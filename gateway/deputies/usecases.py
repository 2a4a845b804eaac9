"""What can be done about deputies: name one, end it before its time."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.accounts.rules import check_may_give
from gateway.accounts.usecases import note
from gateway.deputies import queries, rules
from gateway.deputies.schemas import DeputyBody
from gateway.models import Change, Deputy, Operator
from gateway.roles import Role
from shared import clock
from shared.access import Principal
from shared.ids import new_id
from shared.outbox import emit


async def name(session: AsyncSession, by: Principal, operator: UUID, body: DeputyBody) -> Deputy:
    """Let a colleague act for a person, who is the caller or somebody whom the caller manages.

    Raises NotFound, RolesNotYours, DeputySelfNamed, DeputyUnfit, DeputyTimes, RolesIncompatible,
    DeputyNamedAlready.
    """
    at = clock.now()
    since = max(body.since or at, at)
    person, colleague = await queries.lock_both(session, by, operator, body.deputy)
    if by.id != operator:
        check_may_give(by, person.held)
    rules.check_named_by(by, body.deputy)
    fits = (
        person.disabled_at is None
        and colleague is not None
        and colleague.id != person.id
        and colleague.department == person.department
        and colleague.disabled_at is None
    )
    if colleague is None or not fits:
        raise rules.DeputyUnfit("Name a colleague of the same department whose account is open.")
    rules.check_times(since, body.until, at)
    others = await queries.taken_over(session, colleague.id, since, body.until)
    rules.check_roles(_together(colleague, *others), person.held)
    if await queries.overlapping(session, operator, since, body.until) is not None:
        raise rules.DeputyNamedAlready("End the other deputy of that time first.")
    deputy = Deputy(
        id=new_id(),
        operator=operator,
        deputy=colleague.id,
        owner=person.department,
        since=since,
        until=body.until,
        named_by=by.id,
        named_at=at,
    )
    session.add(deputy)
    emit(session, deputy.named(by))
    note(session, person, by.actor, Change.DEPUTY_NAMED, at, other=colleague.id)
    return deputy


async def end(session: AsyncSession, by: Principal, identity: UUID) -> Deputy:
    """Nobody acts for the person any more: by the person, the deputy or an administrator.

    Raises NotFound, DeputyOver.
    """
    at = clock.now()
    deputy = await queries.lock(session, by, identity)
    if deputy.ended_at is not None or at >= deputy.until:
        raise rules.DeputyOver("This has ended.")
    emit(session, deputy.end(by, at))
    person = await session.get_one(Operator, deputy.operator)
    note(session, person, by.actor, Change.DEPUTY_ENDED, at, other=deputy.deputy)
    return deputy


def _together(*people: Operator) -> frozenset[Role]:
    return frozenset().union(*(person.held for person in people))
