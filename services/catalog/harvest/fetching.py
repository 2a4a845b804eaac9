"""Asking a source: where it may stand, at the address that was looked at, bounded in everything.

The name is resolved once, every address of it is looked at, and the connection goes to one
that was; so a name that changes its address between the look and the call gains nothing.
"""

import asyncio
import socket
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

import httpx

from services.catalog.harvest.addresses import Allowed, SourceNotAllowed, named

PATIENCE_SECONDS: Final = 60.0
LARGEST: Final = 16 << 20
_MOST_REDIRECTS: Final = 3
_AGENT: Final = "huitong-harvest/1"


class NotReached(Exception):
    """The source gave no usable answer; the sentence says which kind of fault."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a source answered: its bytes, and what they claim to be."""

    body: bytes
    kind: str


class Fetching:
    """The way to sources. Use as an async context manager."""

    def __init__(self, allowed: Allowed) -> None:
        self._allowed = allowed
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(20.0),
            # Each redirect is looked at like the first address; no proxy is taken by accident.
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(max_connections=4, max_keepalive_connections=0),
        )

    async def __aenter__(self) -> "Fetching":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def read(self, address: str, accept: str, largest: int = LARGEST) -> Answer:
        """What stands at the address. Raises NotReached and SourceNotAllowed."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                for _ in range(_MOST_REDIRECTS + 1):
                    found = await self._ask(address, accept, largest)
                    if isinstance(found, Answer):
                        return found
                    address = urljoin(address, found)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError, ValueError) as error:
            raise NotReached(f"no answer: {type(error).__name__}") from None
        raise NotReached("too many redirects")

    async def _ask(self, address: str, accept: str, largest: int) -> Answer | str:
        """The answer, or where it sends us."""
        parts = self._allowed.check(address)
        host, port = parts.hostname or "", parts.port
        ip = await self._resolve(host, port, parts.scheme)
        usual = named(host, port, parts.scheme)
        request = self._http.build_request(
            "GET",
            httpx.URL(address).copy_with(host=ip),
            headers={
                "Host": usual,
                "Accept": accept,
                "Accept-Encoding": "identity",
                "User-Agent": _AGENT,
            },
            # The certificate is that of the name, wherever it was found to stand.
            extensions={"sni_hostname": host},
        )
        response = await self._http.send(request, stream=True)
        try:
            if response.is_redirect:
                return response.headers["location"]
            if response.status_code != httpx.codes.OK:
                raise NotReached(f"status {response.status_code}")
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            return Answer(await _bounded(response, largest), kind)
        finally:
            await response.aclose()

    async def _resolve(self, host: str, port: int | None, scheme: str) -> str:
        """An address of the host, when every one that it has may be asked."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port or scheme, type=socket.SOCK_STREAM)
        ips = [str(entry[4][0]) for entry in found]
        usual = named(host, port, scheme)
        if not ips or not all(self._allowed.may_resolve_to(usual, ip) for ip in ips):
            raise SourceNotAllowed(
                "The host stands at an inner address; the operators can allow that in "
                "HUITONG_HARVEST_INNER_HOSTS."
            )
        return ips[0]


async def _bounded(response: httpx.Response, largest: int) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise NotReached("an answer that is packed")
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > largest:
            raise NotReached(f"an answer of more than {largest >> 20} MiB")
    return bytes(body)
