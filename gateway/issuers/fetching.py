"""Asking an outside issuer: bounded in time and size, to where it may stand and nowhere else."""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Final

import httpx
import orjson

from gateway.issuers.trusted import IssuersUnfit, TrustedIssuer, origin

PATIENCE_SECONDS: Final = 5.0
_MOST_BYTES = 256 * 1024
_ASKED: Final = {"Accept": "application/json", "Accept-Encoding": "identity"}


class NotReached(Exception):
    """The issuer gave no usable answer; the sentence says which kind of fault, for the log."""


class Declined(Exception):
    """The issuer answered, and said no."""


class Fetching:
    """The connections to one issuer."""

    def __init__(self, trusted: TrustedIssuer) -> None:
        """Raises IssuersUnfit where the CA file cannot be read."""
        self._origins = trusted.origins
        try:
            certificates = ssl.create_default_context(cafile=trusted.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise IssuersUnfit(
                f"issuer {trusted.name}: {trusted.ca_file} cannot be used: {type(error).__name__}"
            ) from None
        self._http = httpx.AsyncClient(
            verify=certificates,
            timeout=PATIENCE_SECONDS,
            # Its address is what is trusted: not where it would send us, nor a proxy by accident.
            follow_redirects=False,
            trust_env=False,
            headers=_ASKED,
            limits=httpx.Limits(max_connections=16, max_keepalive_connections=4),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def known(self, address: object) -> str:
        """The address, where an endpoint of this issuer may stand there. Raises NotReached."""
        try:
            if isinstance(address, str) and origin(address) in self._origins:
                return address
        except ValueError:
            pass
        raise NotReached("an endpoint stands elsewhere than the setting allows")

    async def read(self, address: str) -> dict[str, object]:
        """The JSON object at an address. Raises NotReached."""
        return await self._ask(self._http.build_request("GET", self.known(address)))

    async def post(
        self, address: str, form: Mapping[str, str], basic: tuple[str, str] | None
    ) -> dict[str, object]:
        """The JSON object that answers a form. Raises NotReached, Declined."""
        request = self._http.build_request("POST", self.known(address), data=dict(form))
        if basic is not None:
            request = next(httpx.BasicAuth(*basic).auth_flow(request))
        return await self._ask(request)

    async def _ask(self, request: httpx.Request) -> dict[str, object]:
        try:
            # httpx bounds each wait; this bounds them together, against a trickle of bytes.
            async with asyncio.timeout(PATIENCE_SECONDS):
                response = await self._http.send(request, stream=True)
                try:
                    body = await _bounded(response)
                finally:
                    await response.aclose()
            told = orjson.loads(body) if response.status_code in (200, 400, 401) else None
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, ValueError, OSError) as error:
            raise NotReached(type(error).__name__) from None
        if response.status_code != httpx.codes.OK and isinstance(told, dict):
            raise Declined
        if not isinstance(told, dict):
            raise NotReached(f"status {response.status_code}, or no JSON object")
        return told


async def _bounded(response: httpx.Response) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise NotReached("an answer that is packed")
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > _MOST_BYTES:
            raise NotReached("an answer that is too large")
    return bytes(body)
