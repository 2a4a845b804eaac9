"""Many callers at once over kept connections, each asking again as soon as it was answered."""

import asyncio
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Load:
    """What came of it: answers a second, and seconds that half, and 99 of 100, were within."""

    per_second: float
    median: float
    p99: float
    refused: int


_Again = Callable[[], None]


class _Caller(asyncio.Protocol):
    def __init__(
        self, requests: Iterator[bytes], seen: list[float], counts: list[int], again: "_Again"
    ) -> None:
        self._requests = requests
        self._seen = seen
        self._counts = counts
        self._again = again
        self._data = b""
        self._sent = 0.0
        self._transport: asyncio.WriteTransport | None = None

    def connection_lost(self, exc: Exception | None) -> None:
        """Come again, as a client does whose connection was not kept."""
        self._again()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask the first time."""
        self._transport = transport  # type: ignore[assignment]  # a stream, whatever its class
        self._ask()

    def data_received(self, data: bytes) -> None:
        """Ask again when the answer is whole."""
        self._data += data
        head = self._data.find(b"\r\n\r\n")
        if head < 0:
            return
        at = self._data.lower().find(b"content-length:", 0, head)
        length = int(self._data[at + 15 : self._data.find(b"\r", at)])
        if len(self._data) < head + 4 + length:
            return
        if self._data[9:12] != b"200":
            self._counts[0] += 1
        self._data = b""
        self._seen.append(time.perf_counter() - self._sent)
        self._ask()

    def _ask(self) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._sent = time.perf_counter()
            self._transport.write(next(self._requests))


async def measure(
    address: str, requests: Sequence[bytes], *, connections: int, seconds: float
) -> Load:
    """Ask `host:port` or `unix:/path` these requests, again and again."""
    loop = asyncio.get_running_loop()
    seen: list[float] = []
    refused = [0]
    source = itertools.cycle(requests)
    over = asyncio.Event()
    transports: list[asyncio.BaseTransport] = []
    tasks: set[asyncio.Task[None]] = set()

    async def connect() -> None:
        def caller() -> _Caller:
            return _Caller(source, seen, refused, again)

        if address.startswith("unix:"):
            made = await loop.create_unix_connection(caller, address.removeprefix("unix:"))
        else:
            host, _, port = address.rpartition(":")
            made = await loop.create_connection(caller, host, int(port))
        transports.append(made[0])

    def again() -> None:
        if not over.is_set():
            task = loop.create_task(connect())
            tasks.add(task)
            task.add_done_callback(tasks.discard)

    for _ in range(connections):
        await connect()
    await asyncio.sleep(min(1.0, seconds / 4))
    seen.clear()
    refused[0] = 0
    began = time.perf_counter()
    await asyncio.sleep(seconds)
    took = time.perf_counter() - began
    over.set()
    times = sorted(seen)
    for transport in transports:
        transport.close()
    if not times:
        raise RuntimeError("nothing was answered")
    return Load(
        per_second=len(times) / took,
        median=times[len(times) // 2],
        p99=times[len(times) * 99 // 100],
        refused=refused[0],
    )
