"""What can be done to the permissions that a machine is limited to: read them, set them."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.client_permissions.schemas import LimitedView, PermissionsBody
from gateway.identity import queries
from gateway.models import Client, ClientPermissions
from gateway.roles import CLIENTS
from shared import clock
from shared.access import Principal
from shared.errors import Conflict, PreconditionFailed, PreconditionRequired
from shared.outbox import emit
from shared.preconditions import matches


class PermissionsBeyondKind(Conflict):
    """A machine is limited to some of what its kind may do, and given nothing beyond it."""

    code = "client-permissions-beyond-kind"
    title = "Permissions beyond its kind"


class PermissionsIfMatchMissing(PreconditionRequired):
    """A change of a machine's permissions names the ETag of what it was made from."""

    code = "client-permissions-if-match-missing"
    title = "If-Match missing"


class PermissionsChanged(PreconditionFailed):
    """Somebody else changed the permissions after they were read."""

    code = "client-permissions-changed"
    title = "Permissions changed"


def etag(version: int) -> str:
    """The ETag of a machine's permissions; 0 before they were ever set."""
    return f'"{version}"'


async def read(session: AsyncSession, viewer: Principal, identity: UUID) -> LimitedView:
    """What a machine is limited to. Raises NotFound."""
    client = await queries.lock_client(session, identity, viewer)
    return _view(client, await session.get(ClientPermissions, client.id))


async def set_permissions(
    session: AsyncSession,
    by: Principal,
    identity: UUID,
    if_match: str | None,
    body: PermissionsBody,
) -> LimitedView:
    """Say what a machine may do, from now on.

    Raises NotFound, PermissionsIfMatchMissing, PermissionsChanged, PermissionsBeyondKind.
    """
    # The client's lock is held: two who set them at once come one after the other.
    client = await queries.lock_client(session, identity, by)
    kept = await session.get(ClientPermissions, client.id)
    version = kept.version if kept else 0
    if if_match is None:
        raise PermissionsIfMatchMissing("Send the ETag of the permissions you read as If-Match.")
    if not matches(if_match, etag(version)):
        raise PermissionsChanged("The permissions were changed meanwhile; read them again.")
    beyond = frozenset(body.permissions or ()) - CLIENTS[client.kind]
    if beyond:
        raise PermissionsBeyondKind(
            f"A {client.kind.value} never has: {', '.join(sorted(beyond))}; leave them out."
        )
    limit = None if body.permissions is None else sorted(set(body.permissions))
    if kept is None:
        kept = ClientPermissions(client=client.id, permissions=None, version=0)
        session.add(kept)
    emit(session, kept.set_to(limit, client.department, by, clock.now()))
    return _view(client, kept)


def _view(client: Client, kept: ClientPermissions | None) -> LimitedView:
    limit = kept.limit if kept else None
    return LimitedView(
        client=client.id,
        permissions=None if limit is None else sorted(limit),
        of_kind=sorted(CLIENTS[client.kind]),
        version=kept.version if kept else 0,
    )
