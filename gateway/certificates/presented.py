"""Which certificate a caller has proven to hold. Pure.

The proof is TLS's, never the gateway's: either the handshake ended here, or a proxy that the
settings name says in `Client-Cert` what it has seen (RFC 9440). From anybody else that header is
nobody's word. Which authorities count is decided where the handshake ends.
"""

import base64
import binascii
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from ipaddress import ip_address, ip_network
from typing import Final

from cryptography import x509

from gateway.demands import Network
from shared import crypto
from shared.crypto import STANDARD

Header = tuple[bytes, bytes]
# Where a connection leaves what is known of its caller's certificate, in the ASGI scope.
_EXTENSION: Final = "huitong.certificate"
_HEADER: Final = b"client-cert"
_LONGEST: Final = 16 * 1024


@dataclass(frozen=True)
class Shown:
    """A certificate that its holder has proven to hold (DER)."""

    der: bytes

    @cached_property
    def thumbprint(self) -> str:
        """As tokens carry it: `x5t#S256` (RFC 8705 §3.1)."""
        return crypto.base64url(STANDARD.digest(self.der))

    @cached_property
    def expires_at(self) -> datetime | None:
        """Until when it is valid, None where that cannot be read."""
        try:
            return x509.load_der_x509_certificate(self.der).not_valid_after_utc
        except ValueError:
            return None

    @cached_property
    def names(self) -> tuple[str, str] | None:
        """Subject and issuer (RFC 4514), None where they cannot be read."""
        try:
            read = x509.load_der_x509_certificate(self.der)
            return read.subject.rfc4514_string(), read.issuer.rfc4514_string()
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class Certified:
    """What a connection says of its caller's certificate: the one that its own handshake proved,
    or that its peer may say for each request which one it has seen."""

    own: Shown | None = None
    vouching: bool = False

    def __bool__(self) -> bool:
        return self.vouching or self.own is not None

    def shown(self, headers: Iterable[Header]) -> Shown | None:
        """The certificate behind a request with these headers."""
        return told(headers) if self.vouching else self.own


NOTHING: Final = Certified()


class Vouchers:
    """The proxies whose word on certificates is believed, by network; `unix` among them is
    whoever reaches the gateway's unix socket."""

    def __init__(self, named: Iterable[str] = ()) -> None:
        listed = list(named)
        self._local = "unix" in listed
        self._networks: list[Network] = [ip_network(text) for text in listed if text != "unix"]

    def of(self, own: bytes | None, peer: str | None) -> Certified:
        """What a connection from `peer` (None: a unix socket) says, whose own handshake proved
        the certificate `own` (DER)."""
        if self._believes(peer):
            # A proxy's own certificate is not its callers'.
            return Certified(vouching=True)
        return Certified(own=Shown(own)) if own else NOTHING

    def _believes(self, peer: str | None) -> bool:
        if peer is None:
            return self._local
        if not self._networks:
            return False
        try:
            address = ip_address(peer)
        except ValueError:
            return False
        address = getattr(address, "ipv4_mapped", None) or address
        return any(address in network for network in self._networks)


def told(headers: Iterable[Header]) -> Shown | None:
    """The certificate in the one `Client-Cert` (RFC 9440 §2.2); None where there is none, or
    several, or nonsense."""
    values = [value for name, value in headers if name == _HEADER]
    if len(values) != 1 or len(values[0]) > _LONGEST:
        return None
    text = values[0].strip()
    if len(text) < 3 or text[:1] != b":" or text[-1:] != b":":
        return None
    try:
        der = base64.b64decode(text[1:-1], validate=True)
    except binascii.Error:
        return None
    return Shown(der) if der else None


def scope_extension(certified: Certified) -> dict[str, dict[object, object]]:
    """What the ASGI scope of a request carries of its connection, as `extensions`."""
    return {_EXTENSION: {"certified": certified}}


def certified_in(scope: Mapping[str, object]) -> Certified | None:
    """The same, read again; None where the connection said nothing."""
    extensions = scope.get("extensions")
    found = extensions.get(_EXTENSION, {}) if isinstance(extensions, dict) else {}
    certified = found.get("certified")
    return certified if isinstance(certified, Certified) else None


def of_scope(scope: Mapping[str, object]) -> Shown | None:
    """The certificate behind a request, from its ASGI scope."""
    certified, headers = certified_in(scope), scope.get("headers")
    if certified is None or not isinstance(headers, list):
        return None
    return certified.shown(headers)


def fits(accepted: Sequence[Mapping[str, str]], shown: Shown) -> bool:
    """Whether the certificate is one that was registered: by its thumbprint, or by its subject
    and the authority that issued it."""
    return any(
        one.get("thumbprint") == shown.thumbprint
        if "thumbprint" in one
        else (one.get("subject"), one.get("issuer")) == shown.names
        for one in accepted
    )
