"""The file door of a test over a real socket, and the heartbeat of requests that it lives by."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import httpx

from deploy.local.nats import free_port
from services.exchange import door
from shared import clock
from shared.background import beside, end
from shared.bus import LEASE_SUBJECT, Bus
from shared.lease import Beat
from shared.principal import Principal
from tests.exchange.world import Json, World


class Heart:
    """The heartbeat of requests, beaten by the test."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._task: asyncio.Task[None] | None = None
        self.sequence = 0

    async def beat(self) -> None:
        beat = Beat(clock.now(), self.sequence, None)
        await self._bus.shout(LEASE_SUBJECT, beat.message())

    async def _for_ever(self) -> None:
        while True:
            await self.beat()
            await asyncio.sleep(0.05)

    @contextlib.asynccontextmanager
    async def beating(self) -> AsyncIterator[None]:
        async with beside(self._for_ever()):
            yield


@contextlib.asynccontextmanager
async def opened(world: World, certificate: Path | None = None) -> AsyncIterator[str]:
    """The door as its process runs it; its address. With a certificate and its key in one file it
    speaks TLS.
    """
    address = f"127.0.0.1:{free_port()}"
    url = f"http{'s' * (certificate is not None)}://{address}"
    told = {"tls_certificate": certificate, "tls_key": certificate}
    settings = world.settings.model_copy(update={"listen": address, "door_url": url, **told})
    task = asyncio.create_task(door.run(settings))
    try:
        async with httpx.AsyncClient(base_url=url, verify=False) as client:  # noqa: S501 - our own
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if (await client.get("/readyz")).status_code == 200:
                        break
                await asyncio.sleep(0.02)
        yield url
    finally:
        await end(task)


async def file_of(world: World, holder: Principal, at: str, form: str = "csv") -> Json:
    """The one file of the grant's snapshot, at the address of a running door."""
    manifest = (await world.ask(holder, "snapshot", format=form)).json()
    [file] = manifest["files"]
    file["url"] = file["url"].replace(world.settings.door_url, at)
    return dict(file)


async def eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    for _ in range(200):
        if await holds():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it never came to hold")


async def served(client: httpx.AsyncClient, file: Json) -> httpx.Response:
    """The head of the file, once the door has heard the first heartbeat."""

    async def beaten() -> bool:
        return (await client.head(file["url"])).status_code != 503

    await eventually(beaten)
    return await client.head(file["url"])
