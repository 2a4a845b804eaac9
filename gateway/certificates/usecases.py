"""What can be done to a client's certificates: read them, set them."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.certificates.schemas import Accepted, CertificatesBody, CertificatesView
from gateway.credentials.usecases import ClientEnded
from gateway.identity import queries
from gateway.models import ClientCertificates
from shared import clock
from shared.access import Principal
from shared.errors import PreconditionFailed, PreconditionRequired
from shared.events.gateway import ClientCredentialChanged
from shared.outbox import emit
from shared.preconditions import matches


class CertificatesIfMatchMissing(PreconditionRequired):
    """A change of a machine's certificates names the ETag of what it was made from."""

    code = "client-certificates-if-match-missing"
    title = "If-Match missing"


class CertificatesChanged(PreconditionFailed):
    """Somebody else changed the certificates after they were read."""

    code = "client-certificates-changed"
    title = "Certificates changed"


async def read(
    session: AsyncSession, viewer: Principal, identity: UUID
) -> tuple[CertificatesView, str]:
    """A machine's certificates and their ETag. Raises NotFound."""
    client = await queries.lock_client(session, identity, viewer)
    kept = await session.get(ClientCertificates, client.id)
    return _view(client.id, kept), _etag(kept)


async def set_certificates(
    session: AsyncSession,
    by: Principal,
    identity: UUID,
    if_match: str | None,
    body: CertificatesBody,
) -> tuple[CertificatesView, str]:
    """The certificates that a machine may show, instead of those before, at once.

    Raises NotFound, ClientEnded, CertificatesIfMatchMissing, CertificatesChanged.
    """
    at = clock.now()
    # The client's lock is held: two who set them at once come one after the other.
    client = await queries.lock_client(session, identity, by)
    if client.revoked_at is not None:
        raise ClientEnded("This client was revoked; register another.")
    kept = await session.get(ClientCertificates, client.id, populate_existing=True)
    if if_match is None:
        raise CertificatesIfMatchMissing(
            "Send the ETag of the certificates that you read as If-Match."
        )
    if not matches(if_match, _etag(kept)):
        raise CertificatesChanged("The certificates were changed meanwhile; read them again.")
    if kept is None:
        kept = ClientCertificates(
            client=client.id, accepted=body.accepted, only=body.only, set_at=at
        )
        session.add(kept)
    else:
        kept.accepted, kept.only, kept.set_at = body.accepted, body.only, at
        kept.version += 1
    emit(
        session,
        ClientCredentialChanged(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=client.id,
            version=kept.version,
            client=client.id,
            owner=client.department,
            credential=client.id,
            change="certificates-set",
        ),
    )
    return _view(client.id, kept), _etag(kept)


def _etag(kept: ClientCertificates | None) -> str:
    return f'"{kept.version if kept is not None else 0}"'


def _view(client: UUID, kept: ClientCertificates | None) -> CertificatesView:
    if kept is None:
        return CertificatesView(client=client, certificates=[], only=False, set_at=None)
    accepted = [Accepted.model_validate(one) for one in kept.accepted]
    return CertificatesView(
        client=client, certificates=accepted, only=kept.only, set_at=kept.set_at
    )
