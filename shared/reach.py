"""Where this installation may call: at hosts that it allows, and never inside by accident.

Pure: no HTTP, no resolving, no clock.
"""

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeAlias
from urllib.parse import SplitResult, urlsplit

LONGEST: Final = 500
_PORTS: Final = {"http": 80, "https": 443}
# Addresses of IPv6 behind which a host of IPv4 stands (RFC 6052 §2.1).
_TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
_Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address


class Why(StrEnum):
    """Why an address is out of reach."""

    UNREADABLE = "unreadable"
    SCHEME = "scheme"
    HOST = "host"
    INNER = "inner"


_SENTENCES: Final = {
    Why.UNREADABLE: f"An address has at most {LONGEST} printable ASCII characters.",
    Why.SCHEME: "An address begins with http:// or https:// and names nobody.",
    Why.HOST: "The operators of this installation do not allow calls to this host.",
    Why.INNER: "The host stands at an inner address, which the operators have not allowed.",
}


class OutOfReach(Exception):
    """The address is none that this installation calls; it says `why`, and a sentence."""

    def __init__(self, why: Why) -> None:
        super().__init__(_SENTENCES[why])
        self.why = why


@dataclass(frozen=True, slots=True)
class Reach:
    """`hosts`: names, with `:port` where it is not the usual one. Of those, `inner_hosts` may
    resolve to any inner address, and all to addresses in `inner_networks`."""

    hosts: Collection[str]
    inner_hosts: Collection[str] = ()
    inner_networks: Collection[Network] = ()

    def parts(self, address: str) -> SplitResult:
        """The address in its parts. Raises OutOfReach."""
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError:
            raise OutOfReach(Why.UNREADABLE) from None
        if len(address) > LONGEST or not address.isascii() or not address.isprintable():
            raise OutOfReach(Why.UNREADABLE)
        if parts.scheme not in _PORTS or parts.username is not None or parts.password is not None:
            raise OutOfReach(Why.SCHEME)
        if named(parts.hostname, port, parts.scheme) not in self.hosts:
            raise OutOfReach(Why.HOST)
        return parts

    def may_resolve_to(self, host: str, ip: str) -> bool:
        """Whether what stands at this address of the network may be called under that name."""
        found = ipaddress.ip_address(ip.partition("%")[0])
        return all(self._open(meant, host) for meant in _meant(found))

    def _open(self, found: _Address, host: str) -> bool:
        if found.is_global and not found.is_multicast:
            return True
        return host in self.inner_hosts or any(found in net for net in self.inner_networks)


def named(host: str | None, port: int | None, scheme: str) -> str:
    """How a host stands in the settings."""
    usual = port is None or port == _PORTS.get(scheme)
    return (host or "") if usual else f"{host}:{port}"


def _meant(found: _Address) -> list[_Address]:
    """The address, or those of IPv4 that it wraps: who reaches it reaches them."""
    if isinstance(found, ipaddress.IPv4Address):
        return [found]
    if found.ipv4_mapped is not None:
        return [found.ipv4_mapped]
    if found.sixtofour is not None:
        return [found, found.sixtofour]
    if found in _TRANSLATED:
        return [ipaddress.IPv4Address(int(found) & 0xFFFFFFFF)]
    return [found, *(found.teredo or ())]
