"""What a provider can do with its interface: register it, show it a credential, switch it."""

from collections.abc import Collection
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.exchange import queries as exchange
from services.exchange.apis import credentials, last_answers, queries
from services.exchange.apis.credentials import Credential, NoCredential, OAuthCredential
from services.exchange.apis.definition import Definition, Way
from services.exchange.apis.models import Api
from services.exchange.models import Resource
from services.exchange.vault import Vault
from shared import clock
from shared.errors import Conflict, PreconditionFailed, PreconditionRequired
from shared.outbox import emit
from shared.preconditions import matches
from shared.principal import Principal
from shared.reach import OutOfReach, Reach, Why

_REMEDIES: Final = {
    Why.HOST: "Ask them to add it to HUITONG_API_HOSTS.",
    Why.INNER: "They can allow its network in HUITONG_API_INNER_NETWORKS.",
}


class ApiAddressNotAllowed(Conflict):
    """The address is none that this installation calls."""

    code = "api-address-not-allowed"
    title = "Address not allowed"


class ApiItemsUnknown(Conflict):
    """An operation names items that the resource does not have."""

    code = "api-items-unknown"
    title = "Items unknown"


class ApiResourceClosed(Conflict):
    """The resource has left the catalogue."""

    code = "api-resource-closed"
    title = "Resource closed"


class ApiCredentialElsewhere(Conflict):
    """A front-end machine adds its credential by itself; the platform keeps none for it."""

    code = "api-credential-elsewhere"
    title = "Credential kept elsewhere"


class ApiIfMatchMissing(PreconditionRequired):
    """A change of an interface says which state it was made from."""

    code = "api-if-match-missing"
    title = "If-Match missing"


class ApiChanged(PreconditionFailed):
    """Somebody else changed the interface after it was read."""

    code = "api-changed"
    title = "Interface changed"


def etag(api: Api) -> str:
    """The ETag of an interface."""
    return f'"{api.revision}"'


async def register(
    session: AsyncSession,
    reach: Reach,
    by: Principal,
    resource: UUID,
    definition: Definition,
    if_match: str | None,
) -> tuple[Api, bool]:
    """Register the interface of one's own resource, or its next definition; and whether it is the
    first one. Where another host is named, the credential is forgotten: it was for that one.

    Raises NotFound, ApiResourceClosed, ApiItemsUnknown, ApiAddressNotAllowed, ApiIfMatchMissing,
    ApiChanged.
    """
    found = await _resource(session, resource, by)
    _check(found, definition, reach)
    at = clock.now()
    api = await queries.lock(session, resource)
    if api is None:
        api = Api(resource_id=resource, definition=definition, changed_at=at)
        first = True
    else:
        _check_state(api, if_match)
        first = False
        if _origin(api.definition) != _origin(definition) and api.credential_sealed is not None:
            emit(session, api.forget_credential(by, at))
        # What was answered under the definition before is never given again.
        await last_answers.forget(session, resource)
    kept, event = api.define(definition, by, at)
    session.add(api)
    await session.flush()
    session.add(kept)
    emit(session, event)
    return api, first


async def set_credential(
    session: AsyncSession,
    reach: Reach,
    vault: Vault,
    by: Principal,
    resource: UUID,
    credential: Credential,
    if_match: str | None,
) -> Api:
    """Show one's own system this credential from now on.

    Raises NotFound, ApiUnknown, ApiCredentialElsewhere, ApiAddressNotAllowed, ApiIfMatchMissing,
    ApiChanged.
    """
    api = await _own(session, by, resource, if_match)
    at = clock.now()
    if isinstance(credential, NoCredential):
        emit(session, api.forget_credential(by, at))
        return api
    if api.served:
        raise ApiCredentialElsewhere(
            "A front-end machine adds the credential by itself; none is kept here."
        )
    if isinstance(credential, OAuthCredential):
        _check_address(credential.token_address, reach)
    sealed, key = credentials.seal(vault, resource, credential)
    emit(session, api.show(credential.kind, sealed, key, by, at))
    return api


async def switch(session: AsyncSession, by: Principal, resource: UUID, *, on: bool) -> Api:
    """Let one's own interface be called, or no longer. Again, it changes nothing.

    Raises NotFound, ApiUnknown, ApiResourceClosed.
    """
    await queries.own(session, resource, by)
    if on:
        await _resource(session, resource, by)
    api = await queries.lock(session, resource)
    if api is None:
        raise LookupError("an interface that was there is gone")
    if api.enabled is not on:
        emit(session, api.switch(on=on, by=by, at=clock.now()))
    return api


async def _own(session: AsyncSession, by: Principal, resource: UUID, if_match: str | None) -> Api:
    await queries.own(session, resource, by)
    api = await queries.lock(session, resource)
    if api is None:
        raise LookupError("an interface that was there is gone")
    _check_state(api, if_match)
    return api


async def _resource(session: AsyncSession, identity: UUID, by: Principal) -> Resource:
    """One's own resource, locked: two first registrations come one after the other."""
    found = await exchange.own_resource(session, identity, by)
    await exchange.lock_resource(session, identity)
    if found.withdrawn_at is not None:
        raise ApiResourceClosed("This resource has left the catalogue.")
    return found


def _check(resource: Resource, definition: Definition, reach: Reach) -> None:
    known = {item.code for item in resource.items}
    named: Collection[str] = {item for one in definition.operations for item in one.items}
    if not known.issuperset(named):
        raise ApiItemsUnknown(
            "Operations name items that the resource does not have; see its entry in the catalogue."
        )
    if definition.way is Way.ADDRESS and definition.address is not None:
        _check_address(definition.address, reach)


def _check_address(address: str, reach: Reach) -> None:
    try:
        reach.parts(address)
    except OutOfReach as refusal:
        sentence = f"{refusal} {_REMEDIES.get(refusal.why, '')}".strip()
        raise ApiAddressNotAllowed(sentence) from None


def _check_state(api: Api, if_match: str | None) -> None:
    if if_match is None:
        raise ApiIfMatchMissing("Send the ETag of the interface that you read as If-Match.")
    if not matches(if_match, etag(api)):
        raise ApiChanged("The interface was changed meanwhile; read it again.")


def _origin(definition: Definition) -> tuple[str, str] | None:
    """Whom a credential is shown."""
    if definition.address is None:
        return None
    parts = urlsplit(definition.address)
    return parts.scheme, parts.netloc
