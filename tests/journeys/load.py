"""Load on a running platform, and what its log says of every answer that was given."""

import asyncio
import contextlib
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import orjson

from deploy.local.installation import Installation
from deploy.local.nats import free_port
from deploy.local.processes import PROCESSES, Surroundings, environment
from deploy.local.state import CHECKOUT
from shared import db
from tests.log_ins import machine_token, person_token

# What comes over the wire; a test that reads it says what it expects.
Json = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """An answer that came whole: which access, how it ended, how many bytes of it came."""

    access_id: str
    status: int
    code: str | None
    size: int
    after: float


@dataclass
class Load:
    """Callers that ask one after another, and everything that they were answered."""

    url: str
    path: str
    method: str
    body: Json | None
    token: str
    answers: list[Answer] = field(default_factory=list)
    broken: int = 0

    @contextlib.asynccontextmanager
    async def by(self, callers: int) -> AsyncIterator[None]:
        """So many callers at once, for the block."""
        ending = asyncio.Event()
        limits = httpx.Limits(max_connections=callers)
        async with httpx.AsyncClient(base_url=self.url, limits=limits, timeout=30) as http:
            tasks = [asyncio.create_task(self._ask(http, ending)) for _ in range(callers)]
            try:
                yield
            finally:
                ending.set()
                await asyncio.gather(*tasks)

    async def once(self, http: httpx.AsyncClient) -> Answer | None:
        """One call; None where its connection broke."""
        began = time.monotonic()
        headers = {"authorization": f"Bearer {self.token}"}
        try:
            got = await http.request(self.method, self.path, json=self.body, headers=headers)
        except httpx.TransportError:
            self.broken += 1
            return None
        problem = "problem" in got.headers.get("content-type", "")
        answer = Answer(
            got.headers["x-request-id"],
            got.status_code,
            got.json()["code"] if problem else None,
            len(got.content),
            time.monotonic() - began,
        )
        self.answers.append(answer)
        return answer

    async def _ask(self, http: httpx.AsyncClient, ending: asyncio.Event) -> None:
        while not ending.is_set():
            if await self.once(http) is None:
                await asyncio.sleep(0.02)

    def statuses(self) -> Counter[int]:
        """How many answers ended how."""
        return Counter(answer.status for answer in self.answers)


class Site:
    """What a test knows of the running installation beside its address."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        cluster, nats = installation.cluster(), installation.nats()
        self.around: Surroundings = installation.surroundings(cluster, nats)
        self.url = installation.public_url
        self.departments: Json = orjson.loads(installation.credentials.read_bytes())["departments"]

    def told(self, name: str) -> dict[str, str]:
        """The environment of a process by its name."""
        process = next(process for process in PROCESSES if process.name == name)
        clean = {k: v for k, v in os.environ.items() if not k.startswith("HUITONG_")}
        return {**clean, **environment(process, self.around)}

    @contextlib.asynccontextmanager
    async def calling(self, url: str | None = None) -> AsyncIterator[httpx.AsyncClient]:
        """A client of the gateway, or of another one at `url`."""
        async with httpx.AsyncClient(base_url=url or self.url, timeout=30) as http:
            yield http

    async def machine(self, department: str, kind: str = "system") -> str:
        """A machine's access token."""
        machines = self.departments[department]["clients"].values()
        told = next(m for m in machines if m["kind"] == kind)
        async with self.calling() as http:
            return await machine_token(http, told["client_id"], told["client_secret"])

    async def person(self, department: str, username: str) -> str:
        """A person's access token."""
        password = self.departments[department]["operators"][username]["password"]
        async with self.calling() as http:
            return await person_token(http, username, password)

    @contextlib.contextmanager
    def second_gateway(self, spool: Path, **settings: str) -> Iterator[str]:
        """Another gateway process of the same installation; its address."""
        address = f"127.0.0.1:{free_port()}"
        told = self.told("gateway") | {
            "HUITONG_LISTEN": address,
            "HUITONG_SPOOL": str(spool),
            **{f"HUITONG_{name.upper()}": value for name, value in settings.items()},
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "shared.process", "serve", "gateway.app:create_app"],
            cwd=CHECKOUT,
            env=told,
            stdin=subprocess.DEVNULL,
        )
        try:
            deadline = time.monotonic() + 60
            while True:
                with contextlib.suppress(httpx.TransportError):
                    if httpx.get(f"http://{address}/readyz").status_code == 200:
                        break
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.1)
            yield f"http://{address}"
        finally:
            process.terminate()
            process.wait(30)

    async def log(self) -> "Log":
        """The access records that the log has now."""
        dsn = self.around.databases["audit"]
        connection = await asyncpg.connect(**db.asyncpg_arguments(dsn))
        try:
            rows = await connection.fetch(
                "SELECT kind, body FROM entry WHERE kind IN ('decided', 'completed') ORDER BY index"
            )
        finally:
            await connection.close()
        found = Log()
        for row in rows:
            entry = orjson.loads(row["body"])
            half = found.decided if row["kind"] == "decided" else found.completed
            half.setdefault(entry["access_id"], []).append(entry | entry["content"])
        return found

    async def log_with(self, load: Load, within: float = 40.0) -> "Log":
        """The log, once it has a record of every answer of success that the load was given."""
        wanted = {answer.access_id for answer in load.answers if answer.status < 400}
        deadline = time.monotonic() + within
        while True:
            found = await self.log()
            if wanted <= found.decided.keys() or time.monotonic() > deadline:
                return found
            await asyncio.sleep(0.5)

    def verify(self) -> "subprocess.CompletedProcess[str]":
        """What the verifier of the whole log says."""
        return subprocess.run(
            [sys.executable, "-m", "services.audit", "verify", "--quiet"],
            cwd=CHECKOUT,
            env=self.told("audit-worker"),
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


@dataclass
class Log:
    """Access records by access id, in the order of the log."""

    decided: dict[str, list[Json]] = field(default_factory=dict)
    completed: dict[str, list[Json]] = field(default_factory=dict)

    def contradictions(self, load: Load) -> list[str]:
        """Where the log and what the callers saw do not go together; nothing when they do."""
        found = []
        for answer in load.answers:
            found += [f"{answer}: {what}" for what in self._said_of(answer)]
        given = {answer.access_id for answer in load.answers}
        lost = [
            access
            for access, entries in self.completed.items()
            if access not in given
            and entries[0]["operation"].endswith(load.path.rpartition("/")[2])
            and entries[0].get("status", 500) < 400
        ]
        # Of a connection that broke the caller does not know the end; the log may.
        if load.broken < 1 and lost and load.answers:
            mine = [a for a in lost if a > min(given)]
            found += [f"{access}: completed, and nobody was answered" for access in mine]
        return found

    def _said_of(self, answer: Answer) -> Iterator[str]:
        decided = self.decided.get(answer.access_id, [])
        completed = self.completed.get(answer.access_id, [])
        if len(decided) > 1 or len(completed) > 1:
            yield "recorded twice"
        if answer.status < 400 and not decided:
            yield "data left, and nobody recorded that it may"
        if answer.status < 400 and decided and decided[0]["decision"] != "allowed":
            yield "data left that was refused"
        for entry in completed:
            if entry.get("status") != answer.status:
                yield f"completed as {entry.get('status')}, {entry.get('reason')}"
            if entry.get("status", 500) < 400 and entry["bytes_out"] != answer.size:
                yield f"completed with {entry['bytes_out']} bytes"
