"""The gateway against HAProxy, nginx and no gateway at all, over one service, in one run.

    python -m benchmarks.gateway --seconds 3 --runs 3

It starts all that it needs. Ours does identity, permission under a live grant, a durable record
acknowledged by JetStream, and the forwarding; HAProxy verifies the token's signature, nginx asks
a small verifier, and all hand on to the same service over the same unix socket. The process that
is measured has one core; `wrk`, the service and NATS share another. Runs are interleaved; read
the ratios, and where the machine is shared, the processor time of each request. `wrk`,
`haproxy`, `nginx` and `taskset` come from the operating system's packages; the platform itself
needs none of them.
"""

import argparse
import contextlib
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from benchmarks.peers_of_the_gateway import Way, peers
from benchmarks.stage import AROUND, Stage, cpu_seconds, stage, wait_for

_PROGRAMS = ("wrk", "haproxy", "nginx", "taskset")
_SCRIPT = """
done = function(summary, latency, requests)
  io.write(string.format("SEEN %d %d %d %d %d %d\\n", summary.requests, summary.duration,
    summary.errors.status + summary.errors.read + summary.errors.timeout,
    latency:percentile(50), latency:percentile(95), latency:percentile(99)))
end
"""
_SEEN = re.compile(r"^SEEN (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Seen:
    """One run of wrk: requests a second, milliseconds, and microseconds of processor a request."""

    rate: float
    median: float
    p95: float
    p99: float
    cpu: float


class Bench:
    """The tools of one run."""

    def __init__(self, folder: Path, path: str, seconds: int) -> None:
        self._script = folder / "seen.lua"
        self._script.write_text(_SCRIPT)
        self._path = path
        self._seconds = seconds

    def call(self, way: Way, connections: int) -> Seen:
        """What so many callers see."""
        before = cpu_seconds(way.pids)
        done = subprocess.run(
            [
                *("taskset", "-c", ",".join(map(str, AROUND))),
                *("wrk", "-t1", f"-c{connections}", f"-d{self._seconds}s"),
                *("-s", str(self._script), "-H", f"Authorization: Bearer {way.token}"),
                f"http://127.0.0.1:{way.port}{self._path}",
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        spent = cpu_seconds(way.pids) - before
        found = _SEEN.search(done.stdout)
        if found is None:
            raise SystemExit(done.stdout)
        count, microseconds, odd, *latencies = (int(text) for text in found.groups())
        if odd:
            raise SystemExit(f"{odd} answers of {way.name} were refusals or failed")
        median, p95, p99 = (value / 1000 for value in latencies)
        return Seen(count * 1e6 / microseconds, median, p95, p99, spent * 1e6 / count)


def main() -> None:
    """Measure, and print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--only", default="", help="measure the ways that begin so")
    told = parser.parse_args()
    missing = [program for program in _PROGRAMS if shutil.which(program) is None]
    if missing:
        sys.exit(f"missing: {', '.join(missing)}; install the operating system's packages")
    with (
        tempfile.TemporaryDirectory() as name,
        contextlib.ExitStack() as stack,
        stage(Path(name)) as around,
    ):
        folder = Path(name)
        ours = {sync: around.gateway(sync) for sync in around.nats}
        bench = Bench(folder, f"/v1/grants/{around.grant}/changes", told.seconds)
        for _, port in ours.values():
            _answering(port)
        token = around.token(ours["default sync"][1])
        ways = [w for w in peers(stack, around, folder, token) if w.name.startswith(told.only)]
        ways += [Way(f"huitong, {sync}", port, token, (pid,)) for sync, (pid, port) in ours.items()]
        for way in ways:
            wait_for(f"http://127.0.0.1:{way.port}/v1/grants/{around.grant}/changes", _bearer(way))
        _compare(bench, ways, told.runs, told.connections)
        _bulk(bench, around, ways[-2])


def _answering(port: int) -> None:
    wait_for(f"http://127.0.0.1:{port}/livez", {})


def _bearer(way: Way) -> dict[str, str]:
    return {"authorization": f"Bearer {way.token}"}


def _compare(bench: Bench, ways: list[Way], runs: int, connections: int) -> None:
    for way in ways:
        bench.call(way, connections)
    seen: dict[str, list[Seen]] = {way.name: [] for way in ways}
    for _ in range(runs):
        for way in ways:
            seen[way.name].append(bench.call(way, connections))
    alone = {way.name: bench.call(way, 1).median for way in ways}
    rates = {name: statistics.median(s.rate for s in found) for name, found in seen.items()}
    none, theirs = rates.get("no gateway"), rates.get("haproxy ES256")
    print(f"{'':24} requests/s  of none  of ES256  CPU µs   p50 ms   p99 ms  one caller ms")
    for name, found in seen.items():
        print(
            f"{name:24} {rates[name]:10,.0f}  {_share(rates[name], none)}  "
            f"{_ratio(rates[name], theirs)}  {statistics.median(s.cpu for s in found):6.0f}  "
            f"{statistics.median(s.median for s in found):7.2f}  "
            f"{statistics.median(s.p99 for s in found):7.2f}  {alone[name]:13.3f}"
        )


def _share(rate: float, of: float | None) -> str:
    return f"{100 * rate / of:6.0f}%" if of else "      –"


def _ratio(rate: float, of: float | None) -> str:
    return f"{rate / of:8.2f}" if of else "       –"


def _bulk(bench: Bench, around: Stage, way: Way) -> None:
    """Gigabytes through the gateway, two at a time: its memory, and what small requests notice."""
    process = psutil.Process(way.pids[0])
    before, idle = process.memory_info().rss, bench.call(way, 1)
    url = f"http://127.0.0.1:{way.port}{around.bulk_path}"
    began, most, ended = time.monotonic(), before, threading.Event()
    times: list[float] = []

    def flow() -> None:
        os.sched_setaffinity(0, AROUND)  # This thread only.
        while not ended.is_set():
            start = time.monotonic()
            with httpx.stream("GET", url, headers=_bearer(way)) as answer:
                size = sum(len(piece) for piece in answer.iter_raw())
            times.append(size / (time.monotonic() - start) / 1e6)

    flowing = [threading.Thread(target=flow) for _ in range(2)]
    for one in flowing:
        one.start()
    time.sleep(0.5)
    busy = bench.call(way, 1)
    ended.set()
    while any(one.is_alive() for one in flowing):
        most = max(most, process.memory_info().rss)
        time.sleep(0.02)
    print(
        f"1 GiB through it, {len(times)} times in {time.monotonic() - began:.0f} s, two at once: "
        f"{statistics.median(times):,.0f} MB/s each, "
        f"memory {before / 1e6:.0f} → {most / 1e6:.0f} MB; "
        f"small requests' p95 {idle.p95:.2f} → {busy.p95:.2f} ms"
    )


if __name__ == "__main__":
    main()
