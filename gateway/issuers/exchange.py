"""A trusted issuer's token of a machine, exchanged for ours (RFC 8693).

Only our own tokens open the door: what the issuer says is checked here, once, and from then on
the client is ours to limit, suspend and revoke. People log in with a browser instead.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.identity.queries import client_by_id
from gateway.issuers import id_tokens, pseudonyms, queries
from gateway.issuers.directory import Directory
from gateway.issuers.fetching import NotReached
from gateway.issuers.id_tokens import Claims, KeyUnknown, TokenRefused
from gateway.oauth.answers import Refused
from shared import crypto

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:token-exchange"
ISSUED_TYPE = "urn:ietf:params:oauth:token-type:access_token"
ACR = "issuer-token"
_TYPES = frozenset({ISSUED_TYPE, "urn:ietf:params:oauth:token-type:jwt"})
_UNKNOWN = Refused("invalid_request", "The token is no trusted issuer's, or not for exchange.")


async def client_of(
    session: AsyncSession,
    issuers: Mapping[str, Directory],
    key: bytes,
    token: str,
    kind: str,
    at: datetime,
) -> UUID | Refused:
    """The client that a machine's token of a trusted issuer stands for."""
    if kind not in _TYPES:
        return Refused("invalid_request", f"subject_token_type is one of {sorted(_TYPES)}.")
    claimed = _claimed_issuer(token)
    directory = next((d for d in issuers.values() if d.trusted.issuer == claimed), None)
    audience = directory.trusted.exchange_audience if directory is not None else None
    if directory is None or audience is None:
        return _UNKNOWN
    try:
        claims = await _proven(directory, audience, token, at)
    except NotReached:
        return Refused("temporarily_unavailable", "The issuer's keys are not known now.", 503)
    except TokenRefused as refusal:
        return Refused("invalid_request", str(refusal))
    name = id_tokens.subject(claims)
    pseudonym = pseudonyms.of(key, directory.trusted.issuer, b"subject", name)
    known = await queries.identity_of(session, directory.trusted.issuer, pseudonym)
    client = await client_by_id(session, known.client) if known and known.client else None
    if client is None or client.revoked_at is not None:
        shown = pseudonyms.shown(pseudonym)
        return Refused(
            "invalid_grant",
            f"This machine is no client here. Your department administrator can link it: {shown}",
        )
    return client.id


async def _proven(directory: Directory, audience: str, token: str, at: datetime) -> Claims:
    """Raises NotReached, TokenRefused."""
    expected = directory.expected(audience)
    known = await directory.known(at)
    try:
        return id_tokens.of_exchange(token, known.keys, expected, at)
    except KeyUnknown:
        known = await directory.known_anew(at)
        return id_tokens.of_exchange(token, known.keys, expected, at)


def _claimed_issuer(token: str) -> str | None:
    """Whose token it claims to be: to find the keys, proven by nothing yet."""
    parts = token.split(".")
    if len(parts) != 3:
        return None
    try:
        claims = orjson.loads(crypto.from_base64url(parts[1]))
    except ValueError:
        return None
    told = claims.get("iss") if isinstance(claims, dict) else None
    return told if isinstance(told, str) else None
