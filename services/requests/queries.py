"""Every SELECT that this service makes. Who may see a row is decided in `visible_to` alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute, joinedload, selectinload

from services.requests.granting import GrantState
from services.requests.known import KnownDepartment, KnownResource
from services.requests.models import Grant, ShareRequest
from services.requests.successions.models import Heritage
from services.requests.workflow import OPEN, State
from shared.errors import NotFound
from shared.pages import PageParams, page
from shared.principal import Principal


class RequestUnknown(NotFound):
    """There is no such request, or it is not the caller's to know of."""

    code = "request-not-found"
    title = "Request not found"


class GrantUnknown(NotFound):
    """There is no such grant, or it is not the caller's to know of."""

    code = "grant-not-found"
    title = "Grant not found"


class ResourceUnknown(NotFound):
    """The catalogue has published no such resource, as far as this service has heard."""

    code = "request-resource-unknown"
    title = "Resource unknown"


class Side(StrEnum):
    """On which side of a request the viewer's department stands."""

    REQUESTER = "requester"
    PROVIDER = "provider"


class GrantSide(StrEnum):
    """On which side of a grant the viewer's department stands."""

    GRANTEE = "grantee"
    PROVIDER = "provider"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which of the visible requests are asked for; None does not narrow."""

    state: State | None = None
    role: Side | None = None
    resource: UUID | None = None
    overdue: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WantedGrants:
    """Which of the visible grants are asked for; None does not narrow."""

    state: GrantState | None = None
    role: GrantSide | None = None
    resource: UUID | None = None


def visible_to(viewer: Principal) -> Select[ShareRequest]:
    """The requests that the viewer may know of, and with them their grants.

    Its own department's, on either side, and those of departments that it followed; those that
    led to a grant which it holds or gives now; and for the competent authority all whose provider
    stands in its region, which reads and does not decide.
    """
    handed_over = select(Grant.request_id).where(
        or_(Grant.grantee == viewer.department, Grant.provider == viewer.department)
    )
    seen = [_of(ShareRequest.requester, viewer), _of(ShareRequest.provider, viewer)]
    seen.append(ShareRequest.id.in_(handed_over))
    if viewer.authority is not None:
        below = ShareRequest.provider_region.startswith(viewer.authority + "/", autoescape=True)
        seen += [ShareRequest.provider_region == viewer.authority, below]
    return select(ShareRequest).where(or_(*seen))


async def get(session: AsyncSession, request_id: UUID, viewer: Principal) -> ShareRequest:
    """One request, complete. Raises RequestUnknown."""
    statement = _complete(visible_to(viewer).where(ShareRequest.id == request_id))
    found = await session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise RequestUnknown("There is no such request.")
    return found


async def listing(
    session: AsyncSession, viewer: Principal, wanted: Wanted, today: date, params: PageParams
) -> tuple[list[ShareRequest], str | None]:
    """One page of the visible requests, the newest first."""
    statement = visible_to(viewer)
    if wanted.state is not None:
        statement = statement.where(ShareRequest.state == wanted.state)
    if wanted.role is Side.REQUESTER:
        statement = statement.where(_of(ShareRequest.requester, viewer))
    if wanted.role is Side.PROVIDER:
        statement = statement.where(_of(ShareRequest.provider, viewer))
    if wanted.resource is not None:
        statement = statement.where(ShareRequest.resource_id == wanted.resource)
    if wanted.overdue is not None:
        late = _unanswered_on(today)
        statement = statement.where(late if wanted.overdue else not_(late))
    return await page(session, _complete(statement), [ShareRequest.id], params, descending=True)


async def lock(session: AsyncSession, request_id: UUID, viewer: Principal) -> ShareRequest:
    """A visible request, locked until commit, so that two cannot both decide.

    Raises RequestUnknown.
    """
    statement = visible_to(viewer).where(ShareRequest.id == request_id).with_for_update()
    found = await session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise RequestUnknown("There is no such request.")
    return found


async def still_open(
    session: AsyncSession, requester: UUID, resource: UUID, purpose: str
) -> UUID | None:
    """The request that this department has open for this purpose, if there is one."""
    statement = select(ShareRequest.id).where(
        ShareRequest.requester == requester,
        ShareRequest.resource_id == resource,
        ShareRequest.purpose == purpose,
        ShareRequest.state.in_(OPEN),
    )
    return await session.scalar(statement)


async def lock_overdue(session: AsyncSession, today: date, most: int) -> Sequence[ShareRequest]:
    """Up to `most` requests that fell overdue and were not reported yet, locked until commit."""
    statement = (
        select(ShareRequest)
        .where(_unanswered_on(today), ShareRequest.overdue_at.is_(None))
        .order_by(ShareRequest.due_on, ShareRequest.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(statement)).all()


async def lock_provisional(session: AsyncSession) -> Sequence[ShareRequest]:
    """The open requests whose last day was counted through an unannounced year, locked."""
    statement = (
        select(ShareRequest)
        .where(ShareRequest.due_provisional, ShareRequest.state.in_(OPEN))
        .order_by(ShareRequest.id)
        .with_for_update(skip_locked=True)
    )
    return (await session.scalars(statement)).all()


async def get_grant(session: AsyncSession, grant_id: UUID, viewer: Principal) -> Grant:
    """One grant, complete. Raises GrantUnknown."""
    statement = _complete_grant(_grants_visible_to(viewer).where(Grant.id == grant_id))
    found = await session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise GrantUnknown("There is no such grant.")
    return found


async def list_grants(
    session: AsyncSession, viewer: Principal, wanted: WantedGrants, at: datetime, params: PageParams
) -> tuple[list[Grant], str | None]:
    """One page of the visible grants, the newest first."""
    statement = _grants_visible_to(viewer)
    if wanted.state is not None:
        statement = statement.where(_in_state(wanted.state, at))
    if wanted.role is GrantSide.GRANTEE:
        statement = statement.where(Grant.grantee == viewer.department)
    if wanted.role is GrantSide.PROVIDER:
        statement = statement.where(Grant.provider == viewer.department)
    if wanted.resource is not None:
        statement = statement.where(Grant.resource_id == wanted.resource)
    return await page(session, _complete_grant(statement), [Grant.id], params, descending=True)


async def lock_grant(session: AsyncSession, grant_id: UUID, viewer: Principal) -> Grant:
    """A visible grant, locked until commit. Raises GrantUnknown."""
    statement = _grants_visible_to(viewer).where(Grant.id == grant_id).with_for_update(of=Grant)
    found = await session.scalar(statement.execution_options(populate_existing=True))
    if found is None:
        raise GrantUnknown("There is no such grant.")
    return found


async def lock_grants_known_to(session: AsyncSession, member: UUID) -> list[Grant]:
    """The grants not revoked whose circle names that client or operator, locked until commit."""
    statement = (
        select(Grant)
        .where(Grant.circle.contains([member]), Grant.revoked_at.is_(None))
        .order_by(Grant.id)
        .with_for_update()
    )
    return list((await session.scalars(statement)).all())


async def lock_grants_of(session: AsyncSession, resource_id: UUID, at: datetime) -> list[Grant]:
    """The grants of a resource that are not over at `at`, locked until commit."""
    statement = (
        select(Grant)
        .where(
            Grant.resource_id == resource_id,
            Grant.revoked_at.is_(None),
            or_(Grant.valid_until.is_(None), Grant.valid_until > at),
        )
        .order_by(Grant.id)
        .with_for_update()
    )
    return list((await session.scalars(statement)).all())


async def lock_resource(session: AsyncSession, resource_id: UUID) -> KnownResource:
    """A resource with its items, locked until commit. Raises ResourceUnknown.

    Whoever asks for it waits here for whoever asked just before, so that one department cannot
    open two requests of one purpose; and what the catalogue says of it holds until the commit.
    """
    found = await find_resource(session, resource_id)
    if found is None:
        raise ResourceUnknown("The catalogue has no such published resource.")
    return found


async def find_resource(session: AsyncSession, resource_id: UUID) -> KnownResource | None:
    """A resource with its items, locked until commit, if it was heard of."""
    statement = (
        select(KnownResource)
        .where(KnownResource.id == resource_id)
        .options(selectinload(KnownResource.items))
        # Not FOR UPDATE: foreign keys of other transactions may point at the row meanwhile.
        .with_for_update(key_share=True)
    )
    return await session.scalar(statement)


async def find_department(session: AsyncSession, department_id: UUID) -> KnownDepartment | None:
    """A department, locked until commit, if it was heard of."""
    return await session.get(KnownDepartment, department_id, with_for_update=True)


def _of(party: InstrumentedAttribute[UUID], viewer: Principal) -> ColumnElement[bool]:
    """Whether the party is the viewer's department, or one that it followed as a whole."""
    followed = select(Heritage.predecessor).where(Heritage.successor == viewer.department)
    return or_(party == viewer.department, party.in_(followed))


def _grants_visible_to(viewer: Principal) -> Select[Grant]:
    visible = visible_to(viewer).with_only_columns(ShareRequest.id)
    return select(Grant).where(Grant.request_id.in_(visible))


def _complete(statement: Select[ShareRequest]) -> Select[ShareRequest]:
    return statement.options(
        joinedload(ShareRequest.grant),
        joinedload(ShareRequest.known_requester),
        joinedload(ShareRequest.known_provider),
    )


def _complete_grant(statement: Select[Grant]) -> Select[Grant]:
    return statement.options(
        joinedload(Grant.request),
        joinedload(Grant.known_grantee),
        selectinload(Grant.changes_ahead),
        joinedload(Grant.known_provider),
    )


def _unanswered_on(today: date) -> ColumnElement[bool]:
    """Past the last day without an answer; without a last day nothing can be late."""
    return and_(
        ShareRequest.state.in_(OPEN),
        ShareRequest.due_on.is_not(None),
        ShareRequest.due_on < today,
    )


def _in_state(state: GrantState, at: datetime) -> ColumnElement[bool]:
    """The SQL of granting.grant_state."""
    revoked = Grant.revoked_at.is_not(None)
    ended = and_(Grant.valid_until.is_not(None), Grant.valid_until <= at)
    match state:
        case GrantState.REVOKED:
            return revoked
        case GrantState.EXPIRED:
            return and_(not_(revoked), ended)
        case GrantState.ACTIVE:
            return and_(not_(revoked), not_(ended))
