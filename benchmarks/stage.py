"""What a benchmark of the gateway stands on: PostgreSQL, NATS, a service, the example's registry.

All of its own in one folder, so that no other process of the platform takes part; nothing needs
to run before.
"""

import asyncio
import contextlib
import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpx
import psutil
from pydantic import SecretStr

from deploy.local import launching
from deploy.local.nats import STOP as STOP_NATS
from deploy.local.nats import Nats, users
from deploy.local.postgres import STOP as STOP_POSTGRES
from deploy.local.postgres import Cluster, create_databases, literal, roles
from gateway.bootstrap import bootstrap
from gateway.keys import new_key_pem
from gateway.models import Base, GrantCopy
from gateway.settings import GatewaySettings
from shared import clock, db, lease, migrate
from shared.bus import LEASE_SUBJECT, Bus, BusAway, provision
from shared.ids import new_id

DOCUMENT = Path(__file__).parents[1] / "deploy/example/departments.toml"
KEY = "6b" * 32
SERVICES = ("catalog", "requests", "exchange", "audit")
CALLER, PROVIDER = "tax", "civil-affairs"
# The process that is measured has one core, whoever asks and answers it the other.
CORES = sorted(os.sched_getaffinity(0)) * 2
MEASURED, AROUND = {CORES[0]}, {CORES[1]}

_SERVICE = """
SMALL = b'{"id": "0197a3c0-5b1e-7cc0-8a00-000000000101", "state": "published"}'
PIECE = b"x" * 65536
JSON = (b"content-type", b"application/json")

async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    if scope["path"].startswith("/v1/resources/"):
        length = b"%d" % (16384 * len(PIECE))
        start = {"type": "http.response.start", "status": 200}
        await send({**start, "headers": [(b"content-length", length)]})
        for _ in range(16384):
            await send({"type": "http.response.body", "body": PIECE, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
        return
    headers = [JSON, (b"content-length", b"%d" % len(SMALL))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": SMALL})
"""


def run(
    stack: contextlib.ExitStack, command: list[str], env: dict[str, str], core: set[int]
) -> int:
    """Start a program on a core until the stack unwinds; its process id."""
    child = subprocess.Popen(
        ["taskset", "-c", ",".join(map(str, core)), *command],
        env={**os.environ, **env},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )

    def stop() -> None:
        child.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(20)
        child.kill()
        child.wait()

    stack.callback(stop)
    return child.pid


def cpu_seconds(pids: tuple[int, ...]) -> float:
    """The processor time of these processes and their children so far."""
    processes = [psutil.Process(pid) for pid in pids]
    everyone = [*processes, *(c for p in processes for c in p.children(recursive=True))]
    return sum(sum(process.cpu_times()[:2]) for process in everyone)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port: int = bound.getsockname()[1]
        return port


def wait_for(url: str, headers: dict[str, str]) -> None:
    """Until the address answers 200."""
    deadline, said = time.monotonic() + 60, "nothing"
    while time.monotonic() < deadline:
        with contextlib.suppress(httpx.HTTPError):
            answer = httpx.get(url, headers=headers)
            if answer.status_code == httpx.codes.OK:
                return
            said = f"{answer.status_code} {answer.text[:300]}"
        time.sleep(0.1)
    raise SystemExit(f"{url} answers {said}")


class Stage:
    """The surroundings in `folder`, until the stack unwinds."""

    def __init__(self, stack: contextlib.ExitStack, folder: Path) -> None:
        self._stack = stack
        self._folder = folder
        self.socket = folder / "service.sock"
        # Bulk has a process of its own, as the platform's file door has.
        self.bulk_socket = folder / "bulk.sock"
        self.bulk_path = f"/v1/resources/{new_id()}"
        self.port = free_port()
        (folder / "service.py").write_text(_SERVICE)
        serve = [sys.executable, "-m", "uvicorn", "service:app", "--no-access-log", "--app-dir"]
        run(stack, [*serve, str(folder), "--uds", str(self.socket)], {}, AROUND)
        run(stack, [*serve, str(folder), "--uds", str(self.bulk_socket)], {}, AROUND)
        run(stack, [*serve, str(folder), "--port", str(self.port)], {}, AROUND)
        self._database()
        self.nats = {"default sync": self._nats("2m"), "sync always": self._nats("always")}
        self.signing_key = folder / "key.pem"
        self.signing_key.write_text(new_key_pem())
        self._settings = self._told(self.nats["default sync"].dsn("gateway"), 0)
        asyncio.run(self._fill())
        threading.Thread(target=lambda: asyncio.run(self._beat()), daemon=True).start()

    def gateway(self, sync: str) -> tuple[int, int]:
        """Start a gateway whose records go to a NATS that syncs so: its process and port."""
        port = free_port()
        told = self._told(self.nats[sync].dsn("gateway"), port)
        env = {f"HUITONG_{name}": value for name, value in told.items()}
        command = [sys.executable, "-m", "shared.process", "serve", "gateway.app:create_app"]
        return run(self._stack, command, env, MEASURED), port

    def token(self, port: int) -> str:
        """A token of the caller's system."""
        kept = json.loads((self._folder / "credentials.json").read_text())
        clients = kept["departments"][CALLER]["clients"].values()
        machine = next(c for c in clients if c["kind"] == "system")
        answer = httpx.post(
            f"http://127.0.0.1:{port}/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=(machine["client_id"], machine["client_secret"]),
        )
        return str(answer.raise_for_status().json()["access_token"])

    def _database(self) -> None:
        cluster = Cluster.at(self._folder / "postgres", literal("benchmark"))
        cluster.initialise()
        process = cluster.start(self._folder / "postgres.log")
        self._stack.callback(launching.stop, process, STOP_POSTGRES)
        passwords = {role: role for role in roles()}
        create_databases(cluster, passwords)
        owner = cluster.dsn("huitong_gateway_owner", "huitong_gateway_owner", "huitong_gateway")
        migrate.upgrade("gateway", owner, "huitong_gateway")
        self._dsn = cluster.dsn("huitong_gateway", "huitong_gateway", "huitong_gateway")

    def _nats(self, sync: str) -> Nats:
        passwords = {user: f"{user}-password" for user in users()}
        folder = self._folder / f"nats-{sync}"
        nats = Nats.at(folder, free_port(), passwords, sync_interval=sync)
        process = nats.start(self._folder / f"nats-{sync}.log")
        # Each thread by itself: those that began before would stay on the measured core.
        for thread in psutil.Process(process.pid).threads():
            os.sched_setaffinity(thread.id, AROUND)
        stop: Callable[..., object] = launching.stop
        self._stack.callback(stop, process, STOP_NATS)
        asyncio.run(provision(nats.dsn("admin")))
        return nats

    def _told(self, nats: str, port: int) -> dict[str, str]:
        return {
            "LISTEN": f"127.0.0.1:{port}",
            "DATABASE": self._dsn,
            "NATS": nats,
            "PASSPORT_KEY": KEY,
            "SERVICES": json.dumps(
                {**dict.fromkeys(SERVICES, str(self.socket)), "catalog": str(self.bulk_socket)}
            ),
            "PASSPORT_KEYS": json.dumps(dict.fromkeys((*SERVICES, "gateway"), KEY)),
            "PUBLIC_URL": "http://127.0.0.1",
            "SIGNING_KEY_FILE": str(self.signing_key),
            "SECOND_FACTOR_KEY": KEY,
            "SPOOL": str(self._folder / f"spool-{port}"),
            # One caller stands for all of them here.
            "CLIENT_RATE": "10000000/1",
        }

    async def _fill(self) -> None:
        settings = GatewaySettings(
            database=SecretStr(self._dsn),
            nats=SecretStr("nats://nowhere"),
            passport_key=SecretStr(KEY),
            signing_key_file=self.signing_key,
            second_factor_key=SecretStr(KEY),
            spool=self._folder / "spool",
        )
        credentials = self._folder / "credentials.json"
        await bootstrap(settings, DOCUMENT, credentials)
        departments = json.loads(credentials.read_text())["departments"]
        self.grant = new_id()
        row = GrantCopy(
            id=self.grant,
            resource=new_id(),
            provider=UUID(departments[PROVIDER]["department"]),
            grantee=UUID(departments[CALLER]["department"]),
            purpose="核对纳税人的登记信息",
            grade="ordinary",
            valid_from=datetime(2020, 1, 1, tzinfo=UTC),
            sequence=1,
        )
        engine = db.engine(self._dsn, size=1)
        async with db.sessions(engine, Base).begin() as session:
            session.add(row)
        await engine.dispose()

    async def _beat(self) -> None:
        """The heartbeat of requests, without which no data may flow."""
        buses = [await Bus.connect(nats.dsn("requests"), "requests") for nats in self.nats.values()]
        while True:
            beat = lease.Beat(at=clock.now(), sequence=0, oldest_unsent=None).message()
            for bus in buses:
                with contextlib.suppress(BusAway):  # The benchmark is over.
                    await bus.shout(LEASE_SUBJECT, beat)
            await asyncio.sleep(1)


@contextlib.contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """The surroundings, for as long as the block runs."""
    with contextlib.ExitStack() as stack:
        yield Stage(stack, folder)
