"""What an outside issuer publishes of itself, its addresses and keys, known for a bounded time.

It is asked again after ten minutes, and used for an hour where it does not answer: a key that it
took back is believed for no longer. A token under an unknown key makes us ask at once, but only
every half minute, whoever sends how many of them.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import quote_plus

from gateway.issuers import keys
from gateway.issuers.fetching import Declined, Fetching, NotReached
from gateway.issuers.id_tokens import Expected
from gateway.issuers.keys import KeysUnfit, PublicKey
from gateway.issuers.trusted import TrustedIssuer

_FRESH = timedelta(minutes=10)
_STALE = timedelta(hours=1)
_ASKED_EVERY = timedelta(seconds=30)
# After a failure callers are answered at once for so long, instead of each waiting in vain.
_PAUSE = timedelta(seconds=15)
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Known:
    """What an issuer said of itself, and when."""

    authorization_endpoint: str
    token_endpoint: str
    # Whether every answer of its carries `iss` (RFC 9207).
    names_itself: bool
    takes_basic: bool
    keys: tuple[PublicKey, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Redeemed:
    """What a code was changed for."""

    id_token: str
    access_token: str | None


class Directory:
    """One trusted issuer, as this process knows it."""

    def __init__(self, trusted: TrustedIssuer) -> None:
        """Raises IssuersUnfit where a file that the setting names cannot be read."""
        self.trusted = trusted
        self._secret = trusted.client_secret()
        self._fetching = Fetching(trusted)
        self._known: Known | None = None
        self._asked_at: datetime | None = None
        self._lock = asyncio.Lock()

    async def close(self) -> None:
        """Close the connections."""
        await self._fetching.close()

    @property
    def of_log_ins(self) -> Expected:
        """What a token to log in with must say."""
        return self.expected(self.trusted.client_id)

    def expected(self, audience: str) -> Expected:
        """What a token for that audience must say."""
        return Expected(self.trusted.issuer, audience, self.trusted.algorithms)

    async def known(self, at: datetime) -> Known:
        """What it says of itself, not older than an hour. Raises NotReached."""
        return await self._asked(at, _FRESH, _PAUSE)

    async def known_anew(self, at: datetime) -> Known:
        """The same, asked again because a key was missing; at most every half minute.

        Raises NotReached.
        """
        return await self._asked(at, _ASKED_EVERY, _ASKED_EVERY)

    async def redeem(self, code: str, redirect_uri: str, verifier: str, at: datetime) -> Redeemed:
        """Change a code for tokens (OpenID Connect Core §3.1.3). Raises NotReached, Declined."""
        known = await self.known(at)
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
            "client_id": self.trusted.client_id,
        }
        basic = None
        if self._secret is not None and known.takes_basic:
            # Both parts are form-encoded before they are joined (RFC 6749 §2.3.1).
            basic = quote_plus(self.trusted.client_id), quote_plus(self._secret)
            del form["client_id"]
        elif self._secret is not None:
            form["client_secret"] = self._secret
        told = await self._fetching.post(known.token_endpoint, form, basic)
        id_token, access_token = told.get("id_token"), told.get("access_token")
        if not isinstance(id_token, str):
            raise Declined
        return Redeemed(id_token, access_token if isinstance(access_token, str) else None)

    async def _asked(self, at: datetime, old: timedelta, pause: timedelta) -> Known:
        async with self._lock:
            due = self._known is None or at - self._known.at >= old
            if due and (self._asked_at is None or at - self._asked_at >= pause):
                # Noted before it is asked: whoever waited for the lock meanwhile asks no more.
                self._asked_at = at
                try:
                    self._known = await self._ask(at)
                except (NotReached, Declined) as fault:
                    _log.warning("issuer %s: %s", self.trusted.name, fault or "declined")
            if self._known is None or at - self._known.at >= _STALE:
                raise NotReached("not reached lately")
            return self._known

    async def _ask(self, at: datetime) -> Known:
        # OpenID Connect Discovery §4.
        address = self.trusted.issuer.rstrip("/") + "/.well-known/openid-configuration"
        told = await self._fetching.read(address)
        if told.get("issuer") != self.trusted.issuer:
            raise NotReached("it calls itself otherwise than the setting does")
        if not _offers(told, "code_challenge_methods_supported", "S256", otherwise=True):
            raise NotReached("it does not take a code challenge (PKCE, S256)")
        jwks = await self._fetching.read(self._fetching.known(told.get("jwks_uri")))
        try:
            found = keys.read(jwks)
        except KeysUnfit as fault:
            raise NotReached(str(fault)) from None
        methods = "token_endpoint_auth_methods_supported"
        return Known(
            authorization_endpoint=self._fetching.known(told.get("authorization_endpoint")),
            token_endpoint=self._fetching.known(told.get("token_endpoint")),
            names_itself=told.get("authorization_response_iss_parameter_supported") is True,
            takes_basic=_offers(told, methods, "client_secret_basic", otherwise=True),
            keys=found,
            at=at,
        )


def _offers(told: Mapping[str, object], name: str, value: str, *, otherwise: bool) -> bool:
    """Whether a list of the metadata holds the value; `otherwise` where it has no such list."""
    offered = told.get(name)
    return value in offered if isinstance(offered, list) else otherwise
