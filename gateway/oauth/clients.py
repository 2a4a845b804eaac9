"""How a machine proves who it is: by a secret, an assertion under its own key, or a certificate.

Argon2 costs about 60 ms of a core, on purpose, and a department's system may ask for tokens
often. What was proven is therefore remembered for five minutes: that this text matched the hash
of secret S, under a digest keyed with a random key that never leaves this process. Neither the
secret nor anything to guess it by is kept. A remembered match saves only the hashing: that
secret S still stands, has not expired, and that its client is not revoked is read from the
database each time. Failures are not remembered, so that guessing stays as slow as it is.
"""

import base64
import binascii
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import unquote_plus
from uuid import UUID

from fastapi import Depends, Form, Request
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.certificates import presented
from gateway.certificates.presented import Shown
from gateway.identity import queries
from gateway.identity.passwords import Hashing
from gateway.models import Client, ClientCertificates, ClientKeys, ClientSecret, UsedAssertion
from gateway.oauth import assertions
from gateway.oauth.answers import Refused, invalid_client
from gateway.oauth.assertions import AssertionRefused
from gateway.oauth.attempts import WRONG_SECRET, Attempts
from gateway.settings import GatewaySettings
from shared import crypto

ORDINARY_ACR = "client-secret"
KEY_ACR = "private-key-jwt"
CERTIFICATE_ACR = "client-certificate"
_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_REMEMBERED_FOR = timedelta(minutes=5)
_REMEMBERED = 10_000
# Written at most this often, so that tokens asked for in a row do not queue for one row.
_NOTED_EVERY = timedelta(minutes=1)
_UNSHOWN = "This client must show its certificate as well."
_WRONG = "The client is not known, or its secret is wrong, expired or removed."


@dataclass(frozen=True, slots=True)
class Caller:
    """A machine that proved who it is, and how."""

    id: UUID
    acr: str
    # The thumbprint of the certificate to which its token is bound.
    certificate: str | None = None


@dataclass(frozen=True, slots=True)
class Credentials:
    """What came with the request to prove who sends it."""

    client_id: str | None
    basic: tuple[str, str] | None
    secret: str | None
    assertion_type: str | None
    assertion: str | None

    @property
    def methods(self) -> int:
        """How many ways of proof were tried at once; one is allowed (RFC 6749 §2.3)."""
        return sum(sent is not None for sent in (self.basic, self.secret, self.assertion))


async def sent(
    request: Request,
    client_id: Annotated[str | None, Form(max_length=64)] = None,
    client_secret: Annotated[str | None, Form(max_length=256)] = None,
    client_assertion_type: Annotated[str | None, Form(max_length=128)] = None,
    client_assertion: Annotated[str | None, Form(max_length=8192)] = None,
) -> Credentials:
    """The credentials of a request, unproven."""
    return Credentials(
        client_id, _basic(request), client_secret, client_assertion_type, client_assertion
    )


Sent = Annotated[Credentials, Depends(sent)]


class Verified:
    """Which secret a text was proven to be, for some minutes, bounded, in this process only."""

    def __init__(self) -> None:
        self._key = crypto.STANDARD.new_key()
        self._known: OrderedDict[bytes, tuple[UUID, datetime]] = OrderedDict()

    def secret_of(self, client: UUID, text: str, at: datetime) -> UUID | None:
        """The secret that this text is known to be."""
        secret, until = self._known.get(self._digest(client, text), (None, at))
        return secret if at < until else None

    def remember(self, client: UUID, text: str, secret: UUID, at: datetime) -> None:
        """The text was found to fit the hash of this secret."""
        self._known[self._digest(client, text)] = (secret, at + _REMEMBERED_FOR)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)

    def _digest(self, client: UUID, text: str) -> bytes:
        return crypto.STANDARD.mac(self._key, client.bytes + text.encode())


async def authenticate(
    request: Request, session: AsyncSession, shown: Credentials, at: datetime
) -> Caller | Refused:
    """The machine that sent the request, with its certificate where it showed one of its own.

    Raises TooManyAttempts.
    """
    if shown.methods > 1:
        return Refused("invalid_request", "Prove who you are in one way, not in several.")
    certificate = presented.of_scope(request.scope)
    if shown.methods == 0 and shown.client_id is not None and certificate is not None:
        return await _by_certificate(session, _uuid(shown.client_id), certificate)
    caller = await _by_words(request, session, shown, at)
    return caller if isinstance(caller, Refused) else await certified(request, session, caller)


async def certified(request: Request, session: AsyncSession, caller: Caller) -> Caller | Refused:
    """The machine that proved who it is, bound to its certificate where it showed one of its
    own; refused where it must show one and did not."""
    certificate = presented.of_scope(request.scope)
    registered = await session.get(ClientCertificates, caller.id)
    if registered is None:
        return caller
    if certificate is not None and presented.fits(registered.accepted, certificate):
        return replace(caller, certificate=certificate.thumbprint)
    return invalid_client(_UNSHOWN) if registered.only else caller


async def _by_certificate(
    session: AsyncSession, identity: UUID, certificate: Shown
) -> Caller | Refused:
    """`tls_client_auth` (RFC 8705 §2)."""
    client = await _standing(session, identity)
    registered = await session.get(ClientCertificates, identity) if client else None
    if registered is None or not presented.fits(registered.accepted, certificate):
        return invalid_client("The client is not known, or this certificate is not its own.")
    return Caller(identity, CERTIFICATE_ACR, certificate.thumbprint)


async def _by_words(
    request: Request, session: AsyncSession, shown: Credentials, at: datetime
) -> Caller | Refused:
    if shown.assertion is not None:
        return await _by_assertion(request, session, shown, at)
    return await _by_secret(request, session, shown, at)


async def _by_secret(
    request: Request, session: AsyncSession, shown: Credentials, at: datetime
) -> Caller | Refused:
    name, text = shown.basic or (shown.client_id or "", shown.secret or "")
    if shown.client_id is not None and shown.client_id != name:
        return Refused("invalid_request", "Two different client ids were shown.")
    attempts: Attempts = request.app.state.attempts
    address = request.client.host if request.client else "local"
    attempts.check(name, address, at)
    identity = _uuid(name)
    # Read by itself: whoever waits for a check holds no connection of the database.
    async with request.app.state.sessions() as reading:
        client = await _standing(reading, identity)
        keys = await reading.get(ClientKeys, identity) if client else None
        by_secret = client is not None and (keys is None or not keys.only)
        secrets = await queries.secrets_in_force(reading, identity, at) if by_secret else []
    fitting = await _matching(request, identity, secrets, text, address, at)
    found = await session.get(ClientSecret, fitting.id) if fitting else None
    # Removed or revoked while it was checked, it is good no more.
    if found is None or found.removed_at or await _standing(session, identity) is None:
        attempts.failed(name, address, at, WRONG_SECRET)
        return invalid_client(_WRONG)
    attempts.succeeded(name, address)
    if found.last_used_at is None or at - found.last_used_at >= _NOTED_EVERY:
        found.last_used_at = at
    return Caller(identity, ORDINARY_ACR)


async def _matching(
    request: Request,
    client: UUID,
    secrets: list[ClientSecret],
    text: str,
    address: str,
    at: datetime,
) -> ClientSecret | None:
    verified: Verified = request.app.state.verified
    hashing: Hashing = request.app.state.hashing
    known = verified.secret_of(client, text, at)
    for secret in secrets:
        if secret.id == known:
            return secret
    for secret in secrets:
        if await hashing.fits(secret.secret_hash, text, address):
            verified.remember(client, text, secret.id, at)
            return secret
    if not secrets:
        # A decoy is tried, so that an unknown client takes as long to refuse as a known one.
        await hashing.fits(None, text, address)
    return None


async def _by_assertion(
    request: Request, session: AsyncSession, shown: Credentials, at: datetime
) -> Caller | Refused:
    text = shown.assertion or ""
    if shown.assertion_type != _ASSERTION_TYPE:
        return Refused("invalid_request", f"client_assertion_type must be {_ASSERTION_TYPE}.")
    claimed = assertions.claimed_client(text)
    if claimed is None or (shown.client_id is not None and _uuid(shown.client_id) != claimed):
        return invalid_client("The assertion is not one, or is not this client's.")
    client = await _standing(session, claimed)
    keys = await session.get(ClientKeys, claimed) if client else None
    settings: GatewaySettings = request.app.state.settings
    audiences = frozenset({settings.public_url, f"{settings.public_url}/oauth/token"})
    try:
        proven = assertions.verified(text, keys.keys if keys else [], audiences, at)
    except AssertionRefused as refusal:
        return invalid_client(str(refusal))
    digest = crypto.STANDARD.digest(proven.client.bytes + proven.jti.encode())
    row = {"digest": digest, "expires_at": proven.expires_at}
    # The row, not a look before it: of two uses at once exactly one inserts.
    first = await session.scalar(
        insert(UsedAssertion).values(row).on_conflict_do_nothing().returning(UsedAssertion.digest)
    )
    if first is None:
        return invalid_client("This assertion was used before; sign a new one with a new jti.")
    return Caller(proven.client, KEY_ACR)


async def _standing(session: AsyncSession, identity: UUID) -> Client | None:
    client = await queries.client_by_id(session, identity)
    return client if client is not None and client.revoked_at is None else None


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _basic(request: Request) -> tuple[str, str] | None:
    scheme, _, told = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, _, secret = base64.b64decode(told, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    # RFC 6749 §2.3.1: both are form-encoded before they are joined.
    return unquote_plus(name), unquote_plus(secret)
