"""What can be done to a client's addresses: read them, set them."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.addresses.schemas import AddressesBody, AddressesView
from gateway.identity import queries
from gateway.models import ClientAddresses
from shared import clock
from shared.access import Principal
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.outbox import emit
from shared.preconditions import matches


class AddressesIfMatchMissing(PreconditionRequired):
    """A change of a machine's addresses names the ETag of what it was made from."""

    code = "client-addresses-if-match-missing"
    title = "If-Match missing"


class AddressesChanged(PreconditionFailed):
    """Somebody else changed the addresses after they were read."""

    code = "client-addresses-changed"
    title = "Addresses changed"


def etag(version: int) -> str:
    """The ETag of a machine's addresses; 0 before they were ever set."""
    return f'"{version}"'


async def read(session: AsyncSession, viewer: Principal, identity: UUID) -> AddressesView:
    """Where a machine may call from. Raises NotFound."""
    client = await queries.lock_client(session, identity, viewer)
    kept = await session.get(ClientAddresses, client.id)
    if kept is None:
        return AddressesView(client=client.id, addresses=None, version=0)
    return AddressesView(client=client.id, addresses=kept.networks, version=kept.version)


async def set_addresses(
    session: AsyncSession, by: Principal, identity: UUID, if_match: str | None, body: AddressesBody
) -> AddressesView:
    """Say where a machine may call from, from now on.

    Raises NotFound, AddressesIfMatchMissing, AddressesChanged.
    """
    # The client's lock is held: two who set them at once come one after the other.
    client = await queries.lock_client(session, identity, by)
    kept = await session.get(ClientAddresses, client.id)
    version = kept.version if kept else 0
    if if_match is None:
        raise AddressesIfMatchMissing("Send the ETag of the addresses that you read as If-Match.")
    if not matches(if_match, etag(version)):
        raise AddressesChanged("The addresses were changed meanwhile; read them again.")
    if kept is None:
        kept = ClientAddresses(client=client.id, networks=None, version=0)
        session.add(kept)
    emit(session, kept.set_to(body.addresses, client.department, by, clock.now()))
    return AddressesView(client=client.id, addresses=kept.networks, version=kept.version)
