"""What can be done to a machine's limits: read them, set them."""

from uuid import UUID

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.departments.queries import overseen_by
from gateway.limits.rate import Rate
from gateway.limits.schemas import LimitsBody, LimitsView, RateBody
from gateway.models import Client, ClientLimits, Particulars
from shared import clock
from shared.access import Principal
from shared.errors import Forbidden, NotFound, PreconditionFailed, PreconditionRequired
from shared.outbox import emit
from shared.preconditions import matches


class LimitsNotYours(Forbidden):
    """Limits are set by the competent authority, not by who is limited."""

    code = "client-limits-not-yours"
    title = "Not yours to set"


class LimitsIfMatchMissing(PreconditionRequired):
    """A change of a machine's limits names the ETag of what it was made from."""

    code = "client-limits-if-match-missing"
    title = "If-Match missing"


class LimitsChanged(PreconditionFailed):
    """Somebody else changed the limits after they were read."""

    code = "client-limits-changed"
    title = "Limits changed"


def etag(version: int) -> str:
    """The ETag of a machine's limits; 0 before they were ever set."""
    return f'"{version}"'


async def read(session: AsyncSession, viewer: Principal, identity: UUID, usual: Rate) -> LimitsView:
    """How fast a machine may call. Raises NotFound."""
    client = await _locked(session, viewer, identity)
    return _view(client, await session.get(ClientLimits, client.id), usual)


async def set_limits(
    session: AsyncSession,
    by: Principal,
    identity: UUID,
    if_match: str | None,
    body: LimitsBody,
    usual: Rate,
) -> LimitsView:
    """Say how fast a machine may call, from now on.

    Raises NotFound, LimitsNotYours, LimitsIfMatchMissing, LimitsChanged.
    """
    # The client's lock is held: two who set them at once come one after the other.
    client = await _locked(session, by, identity)
    await _check_may_set(session, by, client)
    kept = await session.get(ClientLimits, client.id)
    version = kept.version if kept else 0
    if if_match is None:
        raise LimitsIfMatchMissing("Send the ETag of the limits that you read as If-Match.")
    if not matches(if_match, etag(version)):
        raise LimitsChanged("The limits were changed meanwhile; read them again.")
    if kept is None:
        kept = ClientLimits(client=client.id, requests=None, seconds=None, version=0)
        session.add(kept)
    rate = (body.rate.requests, body.rate.seconds) if body.rate else None
    emit(session, kept.set_to(rate, client.department, by, clock.now()))
    return _view(client, kept, usual)


async def _locked(session: AsyncSession, viewer: Principal, identity: UUID) -> Client:
    """A machine of the viewer's department or of those that it oversees. Raises NotFound."""
    statement = select(Client).where(Client.id == identity)
    mine = Client.department == viewer.department
    statement = statement.where(or_(mine, Client.department.in_(overseen_by(viewer))))
    found = await session.scalar(statement.with_for_update())
    if found is None:
        raise NotFound("There is no such client.")
    return found


async def _check_may_set(session: AsyncSession, by: Principal, client: Client) -> None:
    current = select(Particulars.region).where(
        Particulars.department == client.department, Particulars.until.is_(None)
    )
    if not by.oversees(await session.scalar(current) or ""):
        raise LimitsNotYours("The competent authority sets its departments' limits; ask it.")


def _view(client: Client, kept: ClientLimits | None, usual: Rate) -> LimitsView:
    rate = kept.rate if kept else None
    return LimitsView(
        client=client.id,
        rate=RateBody(requests=rate[0], seconds=rate[1]) if rate else None,
        usual=RateBody(requests=usual.requests, seconds=usual.seconds),
        version=kept.version if kept else 0,
    )
