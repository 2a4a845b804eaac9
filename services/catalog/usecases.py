"""What can be done with a resource. One function per verb; each loads, asks, records, emits."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.catalog import preconditions, queries
from services.catalog.entry import Entry
from services.catalog.installation import Installation
from services.catalog.models import Resource, ResourceStep, ResourceVersion
from services.catalog.schemas import EntryBody, SecrecyReviewBody
from services.catalog.standards import queries as standards
from services.catalog.workflow import Act, Action, State, Verdict
from shared import idempotency
from shared.events.catalog import ResourceEvent
from shared.outbox import emit
from shared.principal import Principal

_COMPILE = "compile"


async def compile_entry(
    session: AsyncSession, by: Principal, here: Installation, key: str, body: EntryBody
) -> tuple[ResourceVersion, bool]:
    """Begin a resource of the caller's department with a draft; once for each `key`.

    False beside the version says that the key had made it before. Raises ProviderUnknown and
    IdempotencyKeyReused.
    """
    act = here.act(by)
    sent = body.model_dump_json().encode()
    identity, new = await idempotency.claim(session, by, _COMPILE, key, sent, act.at)
    if not new:
        return await queries.get(session, identity, by), False
    known = await standards.named(session, body.elements)
    return await begin(session, by, here, identity, body.entry(known)), True


async def begin(
    session: AsyncSession, by: Principal, here: Installation, identity: UUID, entry: Entry
) -> ResourceVersion:
    """Begin a resource of the caller's department under this id. Raises ProviderUnknown."""
    (version,) = await begin_all(session, by, here, [(identity, entry)])
    return version


async def begin_all(
    session: AsyncSession, by: Principal, here: Installation, entries: Sequence[tuple[UUID, Entry]]
) -> list[ResourceVersion]:
    """The same for many at once, each under its id. Raises ProviderUnknown."""
    act = here.act(by)
    department = await queries.provider(session, by)
    begun = [Resource.begin(identity, department, entry, act) for identity, entry in entries]
    session.add_all(version for version, _ in begun)
    # The steps name the versions by their numbers, which nothing orders behind them.
    await session.flush()
    return [_taken(session, version, event, Action.WRITE, act) for version, event in begun]


async def restate(
    session: AsyncSession,
    by: Principal,
    here: Installation,
    resource_id: UUID,
    body: EntryBody,
    if_match: str | None,
) -> ResourceVersion:
    """Rewrite a resource as `body` says it, its data elements looked up. Raises as rewrite."""
    known = await standards.named(session, body.elements)
    return await rewrite(session, by, here, resource_id, body.entry(known), if_match)


async def rewrite(
    session: AsyncSession,
    by: Principal,
    here: Installation,
    resource_id: UUID,
    entry: Entry,
    if_match: str | None,
) -> ResourceVersion:
    """Let a draft say something else, or begin the next version of what is published.

    Raises ResourceUnknown, IfMatchMissing, EntryChanged, IllegalMove and WrongSide.
    """
    act = here.act(by)
    version = await queries.lock(session, resource_id, by)
    preconditions.require(if_match, version)
    resource = version.resource
    if version.state is State.PUBLISHED:
        following, event = resource.revise(version, entry, act)
        return await _written(session, following, event, Action.REVISE, act)
    event = resource.write(version, entry, act)
    return await _written(session, version, event, Action.WRITE, act)


async def submit(
    session: AsyncSession,
    by: Principal,
    here: Installation,
    resource_id: UUID,
    if_match: str | None,
) -> ResourceVersion:
    """Hand a draft to the department's reviewer. Raises EntryRefused with all its problems."""
    act = here.act(by)
    version = await queries.lock(session, resource_id, by)
    preconditions.check(if_match, version)
    around = await queries.surroundings(session, version, here.network)
    event = version.resource.submit(version, around, act)
    return _taken(session, version, event, Action.SUBMIT, act)


async def review(
    session: AsyncSession,
    by: Principal,
    here: Installation,
    resource_id: UUID,
    verdict: Verdict,
    remarks: str | None,
    if_match: str | None,
) -> ResourceVersion:
    """Pass a submitted entry on to the secrecy review, or return an entry to its compilers.

    Raises CompilerMayNotDecide, PersonRequired, IllegalMove and WrongSide.
    """
    act = here.act(by)
    version = await queries.lock(session, resource_id, by)
    preconditions.check(if_match, version)
    if verdict is Verdict.PASS:
        passed = version.resource.pass_on(version, remarks, act)
        return _taken(session, version, passed, Action.PASS, act, remarks)
    returned = version.resource.give_back(version, remarks or "", act)
    return _taken(session, version, returned, Action.RETURN, act, remarks)


async def review_secrecy(
    session: AsyncSession,
    by: Principal,
    here: Installation,
    resource_id: UUID,
    body: SecrecyReviewBody,
    if_match: str | None,
) -> ResourceVersion:
    """Clear a reviewed entry for the authority, or return it to its compilers.

    Raises SecrecyDiffers, CompilerMayNotDecide, ReviewerMayNotClear, PersonRequired, IllegalMove
    and WrongSide.
    """
    act = here.act(by)
    version = await queries.lock(session, resource_id, by)
    preconditions.check(if_match, version)
    if body.decision is Verdict.PASS:
        cleared = version.resource.clear(version, body.found, body.remarks, act)
        return _taken(session, version, cleared, Action.CLEAR, act, body.remarks)
    returned = version.resource.object_to(version, body.remarks or "", act)
    return _taken(session, version, returned, Action.OBJECT, act, body.remarks)


async def _written(
    session: AsyncSession, version: ResourceVersion, event: ResourceEvent, action: Action, act: Act
) -> ResourceVersion:
    session.add(version)
    # The step names the version by its number, which nothing orders behind it.
    await session.flush()
    return _taken(session, version, event, action, act)


def _taken(
    session: AsyncSession,
    version: ResourceVersion,
    event: ResourceEvent,
    action: Action,
    act: Act,
    remarks: str | None = None,
) -> ResourceVersion:
    session.add(ResourceStep.taken(action, version.resource, act, remarks))
    emit(session, event)
    return version
