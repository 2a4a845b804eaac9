"""Who really calls, where proxies stand before the gateway. Pure.

What a request says of its own way (X-Forwarded-For, Forwarded, X-Forwarded-Proto) is believed from
the proxies that the settings name, and from nobody else. The caller is the last address of the
way that is no trusted proxy: what stands before it the caller may have written itself.
"""

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from gateway.demands import Network
from shared.errors import Forbidden

Header = tuple[bytes, bytes]
# Longer ways than this are nobody's.
_MOST_STATIONS: Final = 32
_MOST_KNOWN: Final = 1000
UNKNOWN: Final = "unknown"
"""The address of a caller of whom its proxy says nothing that can be believed."""
LOCAL: Final = "local"
"""The address of a caller on a unix socket."""
_FOR: Final = re.compile(r'(?:^|[;,])\s*for\s*=\s*("[^"]*"|[^;,\s]*)', re.IGNORECASE)
_PORT: Final = re.compile(r"^(?:\[(?P<six>[^\]]+)\]|(?P<four>\d+(?:\.\d+){3}))(?::\d+)?$")


class HttpsRequired(Forbidden):
    """In production nothing is answered over plain HTTP."""

    code = "https-required"
    title = "HTTPS required"


class Proxies:
    """The proxies that are believed, by network. `unix` among them is whoever reaches the
    gateway's unix socket. With `https_only` (production) nothing comes in plainly."""

    def __init__(self, trusted: Iterable[str], *, https_only: bool = False) -> None:
        named = list(trusted)
        self._local = "unix" in named
        self._networks: list[Network] = [ip_network(text) for text in named if text != "unix"]
        self._https_only = https_only
        # Whether a connection's own address is a proxy's, as it was found before.
        self._known: dict[str, bool] = {}

    def caller(self, peer: str | None, headers: Sequence[Header], *, tls: bool) -> str | None:
        """The address of whoever sent a request on a connection from `peer`, None for a unix
        socket's; `local` is somebody on this machine.

        None where the request may not be answered, because some of its way was plain HTTP.
        """
        if (self._local or self._networks) and self._believes(peer):
            if self._https_only and _last(headers, b"x-forwarded-proto").lower() != "https":
                return None
            return self._named(headers) or peer or LOCAL
        if self._https_only and not tls:
            return None
        return peer or LOCAL

    def _named(self, headers: Sequence[Header]) -> str | None:
        """Whom the proxies name, None where they name nobody."""
        ways = [way for way in (_listed(headers), _standard(headers)) if way]
        found = {self._last_stranger(way) for way in ways}
        # Two ways that disagree: one of them the caller has written itself.
        return found.pop() if len(found) == 1 else UNKNOWN if found else None

    def _last_stranger(self, way: list[str]) -> str:
        address = None
        for station in reversed(way):
            address = _address(station)
            if address is None:
                return UNKNOWN
            if not self._trusts(address):
                break
        # Where all of them are proxies of ours, the first one calls for itself.
        return str(address)

    def _believes(self, peer: str | None) -> bool:
        if peer is None:
            return self._local
        found = self._known.get(peer)
        if found is None:
            address = _address(peer)
            found = address is not None and self._trusts(address)
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known[peer] = found
        return found

    def _trusts(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self._networks)


def _listed(headers: Sequence[Header]) -> list[str]:
    """X-Forwarded-For, the caller first; several fields of the name are one list."""
    way = _all(headers, b"x-forwarded-for")
    # Of a way that is too long the end counts: it is what our own proxies have written.
    return [station.strip() for station in way.split(",")][-_MOST_STATIONS:] if way else []


def _standard(headers: Sequence[Header]) -> list[str]:
    """The same of Forwarded (RFC 7239)."""
    way = _all(headers, b"forwarded")
    return [station.strip('"') for station in _FOR.findall(way)][-_MOST_STATIONS:] if way else []


def _all(headers: Sequence[Header], name: bytes) -> str:
    return ",".join(value.decode("latin-1") for key, value in headers if key == name)


def _last(headers: Sequence[Header], name: bytes) -> str:
    return _all(headers, name).rpartition(",")[2].strip()


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """The address in `10.1.2.3`, `10.1.2.3:4711`, `2001:db8::1` or `[2001:db8::1]:4711`."""
    match = _PORT.match(text)
    if match:
        text = match["six"] or match["four"]
    if "%" in text:  # A zone is of one machine only.
        return None
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
