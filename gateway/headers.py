"""What a request's header lines say, read once, however many requests repeat them."""

from functools import cached_property
from typing import Final

from shared import passport

Header = tuple[bytes, bytes]

# Headers that belong to one hop (RFC 9110 §7.6.1), to the gateway, or to nobody.
_NOT_FORWARDED: Final = frozenset(
    b"client-cert client-cert-chain connection keep-alive proxy-authenticate proxy-authorization "
    b"proxy-connection te trailer transfer-encoding upgrade expect host content-length cookie "
    b"authorization forwarded x-forwarded-for x-forwarded-host x-forwarded-proto "
    b"x-request-id".split()
)
_OURS: Final = b"x-huitong-"
_PASSPORT: Final = passport.HEADER.encode()
_SAID_LIMIT: Final = 64
_BEARER: Final = b"bearer"


class Headers:
    """The header lines of a request, names in lower case. Nobody changes them.

    `authorization` and `acting_for` are these headers as they came, empty where they did not.
    `end_user`, `matter` and `terminal` are what a department's system says of the act behind its
    call: opaque, bounded, None where nothing was said.
    """

    def __init__(self, lines: list[Header]) -> None:
        self.lines = lines
        # Backwards, so that the first of two headers of one name is the one that counts.
        by_name = dict(reversed(lines))
        self._by_name = by_name
        self.authorization = by_name.get(b"authorization", b"")
        self.acting_for = by_name.get(b"x-huitong-acting-for", b"")
        self.end_user = _said(by_name.get(b"x-huitong-end-user"))
        self.matter = _said(by_name.get(b"x-huitong-matter"))
        self.terminal = _said(by_name.get(b"x-huitong-terminal"))

    @property
    def token(self) -> bytes:
        """The bearer token, empty where none was sent."""
        scheme, _, token = self.authorization.partition(b" ")
        return token.strip() if scheme.lower() == _BEARER else b""

    @property
    def length(self) -> int | None:
        """The Content-Length that was sent, None where none that can be read was."""
        value = self._by_name.get(b"content-length", b"")
        return int(value) if value.isdigit() and len(value) < 19 else None

    @cached_property
    def forwarded(self) -> bytes:
        """What of them goes on to a service, each line behind a line break."""
        return forwarded(self.lines)


def forwarded(lines: list[Header]) -> bytes:
    """What of these headers goes on to a service, each line behind a line break."""
    kept, named = [], set()
    for header in lines:
        key = header[0]
        if key not in _NOT_FORWARDED:
            if not key.startswith(_OURS):
                kept.append(header)
        elif key == b"connection":
            named.update([name.strip().lower() for name in header[1].split(b",")])
    if named:
        kept = [header for header in kept if header[0] not in named]
    return b"".join([b"\r\n%b: %b" % header for header in kept])


def _said(value: bytes | None) -> str | None:
    if not value or len(value) > _SAID_LIMIT:
        return None
    text = value.decode("latin-1")
    return text if text.isascii() and text.isprintable() else None
