"""Access tokens: signed by the gateway (RFC 9068, ES256), verified once, then remembered.

The algorithm is the token standard's, not the cryptographic seam's: other products read these.
A token only says who calls; what the caller may do is looked up live, so a revoked client or a
closed account needs no list of tokens. A single token that was revoked, or whose log-in ended,
is known by its jti until it expires (gateway/live.py).
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import ECKey, GuestProtocol

from gateway.keys import ALGORITHM, KeyFile
from shared.errors import Unauthenticated
from shared.ids import new_id

AUDIENCE = "huitong"
_REMEMBERED = 50_000
_THUMBPRINT = "x5t#S256"
_LEEWAY_SECONDS = 5


class TokenInvalid(Unauthenticated):
    """The token is not ours, or not valid now."""

    code = "token-invalid"
    title = "Token invalid"

    @property
    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": 'Bearer error="invalid_token"'}


@dataclass(frozen=True, slots=True)
class Identity:
    """What a token says: who, through which application, how and until when (seconds since 1970).

    `id` is the token's own (jti); `log_in` is a person's log-in, None for a machine.
    """

    id: UUID
    subject: UUID
    application: str
    acr: str
    issued: float
    expires: float
    log_in: UUID | None
    # The certificate without which the token opens nothing: `x5t#S256` (RFC 8705 §3).
    certificate: str | None = None

    @property
    def expires_at(self) -> datetime:
        """When the token expires."""
        return datetime.fromtimestamp(self.expires, UTC)


@dataclass(frozen=True, slots=True)
class PersonsLogIn:
    """When a person proved who it is, and the log-in that began then."""

    id: UUID
    authenticated_at: datetime


@dataclass(frozen=True, slots=True)
class Issued:
    """A token just made."""

    text: str
    id: UUID
    expires_at: datetime


class Tokens:
    """Issue and verify the tokens of one issuer."""

    def __init__(self, keys: KeyFile, issuer: str, is_revoked: Callable[[UUID], bool]) -> None:
        self._keys = keys
        self._issuer = issuer
        self._is_revoked = is_revoked
        self._known: OrderedDict[str, Identity] = OrderedDict()

    def jwks(self) -> dict[str, list[dict[str, object]]]:
        """The public keys (RFC 7517)."""
        return self._keys.ring().jwks()

    def issue(
        self,
        subject: UUID,
        application: str,
        acr: str,
        at: datetime,
        seconds: int,
        log_in: PersonsLogIn | None = None,
        certificate: str | None = None,
    ) -> Issued:
        """A token for a client or, with its log-in, an operator; valid from `at` for `seconds`,
        and only together with the certificate of that thumbprint where one is named.

        Claims: RFC 9068 §2.2.
        """
        ring = self._keys.ring()
        identity = new_id()
        header = {"alg": ALGORITHM, "typ": "at+jwt", "kid": ring.kid}
        expires = int(at.timestamp()) + seconds
        claims: dict[str, str | int | dict[str, str]] = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": str(subject),
            "client_id": application,
            "acr": acr,
            "iat": int(at.timestamp()),
            "exp": expires,
            "jti": str(identity),
        }
        if log_in is not None:
            claims["auth_time"] = int(log_in.authenticated_at.timestamp())
            claims["sid"] = str(log_in.id)
        if certificate is not None:
            claims["cnf"] = {_THUMBPRINT: certificate}
        text = jwt.encode(header, claims, ring.current.key, algorithms=[ALGORITHM])
        return Issued(text, identity, datetime.fromtimestamp(expires, UTC))

    def identify(self, token: str, at: datetime) -> Identity:
        """Who the token says is calling. Raises TokenInvalid."""
        now = at.timestamp()
        known = self._known.get(token)
        if known is None:
            known = self._verify(token, now)
            self._known[token] = known
            if len(self._known) > _REMEMBERED:
                self._known.popitem(last=False)
        if now >= known.expires:
            self._known.pop(token, None)
            raise TokenInvalid(
                f"The token expired {int(now - known.expires)} seconds ago; ask for a new one."
            )
        if self._is_revoked(known.id):
            raise TokenInvalid("The token was revoked; ask for a new one.")
        return known

    def _key_of(self, told: GuestProtocol) -> ECKey:
        """Only a key of ours, whatever else the header names or carries."""
        key = self._keys.ring().find(str(told.headers().get("kid")))
        if key is None:
            raise InvalidKeyIdError()
        return key

    def _verify(self, token: str, now: float) -> Identity:
        refusal = TokenInvalid("The token is not one of this platform's; ask for a new one.")
        try:
            read = jwt.decode(token, self._key_of, algorithms=[ALGORITHM])
            header, claims = read.header, read.claims
            # joserfc checks the signature only: every claim is ours to check.
            right = (
                header.get("typ") == "at+jwt"
                and claims["iss"] == self._issuer
                and claims["aud"] == AUDIENCE
            )
            identity = Identity(
                id=UUID(claims["jti"]),
                subject=UUID(claims["sub"]),
                application=str(claims["client_id"]),
                acr=str(claims["acr"]),
                issued=float(claims["iat"]),
                expires=float(claims["exp"]),
                log_in=UUID(claims["sid"]) if "sid" in claims else None,
                certificate=str(claims["cnf"][_THUMBPRINT]) if "cnf" in claims else None,
            )
        except (JoseError, KeyError, TypeError, ValueError):
            raise refusal from None
        if not right:
            raise refusal
        if identity.issued > now + _LEEWAY_SECONDS:
            raise TokenInvalid(
                f"The token is from the future: the clocks differ by {int(identity.issued - now)} "
                "seconds. Set this machine's clock by the platform's."
            )
        return identity
