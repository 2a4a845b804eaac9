"""The catalogue's search at 25,000 and at 1,000,000 entries, one beside the other.

    python -m benchmarks.catalog --entries 25000 1000000 --searches 300

It starts a PostgreSQL and a catalogue of its own for each size, fills it with generated entries,
waits until the search index is built, and asks through the service's socket, one caller after
another. Percentiles are of whole answers of twenty entries.
"""

import argparse
import asyncio
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from itertools import islice
from pathlib import Path
from uuid import uuid4

import httpx

from benchmarks import entries as generated
from deploy.local import launching
from deploy.local.postgres import STOP, Cluster, create_databases, literal, roles
from shared import clock, migrate, passport
from shared.principal import Permission, Principal, PrincipalKind

_KEY = "5a" * 32
_READY_SECONDS = 1800
_ANSWER_SECONDS = 60


def main() -> None:
    """Measure, and print a line for each size and way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, nargs="+", default=[25_000, 1_000_000])
    parser.add_argument("--searches", type=int, default=300)
    told = parser.parse_args()
    seen = {}
    for size in told.entries:
        with tempfile.TemporaryDirectory() as folder:
            seen[size] = asyncio.run(_measure(Path(folder), size, told.searches))
    small, large = min(seen), max(seen)
    if small != large:
        print(f"search p95 at {large:,} / at {small:,}: {seen[large] / seen[small]:.1f}")


async def _measure(folder: Path, size: int, searches: int) -> float:
    cluster = Cluster.at(folder / "postgres", literal("bench"))
    cluster.initialise()
    server = cluster.start(folder / "postgres.log")
    passwords = {role: role for role in roles()}
    try:
        await asyncio.to_thread(create_databases, cluster, passwords)
        owner, runtime = "huitong_catalog_owner", "huitong_catalog"
        await asyncio.to_thread(
            migrate.upgrade, "services.catalog", cluster.dsn(owner, owner, runtime), runtime
        )
        connection = await cluster.connect(runtime)
        await generated.fill(connection, size)
        await connection.close()
        words = list(islice(generated.searches(), searches))
        dsn = cluster.dsn(runtime, runtime, runtime)
        return await _ours(folder, dsn, words, size)
    finally:
        launching.stop(server, STOP)


async def _ours(folder: Path, dsn: str, words: list[str], size: int) -> float:
    socket = folder / "catalog.sock"
    told = {
        "HUITONG_DATABASE": dsn,
        "HUITONG_NATS": "nats://127.0.0.1:1",
        "HUITONG_PASSPORT_KEY": _KEY,
        "HUITONG_RULEBOOK": "baoji-2017",
        "HUITONG_LISTEN": f"unix:{socket}",
        "HUITONG_SEARCH_INDEX": str(folder / "search"),
    }
    process = subprocess.Popen(  # noqa: ASYNC220 - nothing else goes on meanwhile
        [sys.executable, "-m", "shared.process", "serve", "services.catalog.app:create_app"],
        env={**os.environ, **told},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    began = time.perf_counter()
    transport = httpx.AsyncHTTPTransport(uds=str(socket))
    try:
        async with httpx.AsyncClient(
            transport=transport, base_url="http://catalog", timeout=_ANSWER_SECONDS
        ) as client:
            await _until_ready(client)
            print(
                f"{size:>9,} entries  index built after {time.perf_counter() - began:5.0f} s, "
                f"{_megabytes(folder / 'search'):,.0f} MB; the process holds "
                f"{_resident(process.pid):,.0f} MB and has worked {_worked(process.pid):.0f} s"
            )

            async def asked(path: str, **params: str | int) -> None:
                answer = await client.get(path, params=params, headers=_passport())
                answer.raise_for_status()

            at = "/v1/resources"
            ways: dict[str, Callable[[str], Awaitable[None]]] = {
                "search": lambda q: asked(at, q=q, limit=20),
                "narrowed": lambda q: asked(at, q=q, limit=20, share_type="unconditional"),
                "newest": lambda q: asked(at, q=q, limit=20, sort="newest"),
                "facets": lambda q: asked(f"{at}/facets", q=q),
                "typing": lambda q: asked(f"{at}/suggestions", q=q[:2]),
                "no words": lambda _: asked(at, limit=20),
            }
            seen = {name: await _timed(way, words) for name, way in ways.items()}
        return _told(size, seen)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


async def _until_ready(client: httpx.AsyncClient) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline:
        try:
            answer = await client.get("/v1/resources", params={"q": "信息"}, headers=_passport())
        except httpx.TransportError:
            await asyncio.sleep(0.2)
            continue
        if answer.status_code == httpx.codes.OK:
            return
        await asyncio.sleep(0.5)
    raise SystemExit("the catalogue did not become ready")


async def _timed(way: Callable[[str], Awaitable[None]], words: list[str]) -> list[float]:
    for word in words[:20]:
        await way(word)
    seen = []
    for word in words:
        began = time.perf_counter()
        await way(word)
        seen.append(1000 * (time.perf_counter() - began))
    return seen


def _told(size: int, seen: dict[str, list[float]]) -> float:
    p95 = 0.0
    for name, times in seen.items():
        cuts = statistics.quantiles(times, n=100)
        print(f"{size:>9,} entries  {name:<10} p50 {cuts[49]:7.1f} ms  p95 {cuts[94]:7.1f} ms")
        p95 = p95 or cuts[94]
    return p95


def _passport() -> dict[str, str]:
    viewer = Principal(
        kind=PrincipalKind.OPERATOR,
        id=uuid4(),
        department=uuid4(),
        region="320000/320200",
        authority=None,
        permissions=frozenset({Permission.RESOURCE_READ}),
        acr="password",
        network="outer",
        grant=None,
        access_id=uuid4(),
    )
    sealed = passport.seal(viewer, "catalog", bytes.fromhex(_KEY), clock.now())
    return {passport.HEADER: sealed}


def _megabytes(folder: Path) -> float:
    return sum(path.stat().st_size for path in _files(folder)) / 1e6


def _files(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.is_file())


def _worked(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _resident(pid: int) -> float:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


if __name__ == "__main__":
    main()
