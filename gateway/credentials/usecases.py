"""What can be done to a client's credentials. One function a verb."""

import asyncio
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.credentials.schemas import KeysBody, SecretBody
from gateway.identity import passwords, queries
from gateway.models import Client, ClientKeys, ClientSecret
from shared import clock, crypto
from shared.access import Principal
from shared.errors import Conflict, NotFound, PreconditionFailed, PreconditionRequired
from shared.events.gateway import ClientCredentialChanged
from shared.idempotency import claim
from shared.outbox import emit
from shared.preconditions import matches

# The one in use and the one that follows it.
_MOST_SECRETS = 2


class SecretsFull(Conflict):
    """The client has as many valid secrets as it may."""

    code = "client-secrets-full"
    title = "Too many secrets"


class ExpiryPast(Conflict):
    """A secret cannot expire before it is added."""

    code = "secret-expiry-past"
    title = "Expiry in the past"


class ClientEnded(Conflict):
    """The client was revoked; it gets no new credentials."""

    code = "client-revoked"
    title = "Client revoked"


class KeysIfMatchMissing(PreconditionRequired):
    """A change of a machine's keys names the ETag of what it was made from."""

    code = "client-keys-if-match-missing"
    title = "If-Match missing"


class KeysChanged(PreconditionFailed):
    """Somebody else changed the keys after they were read."""

    code = "client-keys-changed"
    title = "Keys changed"


async def add_secret(
    session: AsyncSession, by: Principal, identity: UUID, body: SecretBody, key: str
) -> tuple[ClientSecret, str | None]:
    """A further secret for a machine, and its text, which is not kept.

    A repeat with the same key gives the secret without its text. Raises NotFound, SecretsFull,
    ExpiryPast, ClientEnded.
    """
    at = clock.now()
    sent = identity.bytes + body.model_dump_json().encode()
    made, first = await claim(session, by, "add-client-secret", key, sent, at)
    client = await _standing(session, by, identity)
    if not first:
        return await session.get_one(ClientSecret, made), None
    if body.expires_at is not None and body.expires_at <= at:
        raise ExpiryPast("expires_at has passed; give a later time, or leave it out.")
    if len(await queries.secrets_in_force(session, identity, at)) >= _MOST_SECRETS:
        raise SecretsFull("This client has two valid secrets; remove the one that it has left.")
    text = crypto.token()
    secret = ClientSecret(
        id=made,
        client=identity,
        secret_hash=await asyncio.to_thread(passwords.hashed, text),
        added_at=at,
        expires_at=body.expires_at,
    )
    session.add(secret)
    _announce(session, by, client, made, "secret-added", at)
    return secret, text


async def remove_secret(session: AsyncSession, by: Principal, identity: UUID, secret: UUID) -> None:
    """Refuse a secret from now on, at once. Raises NotFound."""
    at = clock.now()
    client = await queries.lock_client(session, identity, by)
    found = await session.get(ClientSecret, secret)
    if found is None or found.client != identity or found.removed_at is not None:
        raise NotFound("This client has no such secret.")
    found.removed_at = at
    _announce(session, by, client, secret, "secret-removed", at, version=2)


def keys_etag(keys: ClientKeys | None) -> str:
    """The ETag of a machine's keys; 0 before they were ever set."""
    return f'"{keys.version if keys is not None else 0}"'


async def set_keys(
    session: AsyncSession, by: Principal, identity: UUID, if_match: str | None, body: KeysBody
) -> ClientKeys:
    """The keys that a machine may sign with, instead of those before, at once.

    Raises NotFound, ClientEnded, KeysIfMatchMissing, KeysChanged.
    """
    at = clock.now()
    # The client's lock is held: two who set them at once come one after the other.
    client = await _standing(session, by, identity)
    found = await session.get(ClientKeys, identity, populate_existing=True)
    if if_match is None:
        raise KeysIfMatchMissing("Send the ETag of the keys that you read as If-Match.")
    if not matches(if_match, keys_etag(found)):
        raise KeysChanged("The keys were changed meanwhile; read them again.")
    if found is None:
        found = ClientKeys(client=identity, keys=body.keys, only=body.only, set_at=at)
        session.add(found)
    else:
        found.keys, found.only, found.set_at = body.keys, body.only, at
        found.version += 1
    _announce(session, by, client, identity, "keys-set", at, version=found.version)
    return found


async def _standing(session: AsyncSession, by: Principal, identity: UUID) -> Client:
    client = await queries.lock_client(session, identity, by)
    if client.revoked_at is not None:
        raise ClientEnded("This client was revoked; register another.")
    return client


def _announce(
    session: AsyncSession,
    by: Principal,
    client: Client,
    credential: UUID,
    change: str,
    at: datetime,
    version: int = 1,
) -> None:
    emit(
        session,
        ClientCredentialChanged(
            at=at,
            actor=by.actor,
            department=by.department,
            aggregate=credential,
            version=version,
            client=client.id,
            owner=client.department,
            credential=credential,
            change=change,
        ),
    )
