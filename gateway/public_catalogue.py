"""The public catalogue, without log-in: what the catalogue announces, handed on and kept a minute.

Nobody is known here, so nothing of the caller goes on but what is asked. Few calls at once reach
the catalogue; whoever comes beyond waits, or is asked to come again.
"""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

from fastapi import APIRouter, Request, Response

from gateway.forwarding import ServiceAway
from gateway.link import UpstreamAway
from gateway.upstream import Upstream
from shared import clock
from shared.errors import Unavailable

router = APIRouter(include_in_schema=False)
_AT_ONCE: Final = 8
_WAIT_SECONDS: Final = 5.0
_KEPT: Final = 500
_KEPT_SECONDS: Final = 60.0
_KEPT_BYTES: Final = 256 * 1024
_LARGEST: Final = 8 * 1024 * 1024
_HANDED_ON: Final = frozenset(
    {b"content-type", b"content-security-policy", b"cache-control", b"link"}
)


class PublicBusy(Unavailable):
    """More of the public asks at once than is answered."""

    code = "public-busy"
    title = "Many are reading"


@dataclass(frozen=True, slots=True)
class Page:
    """An answer of the catalogue, and until when it is good, in seconds since 1970."""

    status: int
    headers: dict[str, str]
    body: bytes
    until: float


class PublicCatalogue:
    """What the catalogue announces, as this gateway last read it."""

    def __init__(self, upstream: Upstream, public_url: str) -> None:
        self._upstream = upstream
        self._public_url = public_url
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._kept: OrderedDict[str, Page] = OrderedDict()

    async def read(self, target: str) -> Page:
        """The page at a path with its query. Raises PublicBusy, ServiceAway."""
        now = clock.now().timestamp()
        known = self._kept.get(target)
        if known is not None and known.until > now:
            return known
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                await self._places.acquire()
        except TimeoutError:
            raise PublicBusy("Many are reading now; try again.", retry_after=5) from None
        try:
            page = await self._asked(target, now)
        finally:
            self._places.release()
        if page.status == 200 and len(page.body) <= _KEPT_BYTES:
            self._kept[target] = page
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return page

    async def _asked(self, target: str, now: float) -> Page:
        lines = (
            f"GET /public{target} HTTP/1.1",
            "host: huitong",
            f"x-huitong-base: {self._public_url}",
        )
        away = ServiceAway("The catalogue is away; try again.", retry_after=5)
        try:
            exchange = await self._upstream.exchange("\r\n".join((*lines, "", "")).encode(), None)
            try:
                body = bytearray()
                async for chunk in exchange.chunks():
                    body += chunk
                    if len(body) > _LARGEST:
                        raise away
            finally:
                exchange.close()
        except (UpstreamAway, TimeoutError):
            raise away from None
        headers = {
            key.decode("ascii"): value.decode("latin-1")
            for key, value in exchange.head.headers
            if key in _HANDED_ON
        }
        return Page(exchange.head.status, headers, bytes(body), now + _KEPT_SECONDS)


@router.get("/catalogue")
@router.get("/catalogue.{rest}")
@router.get("/catalogue/{rest}")
@router.get("/catalogue/services/{rest}")
async def read(request: Request) -> Response:
    """A page of the public catalogue, or a graph of it."""
    public: PublicCatalogue = request.app.state.public_catalogue
    # Written anew: what somebody sends in an address must not become a line of its own.
    target = quote(request.url.path, safe="/.-_~")
    query = quote(request.url.query, safe="=&%+.-_~")
    page = await public.read(f"{target}?{query}" if query else target)
    return Response(page.body, page.status, page.headers)
