"""The passport: a principal sealed by the gateway for one service, for a minute at most.

`base64url(claims) "." base64url(MAC)`. Signing every request asymmetrically would cost more
than the whole hop through the gateway; a key per service keeps one service from speaking as
the gateway to another.
"""

from dataclasses import dataclass
from datetime import datetime

import orjson

from shared import clock
from shared.crypto import STANDARD, base64url, base64url_bytes, from_base64url
from shared.errors import Unauthenticated
from shared.principal import Principal, claims_of, principal_of

HEADER = "x-huitong-passport"
LIFETIME_SECONDS = 60
_CLOCK_LEEWAY = 5


class PassportInvalid(Unauthenticated):
    """The passport is missing, forged, expired or for another service."""

    code = "passport-invalid"
    title = "Passport invalid"


def seal(principal: Principal, audience: str, key: bytes, at: datetime) -> str:
    """The principal sealed for `audience`, valid from `at` for LIFETIME_SECONDS."""
    body = orjson.dumps({**claims_of(principal), "a": audience, "t": int(at.timestamp())})
    return f"{base64url(body)}.{base64url(STANDARD.mac(key, body))}"


class Blank:
    """A passport made ready for one service: all that the calls of one principal have in common.

    Of the principal, `access_id` and `keys_left` are left out: each call has its own.
    """

    def __init__(self, principal: Principal, audience: str, key: bytes) -> None:
        own = ("x", "l")
        common = {name: claim for name, claim in claims_of(principal).items() if name not in own}
        body = orjson.dumps({**common, "a": audience})[:-1] + b","
        # Filled up with spaces to whole groups of three: what follows is encoded by itself.
        body += b" " * (-len(body) % 3)
        self._text = base64url_bytes(body)
        self._mac = STANDARD.mac_after(key, body)

    def seal(self, access_id: str, keys_left: int | None, at: datetime) -> bytes:
        """The passport for one call: as `seal` of the whole principal."""
        left = "null" if keys_left is None else keys_left
        rest = f'"x":"{access_id}","l":{left},"t":{int(at.timestamp())}}}'.encode()
        mac = base64url_bytes(self._mac.of(rest))
        return b"%b%b.%b" % (self._text, base64url_bytes(rest), mac)


def open_passport(text: str, audience: str, key: bytes, at: datetime) -> Principal:
    """The principal inside. Raises PassportInvalid for anything that is not exactly right."""
    refusal = PassportInvalid("This service answers to the gateway only.")
    body_text, _, mac_text = text.partition(".")
    try:
        body, mac = from_base64url(body_text), from_base64url(mac_text)
    except ValueError:
        raise refusal from None
    if len(key) < 32 or not STANDARD.mac_equal(mac, STANDARD.mac(key, body)):
        raise refusal
    try:
        claims = orjson.loads(body)
        age = at.timestamp() - claims["t"]
        if claims["a"] != audience or not -_CLOCK_LEEWAY <= age <= LIFETIME_SECONDS:
            raise refusal
        return principal_of(claims)
    except (KeyError, TypeError, ValueError):
        # Sealed by a gateway that is newer or older than this service.
        raise refusal from None


@dataclass(frozen=True, slots=True)
class Lock:
    """One service's name and its passport key."""

    audience: str
    key: bytes

    def open(self, text: str) -> Principal:
        """The principal inside the passport, now. Raises PassportInvalid."""
        return open_passport(text, self.audience, self.key, clock.now())
