"""Access tokens by client credentials (RFC 6749 §4.4): asked for, kept, and asked for again.

The client proves who it is by its secret, by an assertion under its own key (RFC 7523), or by the
certificate that its connection shows (RFC 8705).
"""

import base64
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote_plus

import httpx

from huitong_client import addresses, profiles, signing, wire
from huitong_client.errors import NotLoggedIn, NotUnderstood
from huitong_client.problems import refusal, unreachable
from huitong_client.profiles import Profile, Token
from huitong_client.retries import PASSING, Passing, Patience, persist, seconds
from huitong_client.signing import SigningKey

_WELL_KNOWN = "/.well-known/oauth-authorization-server"
_MARGIN = 60.0
"""A token is renewed so many seconds before its end, or in the last quarter of a short life."""


def discover(http: httpx.Client, gateway: str, patience: Patience) -> str:
    """The gateway's token endpoint, from its metadata (RFC 8414).

    Raises NotUnderstood where the metadata speaks for another issuer (§3.3) or names an address
    that is guarded less well than the gateway.
    """
    response = persist(patience, lambda: _send(lambda: http.get(gateway + _WELL_KNOWN)))
    if not response.is_success:
        raise refusal(response)
    shape = wire.parse(response.content, _WELL_KNOWN)
    issuer = shape.text("issuer")
    if issuer.rstrip("/") != gateway:
        raise NotUnderstood("issuer-differs", gateway=gateway, issuer=issuer)
    return addresses.beside(gateway, shape.text("token_endpoint"))


def obtain(http: httpx.Client, profile: Profile, patience: Patience) -> Token:
    """A new token. Raises Refused with the code of RFC 6749 §5.2, such as `invalid_client`, and
    NotLoggedIn where the profile's key cannot be used.
    """
    headers = {"Accept": "application/json"}
    form = {"grant_type": "client_credentials"}
    key = signing.load(Path(profile.key_file)) if profile.key_file is not None else None
    if key is None and profile.client_secret is None and profile.certificate_file is not None:
        # The certificate that the connection shows is the proof (RFC 8705 §2).
        form["client_id"] = profile.client_id
    elif key is None:
        headers["Authorization"] = _basic(profile)

    def ask() -> httpx.Response:
        # An assertion is good once: each attempt signs another.
        proof = _assertion(key, profile) if key is not None else {}
        return http.post(profile.token_endpoint, headers=headers, data=form | proof)

    asked_at = time.time()
    response = persist(patience, lambda: _send(ask))
    if not response.is_success:
        raise refusal(response)
    shape = wire.parse(response.content, "token")
    if shape.text("token_type").lower() != "bearer":
        raise NotUnderstood("token-type")
    life = shape.whole_or_none("expires_in") or 0
    return Token(
        access_token=shape.text("access_token"),
        expires_at=int(asked_at) + life,
        client_id=profile.client_id,
        gateway=profile.gateway,
    )


def _basic(profile: Profile) -> str:
    if profile.client_secret is None:
        raise NotLoggedIn("secret-missing")
    # RFC 6749 §2.3.1: both parts are form-encoded before they are joined.
    pair = f"{quote_plus(profile.client_id)}:{quote_plus(profile.client_secret)}"
    return "Basic " + base64.b64encode(pair.encode()).decode("ascii")


def _assertion(key: SigningKey, profile: Profile) -> dict[str, str]:
    text = signing.assertion(key, profile.client_id, profile.token_endpoint)
    return {
        "client_id": profile.client_id,
        "client_assertion_type": signing.ASSERTION_TYPE,
        "client_assertion": text,
    }


class Tokens:
    """The token in use; safe to share between threads.

    With a `kept_as` name the token outlives the process beside its profile.
    """

    def __init__(
        self,
        http: httpx.Client,
        profile: Profile,
        patience: Patience,
        *,
        kept_as: str | None = None,
    ) -> None:
        self._http = http
        self._profile = profile
        self._patience = patience
        self._kept_as = kept_as
        self._lock = threading.Lock()
        self._token = profiles.load_token(kept_as, profile) if kept_as else None
        self._renew_at = self._token.expires_at - _MARGIN if self._token else 0.0

    def current(self) -> str:
        """A token that is good for a while yet."""
        with self._lock:
            if self._token is None or time.time() >= self._renew_at:
                self._replace()
            return self._held().access_token

    def after(self, rejected: str) -> str:
        """A token other than `rejected`, which the gateway no longer takes."""
        with self._lock:
            if self._token is None or self._token.access_token == rejected:
                self._replace()
            return self._held().access_token

    def _replace(self) -> None:
        asked_at = time.time()
        token = obtain(self._http, self._profile, self._patience)
        self._token = token
        life = token.expires_at - asked_at
        self._renew_at = token.expires_at - min(_MARGIN, life / 4)
        if self._kept_as is not None:
            # A token that cannot be kept is asked for again by the next process, no more.
            with suppress(OSError):
                profiles.save_token(self._kept_as, token)

    def _held(self) -> Token:
        if self._token is None:
            raise NotUnderstood("token-type")
        return self._token


def _send(ask: Callable[[], httpx.Response]) -> httpx.Response:
    try:
        response = ask()
    except httpx.TransportError as error:
        outcome = unreachable(error)
        # A certificate that does not verify will not verify a second later either.
        raise outcome if outcome.sentence == "certificate" else Passing(outcome) from error
    if response.status_code in PASSING:
        after = seconds(response.headers.get("retry-after"), datetime.now(UTC))
        raise Passing(refusal(response), asked_for=after)
    return response
