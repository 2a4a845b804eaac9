"""What this service does when departments follow one another, or are called otherwise.

What a department held and asked for follows the department; what was granted and asked of it
follows the resource, whose provider the catalogue names. A suspension passes to every heir: nobody
leaves it behind by being merged (baoji-2017 §29).
"""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.requests import queries
from services.requests.known import KnownDepartment
from services.requests.models import PLATFORM, Grant, ShareRequest
from services.requests.successions import moves
from services.requests.successions.models import Heritage
from services.requests.suspensions import queries as suspensions
from services.requests.workflow import OPEN
from shared.events.catalog import ResourceHandedOver
from shared.events.gateway import DepartmentChanged, DepartmentSucceeded
from shared.events.requests import SuccessionApplied
from shared.ids import new_id
from shared.inbox import Consumer, on
from shared.outbox import emit

_OWN_DATA = "使用部门与提供部门已为同一部门"
_NO_HEIR = "使用部门已撤销，无承继部门"


async def on_department_changed(session: AsyncSession, event: DepartmentChanged) -> None:
    """Keep the department's new particulars; what is decided keeps the name of its time."""
    known = await queries.find_department(session, event.registered)
    if known is None:
        session.add(KnownDepartment.of(event))
        return
    if event.version > known.heard and event.name != known.name:
        await _keep_name(session, known)
    known.hear(event)


async def on_department_succeeded(session: AsyncSession, event: DepartmentSucceeded) -> None:
    """What the department held and asked for is its heirs'; a suspension is theirs too."""
    # Whoever submits a request for it, or suspends it, at this moment waits here.
    await queries.find_department(session, event.owner)
    await _remember(session, event)
    # Told before the grants: whoever hears both in order lets nothing flow in between.
    await _pass_suspension_on(session, event)
    # Requests first: one that is approved at this moment leads to a grant, found afterwards.
    moved = await _requests(session, event)
    moved += await _grants(session, event)
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
            moved=moved,
        ),
    )


async def on_resource_handed_over(session: AsyncSession, event: ResourceHandedOver) -> None:
    """Grants and open requests of a resource have its new provider."""
    asked = select(ShareRequest).where(
        ShareRequest.resource_id == event.resource, ShareRequest.state.in_(OPEN)
    )
    # Locked in the order of an approval: the request, then the resource. Those that were
    # submitted meanwhile are found below.
    await session.scalars(asked.with_for_update())
    known = await queries.find_resource(session, event.resource)
    if known is None or event.version <= known.heard:
        return
    known.heard, known.provider, known.region = event.version, event.provider, event.region
    for request in await session.scalars(asked.with_for_update()):
        request.provider, request.provider_region = event.provider, event.region
        _settle_request(session, request, event.succession, event)
    grants = select(Grant).where(Grant.resource_id == event.resource, Grant.revoked_at.is_(None))
    for grant in await session.scalars(grants.with_for_update()):
        grant.provider = event.provider
        _settle_grant(session, grant, event.succession, event)


async def _keep_name(session: AsyncSession, known: KnownDepartment) -> None:
    """Write onto what is closed the name that the department has had until now."""
    closed = ShareRequest.state.not_in(OPEN)
    for party, named in (
        (ShareRequest.requester, ShareRequest.requester_named),
        (ShareRequest.provider, ShareRequest.provider_named),
    ):
        await session.execute(
            update(ShareRequest)
            .where(party == known.id, closed, named.is_(None))
            .values({named: known.name})
            .execution_options(synchronize_session=False)
        )


async def _remember(session: AsyncSession, event: DepartmentSucceeded) -> None:
    """Let the heir of the whole see what the department, and those before it, have done."""
    if event.successor is None or event.successor == event.owner:
        return
    before = select(Heritage.predecessor).where(Heritage.successor == event.owner)
    predecessors = {event.owner, *await session.scalars(before)} - {event.successor}
    rows = [
        {"predecessor": p, "successor": event.successor, "succession": event.succession}
        for p in sorted(predecessors)
    ]
    await session.execute(insert(Heritage).values(rows).on_conflict_do_nothing())


async def _pass_suspension_on(session: AsyncSession, event: DepartmentSucceeded) -> None:
    standing = await suspensions.in_force(session, event.owner)
    if standing is None:
        return
    for heir in event.heirs:
        department = await queries.find_department(session, heir)
        if await suspensions.in_force(session, heir) is not None:
            continue
        region = department.region if department else standing.region
        passed = moves.continued(standing, new_id(), heir, region, event.at)
        session.add(passed)
        emit(session, passed.passed_on())


async def _grants(session: AsyncSession, event: DepartmentSucceeded) -> int:
    """Hand over what stands or will; what was revoked or has ended stays the former holder's."""
    named = {heir.thing: heir.successor for heir in event.grants}
    standing = select(Grant).where(
        Grant.grantee == event.owner,
        Grant.revoked_at.is_(None),
        or_(Grant.valid_until.is_(None), Grant.valid_until > event.at),
    )
    moved = 0
    for grant in await session.scalars(standing.with_for_update()):
        heir = named.get(grant.id, event.successor)
        if heir is None:
            if event.ended:
                emit(session, moves.end_grant(grant, _NO_HEIR, event.at))
        elif heir != event.owner:
            grant.grantee = heir
            _settle_grant(session, grant, event.succession, event)
            moved += 1
    return moved


async def _requests(session: AsyncSession, event: DepartmentSucceeded) -> int:
    asked = select(ShareRequest).where(
        ShareRequest.requester == event.owner, ShareRequest.state.in_(OPEN)
    )
    found: Sequence[ShareRequest] = (await session.scalars(asked.with_for_update())).all()
    moved = 0
    for request in found:
        if event.successor is None:
            if event.ended:
                emit(session, moves.let_lapse(request, event.at))
            continue
        if event.successor == event.owner:
            continue
        twin = await queries.still_open(
            session, event.successor, request.resource_id, request.purpose
        )
        if twin is not None:
            # The heir asks for the same already; one answer is enough.
            emit(session, moves.let_lapse(request, event.at))
            continue
        request.requester = event.successor
        _settle_request(session, request, event.succession, event)
        await session.flush()
        moved += 1
    return moved


def _settle_request(
    session: AsyncSession,
    request: ShareRequest,
    succession: UUID,
    event: DepartmentSucceeded | ResourceHandedOver,
) -> None:
    """Tell of the new parties; a department that would ask itself asks no more."""
    if request.requester == request.provider:
        emit(session, moves.let_lapse(request, event.at))
    else:
        emit(session, moves.hand_over_request(request, succession, event.at))


def _settle_grant(
    session: AsyncSession,
    grant: Grant,
    succession: UUID,
    event: DepartmentSucceeded | ResourceHandedOver,
) -> None:
    """Tell of the new parties; a department needs no grant on its own data."""
    emit(session, moves.hand_over_grant(grant, succession, event.at))
    if grant.grantee == grant.provider:
        emit(session, moves.end_grant(grant, _OWN_DATA, event.at))


CONSUMERS: list[Consumer] = [
    on(DepartmentChanged, on_department_changed),
    on(DepartmentSucceeded, on_department_succeeded),
    on(ResourceHandedOver, on_resource_handed_over),
]
