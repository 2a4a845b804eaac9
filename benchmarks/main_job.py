"""The main job's figures on a running platform (`make up`), as ratios to named peers.

    python -m benchmarks.main_job --rows 1000000

Rows in: from the first byte handed in at the gateway until published, lookup table and all.
Bytes out: one file through the file door, decrypted on the way. Lookups: one key each, through
the gateway, recorded before they are answered. Memory: proportional set size, sampled.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
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
        with peers.sendfile_server(same) as server:
            theirs = [peers.fetch(server, "/") for _ in range(_DOWNLOADS)]
        mine, peer = (statistics.median(s / t for s, t in runs) / 1e6 for runs in (ours, theirs))
        print(f"bytes out, {form}: {mine:,.0f} MB/s through the door, {file.size:,} bytes a file")
        print(f"  sendfile of as many bytes: {peer:,.0f} MB/s; ratio {mine / peer:.2f}")
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
