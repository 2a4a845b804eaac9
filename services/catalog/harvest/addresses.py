"""Where a source may stand: at hosts that the installation allows, and never inside by accident.

Pure: no database, no HTTP, no clock.
"""

import ipaddress
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from shared.errors import Conflict

LONGEST: Final = 500
_PORTS: Final = {"http": 80, "https": 443}


class SourceNotAllowed(Conflict):
    """The address is none that this installation lets sources stand at."""

    code = "source-not-allowed"
    title = "Source not allowed"


@dataclass(frozen=True, slots=True)
class Allowed:
    """`hosts`: names, with `:port` where it is not the usual one. `inner`: those of them that may
    resolve to inner addresses."""

    hosts: Collection[str]
    inner: Collection[str]

    def check(self, address: str) -> SplitResult:
        """The address in its parts. Raises SourceNotAllowed."""
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError:
            raise SourceNotAllowed("This is no address.") from None
        if len(address) > LONGEST or not address.isascii() or not address.isprintable():
            raise SourceNotAllowed("An address has at most 500 printable ASCII characters.")
        if parts.scheme not in _PORTS or parts.username is not None or parts.password is not None:
            raise SourceNotAllowed("An address begins with http:// or https:// and names nobody.")
        if named(parts.hostname, port, parts.scheme) not in self.hosts:
            raise SourceNotAllowed(
                "The operators of this installation do not allow sources at this host; ask them "
                "to add it to HUITONG_HARVEST_HOSTS."
            )
        return parts

    def may_resolve_to(self, host: str, ip: str) -> bool:
        """Whether what stands at this address of the network may be asked under that name."""
        found = ipaddress.ip_address(ip.partition("%")[0])
        mapped = getattr(found, "ipv4_mapped", None)
        public = (mapped or found).is_global and not (mapped or found).is_multicast
        return public or host in self.inner


def named(host: str | None, port: int | None, scheme: str) -> str:
    """How a host stands in the settings."""
    usual = port is None or port == _PORTS.get(scheme)
    return (host or "") if usual else f"{host}:{port}"
