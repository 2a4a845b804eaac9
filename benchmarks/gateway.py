"""The gateway against HAProxy and against no gateway at all, over the same upstream, in one run.

    python -m benchmarks.gateway --seconds 4 --runs 3

Beside a running platform (`make up`) it starts a second gateway on a free port, in front of a
small upstream of its own. Ours does identity, permission, a durable record and the forwarding;
HAProxy verifies the token's signature (ES256) and forwards. `wrk` calls; it and `haproxy` come
from the operating system's packages. Medians of interleaved runs; read the ratios.
"""

import argparse
import contextlib
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
from joserfc.jwk import ECKey

from benchmarks.scene import CONSUMER, Scene
from deploy.local.processes import PROCESSES, environment

_LATENCY = re.compile(r"^\s+(50|99)%\s+([\d.]+)(us|ms|s)\s*$", re.MULTILINE)
_RATE = re.compile(r"^Requests/sec:\s+([\d.]+)$", re.MULTILINE)
_ODD = re.compile(r"^\s+Non-2xx or 3xx responses: (\d+)$", re.MULTILINE)
_UNIT = {"us": 1e-3, "ms": 1.0, "s": 1e3}

_UPSTREAM = """
async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body = b'{"id": "0197a3c0-5b1e-7cc0-8a00-000000000101", "state": "published"}'
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
"""

_HAPROXY = """
global
    nbthread 1
defaults
    mode http
    timeout client 30s
    timeout server 30s
    timeout connect 5s
    http-reuse always
frontend door
    bind 127.0.0.1:{port}
    http-request set-var(txn.token) http_auth_bearer
    http-request set-var(txn.alg) var(txn.token),jwt_header_query('$.alg')
    http-request deny unless {{ var(txn.alg) -m str ES256 }}
    http-request deny unless {{ var(txn.token),jwt_verify(txn.alg,"{key}") 1 }}
    default_backend upstream
backend upstream
    server one unix@{socket}
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """One run of wrk: requests a second, median and p99 in milliseconds."""

    rate: float
    median: float
    p99: float


def main() -> None:
    """Measure, and print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=4)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--connections", type=int, default=32)
    told = parser.parse_args()
    for program in ("wrk", "haproxy"):
        if shutil.which(program) is None:
            sys.exit(f"{program} is missing: install the operating system's package of that name")
    scene = Scene()
    with tempfile.TemporaryDirectory() as folder, _ways(scene, Path(folder)) as ways:
        seen: dict[str, list[Seen]] = {name: [] for name in ways}
        for _ in range(told.runs):
            for name, (url, token) in ways.items():
                seen[name].append(_wrk(url, token, told.connections, told.seconds))
        alone = {name: _wrk(url, token, 1, told.seconds) for name, (url, token) in ways.items()}
    direct = statistics.median(s.rate for s in seen["no gateway"])
    for name, runs in seen.items():
        rate = statistics.median(s.rate for s in runs)
        p99 = statistics.median(s.p99 for s in runs)
        one = alone[name].median
        print(
            f"{name:<12} {rate:9,.0f} requests/s  {100 * rate / direct:4.0f} % of none  "
            f"p99 {p99:6.1f} ms  one caller p50 {one:5.2f} ms"
        )
    ours = statistics.median(s.rate for s in seen["huitong"])
    theirs = statistics.median(s.rate for s in seen["haproxy"])
    print(f"huitong / haproxy with signature only: {ours / theirs:.2f}")


@contextlib.contextmanager
def _ways(scene: Scene, folder: Path) -> Iterator[dict[str, tuple[str, str]]]:
    """The three ways to one upstream, by name: an address, and a token for it."""
    around = scene.around
    process = next(p for p in PROCESSES if p.name == "gateway")
    told = environment(process, around)
    upstream = folder / "upstream.sock"
    (folder / "upstream.py").write_text(_UPSTREAM)
    port, other, plain = (_free_port() for _ in range(3))
    told |= {
        "HUITONG_LISTEN": f"127.0.0.1:{port}",
        "HUITONG_SERVICES": json.dumps(
            dict.fromkeys(json.loads(told["HUITONG_SERVICES"]), str(upstream))
        ),
        "HUITONG_SPOOL": str(folder / "spool"),
    }
    public = folder / "public.pem"
    [key, *_] = httpx.get(f"{scene.url}/.well-known/jwks.json").json()["keys"]
    public.write_bytes(ECKey.import_key(key).as_pem())
    config = folder / "haproxy.cfg"
    config.write_text(_HAPROXY.format(port=other, key=public, socket=upstream))
    serve = [sys.executable, "-m", "uvicorn", "upstream:app", "--no-access-log", "--app-dir"]
    commands = [
        ([*serve, str(folder), "--uds", str(upstream)], dict(os.environ)),
        ([*serve, str(folder), "--port", str(plain)], dict(os.environ)),
        (["haproxy", "-f", str(config), "-q", "-db"], dict(os.environ)),
        (
            [sys.executable, "-m", "shared.process", "serve", process.target],
            {**os.environ, **told},
        ),
    ]
    started = [
        subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for command, env in commands
    ]
    try:
        token = _token(scene)
        path = f"/v1/batches/{uuid4()}"
        ways = {
            "no gateway": (f"http://127.0.0.1:{plain}{path}", token),
            "haproxy": (f"http://127.0.0.1:{other}{path}", token),
            "huitong": (f"http://127.0.0.1:{port}{path}", token),
        }
        for url, _ in ways.values():
            _wait(url, token)
        yield ways
    finally:
        for child in started:
            child.send_signal(signal.SIGTERM)
        for child in started:
            child.wait(20)


def _token(scene: Scene) -> str:
    machine = scene.credentials(CONSUMER, "system")
    answer = httpx.post(
        f"{scene.url}/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=(machine["client_id"], machine["client_secret"]),
    )
    return str(answer.raise_for_status().json()["access_token"])


def _wrk(url: str, token: str, connections: int, seconds: int) -> Seen:
    done = subprocess.run(
        [
            shutil.which("wrk") or "wrk",
            *("-t1", f"-c{connections}", f"-d{seconds}s", "--latency"),
            *("-H", f"Authorization: Bearer {token}", url),
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    odd = _ODD.search(done.stdout)
    if odd:
        raise SystemExit(f"{odd[1]} answers of {url} were refusals")
    rate = _RATE.search(done.stdout)
    if rate is None:
        raise SystemExit(done.stdout)
    latency = {p: float(v) * _UNIT[u] for p, v, u in _LATENCY.findall(done.stdout)}
    return Seen(float(rate[1]), latency["50"], latency["99"])


def _wait(url: str, token: str) -> None:
    deadline = time.monotonic() + 30
    said = "nothing"
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.HTTPError):
            answer = httpx.get(url, headers={"authorization": f"Bearer {token}"})
            if answer.status_code == httpx.codes.OK:
                return
            said = f"{answer.status_code} {answer.text[:300]}"
        time.sleep(0.1)
    raise SystemExit(f"{url} answers {said}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port: int = bound.getsockname()[1]
        return port


if __name__ == "__main__":
    main()
