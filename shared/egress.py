"""Calls to the world outside: at the address that was looked at, and nowhere else.

A name is resolved once for each call, every address of it is looked at, and the connection goes
to one that was; so a name that changes its address between the look and the call gains nothing.
Redirects are handed back and not followed, and no proxy is taken by accident.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import httpx

from shared.reach import OutOfReach, Reach, Why, named

_CONNECT_SECONDS: Final = 5.0
# Below what servers usually keep a connection for, so that a kept one still stands.
_KEPT_SECONDS: Final = 3.0


@dataclass(frozen=True, slots=True)
class Asked:
    """One call. `seconds` is the patience with each step of it."""

    method: str
    address: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = field(default=None, repr=False)
    seconds: float = 20.0


class Egress:
    """The way out. Use as an async context manager.

    `agent` is what it calls itself, `trusted` a file of certificates that are believed beside
    those of the system, `connections` how many are open to one host at most.
    """

    def __init__(
        self, reach: Reach, agent: str, *, trusted: Path | None = None, connections: int = 4
    ) -> None:
        self._reach = reach
        self._agent = agent
        self._trusted = trusted
        self._connections = connections
        self._context: ssl.SSLContext | None = None
        # One for each name: a kept connection has shown the certificate of one name only.
        self._clients: dict[str, httpx.AsyncClient] = {}

    async def __aenter__(self) -> "Egress":
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._clients.values():
            await client.aclose()
        self._clients.clear()

    @contextlib.asynccontextmanager
    async def asking(self, asked: Asked) -> AsyncIterator[httpx.Response]:
        """The answer, its body not read yet, for the block.

        Raises OutOfReach, and httpx.HTTPError, httpx.InvalidURL, OSError, ValueError where the
        other side cannot be reached or does not speak HTTP.
        """
        parts = self._reach.parts(asked.address)
        host, port = parts.hostname or "", parts.port
        usual = named(host, port, parts.scheme)
        ip = await self._resolve(host, port, parts.scheme)
        client = self._client(f"{parts.scheme}://{usual}")
        request = client.build_request(
            asked.method,
            httpx.URL(asked.address).copy_with(host=ip),
            headers={
                "Accept-Encoding": "identity",
                **asked.headers,
                "Host": usual,
                "User-Agent": self._agent,
            },
            content=asked.body,
            timeout=httpx.Timeout(asked.seconds, connect=min(asked.seconds, _CONNECT_SECONDS)),
            # The certificate is that of the name, wherever it was found to stand.
            extensions={"sni_hostname": host},
        )
        response = await client.send(request, stream=True)
        try:
            yield response
        finally:
            await response.aclose()

    def _client(self, origin: str) -> httpx.AsyncClient:
        found = self._clients.get(origin)
        if found is None:
            found = self._clients[origin] = httpx.AsyncClient(
                verify=self._trust(),
                follow_redirects=False,
                trust_env=False,
                limits=httpx.Limits(
                    max_connections=self._connections,
                    max_keepalive_connections=self._connections,
                    keepalive_expiry=_KEPT_SECONDS,
                ),
            )
        return found

    def _trust(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = httpx.create_ssl_context(trust_env=False)
            if self._trusted is not None:
                self._context.load_verify_locations(self._trusted)
        return self._context

    async def _resolve(self, host: str, port: int | None, scheme: str) -> str:
        """An address of the host, when every one that it has may be called."""
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port or scheme, type=socket.SOCK_STREAM)
        ips = [str(entry[4][0]) for entry in found]
        usual = named(host, port, scheme)
        if not ips or not all(self._reach.may_resolve_to(usual, ip) for ip in ips):
            raise OutOfReach(Why.INNER)
        return ips[0]
