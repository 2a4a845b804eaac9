"""Access tokens: signed by the gateway (RFC 9068, ES256), verified once, then remembered.

The algorithm is the token standard's, not the cryptographic seam's: other products read these.
A token only says who calls; what the caller may do is looked up live, so a revocation needs no
list of tokens.
"""

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from shared.errors import Unauthenticated
from shared.ids import new_id

AUDIENCE = "huitong"
_ALGORITHM = "ES256"
_REMEMBERED = 50_000
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
    """What a token says: who, how it authenticated, and until when (seconds since 1970)."""

    subject: UUID
    acr: str
    issued: float
    expires: float


def load_key(path: Path) -> ECKey:
    """The private key that signs tokens, from a PEM file that only the gateway reads."""
    return ECKey.import_key(path.read_bytes())


def new_key_pem() -> str:
    """A fresh private key for the tokens, for a file that only the gateway reads."""
    return ECKey.generate_key("P-256").as_pem(private=True).decode()


class Tokens:
    """Issue and verify the tokens of one issuer."""

    def __init__(self, key: ECKey, issuer: str) -> None:
        self._key = key
        self._issuer = issuer
        self._kid = key.thumbprint()
        self._known: OrderedDict[str, Identity] = OrderedDict()

    def jwks(self) -> dict[str, list[dict[str, object]]]:
        """The public keys (RFC 7517)."""
        public = self._key.as_dict(private=False)
        return {"keys": [{**public, "kid": self._kid, "use": "sig", "alg": _ALGORITHM}]}

    def issue(self, subject: UUID, application: str, acr: str, at: datetime, seconds: int) -> str:
        """A token for a client or an operator, valid from `at` for `seconds`."""
        header = {"alg": _ALGORITHM, "typ": "at+jwt", "kid": self._kid}
        claims = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": str(subject),
            "client_id": application,
            "acr": acr,
            "iat": int(at.timestamp()),
            "exp": int(at.timestamp()) + seconds,
            "jti": str(new_id()),
        }
        return jwt.encode(header, claims, self._key, algorithms=[_ALGORITHM])

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
        return known

    def _verify(self, token: str, now: float) -> Identity:
        refusal = TokenInvalid("The token is not one of this platform's; ask for a new one.")
        try:
            read = jwt.decode(token, self._key, algorithms=[_ALGORITHM])
            header, claims = read.header, read.claims
            # joserfc checks the signature only: every claim is ours to check.
            right = (
                header.get("typ") == "at+jwt"
                and claims["iss"] == self._issuer
                and claims["aud"] == AUDIENCE
            )
            identity = Identity(
                subject=UUID(claims["sub"]),
                acr=str(claims["acr"]),
                issued=float(claims["iat"]),
                expires=float(claims["exp"]),
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
