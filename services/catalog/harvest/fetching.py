"""Asking a source: its redirects looked at like its first address, bounded in everything."""

import asyncio
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

import httpx

from services.catalog.harvest.addresses import Allowed, SourceNotAllowed
from shared.egress import Asked, Egress
from shared.reach import OutOfReach

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
        self._egress = Egress(allowed, _AGENT)

    async def __aenter__(self) -> "Fetching":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._egress.__aexit__()

    async def read(self, address: str, accept: str, largest: int = LARGEST) -> Answer:
        """What stands at the address. Raises NotReached and SourceNotAllowed."""
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                for _ in range(_MOST_REDIRECTS + 1):
                    found = await self._ask(address, accept, largest)
                    if isinstance(found, Answer):
                        return found
                    address = urljoin(address, found)
        except OutOfReach as refusal:
            raise SourceNotAllowed.because(refusal) from None
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError, ValueError) as error:
            raise NotReached(f"no answer: {type(error).__name__}") from None
        raise NotReached("too many redirects")

    async def _ask(self, address: str, accept: str, largest: int) -> Answer | str:
        """The answer, or where it sends us."""
        async with self._egress.asking(Asked("GET", address, {"Accept": accept})) as response:
            if response.has_redirect_location:
                return response.headers["location"]
            if response.status_code != httpx.codes.OK:
                raise NotReached(f"status {response.status_code}")
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            return Answer(await _bounded(response, largest), kind)


async def _bounded(response: httpx.Response, largest: int) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise NotReached("an answer that is packed")
    body = bytearray()
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > largest:
            raise NotReached(f"an answer of more than {largest >> 20} MiB")
    return bytes(body)
