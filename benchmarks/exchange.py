"""What exchange does on a running platform (`make up`), as ratios to named peers, in one run.

    python -m benchmarks.exchange --rows 1000000        (10000000 needs 15 GB of disk, and patience)

Rows in: from the first byte handed in at the gateway until published, lookup table and all, beside
COPY of the same file into the same PostgreSQL. Bytes out: one file through the file door, decrypted
on the way, beside nginx with sendfile, where it is installed, else a process of our own with
sendfile. Lookups: one key each, through the gateway, recorded before they are answered, beside
pgbench. Following: a delta of one row in a hundred pulled, beside the whole. Memory: proportional
set size, sampled.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import huitong_client as client
import orjson

from benchmarks import load, peers, rows
from benchmarks.memory import Watch, processes
from benchmarks.scene import CONSUMER, PROVIDER, Scene
from shared.ids import new_id

_LOOKUP_SECONDS = 5.0
_CONNECTIONS = 32
_DOWNLOADS = 5
_PULLS = 3
_EVERY = 100


def main() -> None:
    """Measure, and print one line a figure."""
    told = argparse.ArgumentParser(description=__doc__)
    told.add_argument("--rows", type=int, default=1_000_000)
    count = told.parse_args().rows
    scene = Scene()
    running = processes(scene.installation)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        rows.write(path, count)
        size = path.stat().st_size
        print(f"{count:,} rows, {size:,} bytes of CSV")
        run = new_id().hex[-8:]
        resource = scene.resource("企业登记基准", rows.ITEMS, run)
        copied = asyncio.run(peers.copy(scene.around, path))
        with Watch(running) as watch:
            _rows_in(scene, resource, path, run, count, copied)
        for name in ("gateway", "exchange", "exchange-worker", "postgres"):
            print(f"memory at peak, {name}: {watch.peak[name]:,} bytes")
        print(f"memory at peak, the whole platform: {watch.together:,} bytes")
        grant = scene.grant(resource, [str(item["code"]) for item in rows.ITEMS])
        with Watch(running) as watch:
            _bytes_out(scene, grant, Path(folder))
        print(f"memory at peak, file door: {watch.peak['exchange-files']:,} bytes")
        _lookups(scene, grant, count)
        _following(scene, resource, grant, Path(folder), run, count)
    peers.drop(scene.around)


def _rows_in(scene: Scene, resource: UUID, path: Path, run: str, count: int, copied: float) -> None:
    began = time.perf_counter()
    batch = scene.push(resource, path, f"bench-{run}")
    took = time.perf_counter() - began
    if batch.state != "published" or batch.accepted != count:
        raise SystemExit(f"the batch is {batch.state} with {batch.accepted} rows accepted")
    print(f"rows in: {count / took:,.0f} rows/s from hand-in until seen published, {took:.1f} s")
    seen = scene.person(PROVIDER, "administrator").get(f"/v1/batches/{batch.id}")
    at = [datetime.fromisoformat(seen[moment]) for moment in ("received_at", "finished_at")]
    worked = (at[1] - at[0]).total_seconds()
    print(f"  {count / worked:,.0f} rows/s checked and published with the lookup table")
    print(f"  COPY of the same file: {copied:,.0f} rows/s; ratio {count / worked / copied:.2f}")


def _bytes_out(scene: Scene, grant: UUID, folder: Path) -> None:
    for form in (client.Format.CSV, client.Format.PARQUET):
        with scene.machine(CONSUMER, "front-end-machine") as platform:
            began = time.perf_counter()
            manifest = platform.snapshot(grant, form)
            first = time.perf_counter() - began
        file = max(manifest.files, key=lambda f: f.size)
        address = urlsplit(file.url)
        ours = [peers.fetch(address.netloc, address.path) for _ in range(_DOWNLOADS)]
        same = folder / "same.bin"
        with same.open("wb") as out:
            out.truncate(file.size)
        with peers.file_server(same) as (name, server):
            theirs = [peers.fetch(server, f"/{same.name}") for _ in range(_DOWNLOADS)]
        mine, peer = (statistics.median(s / t for s, t in runs) / 1e6 for runs in (ours, theirs))
        print(f"bytes out, {form}: {mine:,.0f} MB/s through the door, {file.size:,} bytes a file")
        print(f"  {name}, as many bytes: {peer:,.0f} MB/s; ratio {mine / peer:.2f}")
        print(f"  the manifest, cut for the first time: {first:.2f} s")


def _lookups(scene: Scene, grant: UUID, count: int) -> None:
    keys = [rows.credit_code(n * 7919 % count) for n in range(500)]
    token = _token(scene)
    requests = [_request(str(grant), token, [key]) for key in keys]
    address = scene.url.removeprefix("http://")

    async def measure() -> load.Load:
        return await load.measure(
            address, requests, connections=_CONNECTIONS, seconds=_LOOKUP_SECONDS
        )

    found = asyncio.run(measure())
    if found.refused:
        raise SystemExit(f"{found.refused} lookups were refused")
    name, peer = asyncio.run(peers.prepared(scene.around, count, _LOOKUP_SECONDS))
    print(
        f"lookups: {found.per_second:,.0f}/s through the gateway, {_CONNECTIONS} callers, "
        f"median {found.median * 1e3:.1f} ms, p99 {found.p99 * 1e3:.1f} ms"
    )
    print(f"  {name}, the same keys: {peer:,.0f}/s; ratio {found.per_second / peer:.2f}")
    thousand = [rows.credit_code(n * 101 % count) for n in range(1000)]
    with httpx.Client(base_url=scene.url, headers={"authorization": f"Bearer {token}"}) as http:
        times = []
        for _ in range(10):
            began = time.perf_counter()
            answer = http.post(f"/v1/grants/{grant}/lookup", json={"keys": thousand})
            times.append(time.perf_counter() - began)
            if len(answer.raise_for_status().json()["rows"]) != len(thousand):
                raise SystemExit("a thousand keys found less than a thousand rows")
    together = len(thousand) / statistics.median(times)
    print(
        f"lookups of 1,000 keys a call: {together:,.0f} keys/s, {together / found.per_second:.0f} x"
    )


def _following(
    scene: Scene, resource: UUID, grant: UUID, folder: Path, run: str, count: int
) -> None:
    """A hundredth of the rows changes; what it costs to take that, and to take everything."""
    delta = folder / "delta.csv"
    changed = rows.write_changed(delta, count, every=_EVERY)
    batch = scene.push(resource, delta, f"bench-{run}-delta", client.Mode.DELTA)
    if batch.state != "published" or batch.accepted != changed:
        raise SystemExit(f"the delta is {batch.state} with {batch.accepted} rows accepted")
    with scene.machine(CONSUMER, "front-end-machine") as platform:

        def snapshot() -> list[client.RemoteFile]:
            return list(platform.snapshot(grant, client.Format.PARQUET).files)

        def changes() -> list[client.RemoteFile]:
            told = platform.changes(grant, 1, client.Format.PARQUET)
            return [file for batch in told.batches for file in batch.files]

        cut = _pulled(changes)
        whole = [_pulled(snapshot) for _ in range(_PULLS + 1)][1:]
        part = [_pulled(changes) for _ in range(_PULLS)]
    size, seconds = part[0][0], statistics.median(took for _, took in part)
    all_size, all_seconds = whole[0][0], statistics.median(took for _, took in whole)
    print(
        f"following: {changed:,} of {count:,} rows changed; pulled {size:,} bytes in "
        f"{seconds * 1e3:.0f} ms ({cut[1] * 1e3:.0f} ms the first time, when they are cut)"
    )
    print(
        f"  the whole: {all_size:,} bytes in {all_seconds * 1e3:.0f} ms; "
        f"ratios {size / all_size:.3f} of the bytes, {seconds / all_seconds:.3f} of the time"
    )


def _pulled(manifest: Callable[[], list[client.RemoteFile]]) -> tuple[int, float]:
    """Bytes and seconds of taking a manifest and all its files."""
    began = time.perf_counter()
    count = 0
    for file in manifest():
        address = urlsplit(file.url)
        count += peers.fetch(address.netloc, address.path)[0]
    return count, time.perf_counter() - began


def _token(scene: Scene) -> str:
    machine = scene.credentials(CONSUMER, "system")
    answer = httpx.post(
        f"{scene.url}/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(machine["client_id"], machine["client_secret"]),
    )
    return str(answer.raise_for_status().json()["access_token"])


def _request(grant: str, token: str, keys: list[str]) -> bytes:
    body = orjson.dumps({"keys": keys})
    return (
        f"POST /v1/grants/{grant}/lookup HTTP/1.1\r\nhost: huitong\r\n"
        f"authorization: Bearer {token}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    ).encode() + body


if __name__ == "__main__":
    main()
