"""A whole gateway on a real port, with a service of the test's own behind its unix socket."""

import asyncio
import contextlib
import copy
import socket
import ssl
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import orjson
import pytest
import uvicorn
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp

from gateway.app import create_app
from gateway.bootstrap import bootstrap
from gateway.keys import new_key_pem
from gateway.models import Base, GrantCopy
from gateway.settings import GatewaySettings
from shared import clock, db, lease, passport, process
from shared.bus import LEASE_SUBJECT, Bus
from shared.connections import connection
from shared.ids import new_id
from shared.principal import Principal
from tests.servers import Databases, Dsn, Postgres

DOCUMENT = Path(__file__).parents[2] / "deploy/example/departments.toml"
KEY = "6b" * 32


@dataclass
class Behind:
    """The service behind the gateway: what reached it, and what it answers."""

    seen: list[Principal] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    received: int = 0
    description: dict[str, Any] | None = None
    keys_count: int = 0
    # How long it takes for an answer, in seconds.
    pause: float = 0.0

    async def describe(self, request: Request) -> Response:
        """What the service says of itself; nothing at first."""
        return JSONResponse(self.description, 404 if self.description is None else 200)

    async def answer(self, request: Request) -> Response:
        """Open the passport as a service does, read the body, say what arrived."""
        lock = passport.Lock("exchange", bytes.fromhex(KEY))
        self.seen.append(lock.open(request.headers[passport.HEADER]))
        self.headers.append(dict(request.headers))
        async for piece in request.stream():
            self.received += len(piece)
        await asyncio.sleep(self.pause)
        return JSONResponse(
            {"path": request.url.path, "query": request.url.query},
            headers={
                "x-huitong-keys-digest": "d1g3st",
                "x-huitong-keys-count": str(self.keys_count),
                "x-kept": "yes",
            },
        )

    async def stream(self, request: Request) -> Response:
        """A long answer, in pieces."""

        async def pieces() -> AsyncIterator[bytes]:
            for _ in range(64):
                yield b"x" * 65536

        return StreamingResponse(pieces(), media_type="application/octet-stream")

    async def announce(self, request: Request) -> Response:
        """What the public reads, with what reached the service."""
        self.headers.append(dict(request.headers))
        headers = {"cache-control": "public, max-age=60", "x-kept": "no"}
        return Response(f"{request.url.path}?{request.url.query}", headers=headers)

    def app(self) -> ASGIApp:
        """The service as an application."""
        return Starlette(
            routes=[
                Route("/openapi.json", self.describe),
                Route("/public/{rest:path}", self.announce),
                Route("/v1/grants/{grant}/snapshot", self.stream),
                Route("/{rest:path}", self.answer, methods=["GET", "POST", "PUT"]),
            ]
        )


@dataclass
class Gateway:
    """A running gateway and what a test needs around it."""

    url: str
    credentials: dict[str, Any]
    behind: Behind
    sessions: db.Sessions
    requests: Bus
    bus_dsn: Dsn
    settings: GatewaySettings
    http: httpx.AsyncClient

    def department(self, short_name: str) -> UUID:
        """The id of an example department."""
        return UUID(self.credentials["departments"][short_name]["department"])

    def client(self, short_name: str, kind: str = "system") -> tuple[str, str]:
        """A machine's id and secret."""
        for client in self.credentials["departments"][short_name]["clients"].values():
            if client["kind"] == kind:
                return client["client_id"], client["client_secret"]
        raise LookupError(kind)

    async def token(self, short_name: str, kind: str = "system") -> str:
        """A machine's token."""
        answer = await self.http.post(
            "/oauth/token",
            data={"grant_type": "client_credentials"},
            auth=self.client(short_name, kind),
        )
        assert answer.status_code == 200, answer.text
        return str(answer.json()["access_token"])

    async def bearer(self, short_name: str, kind: str = "system") -> dict[str, str]:
        """The header of a machine's call."""
        return {"authorization": f"Bearer {await self.token(short_name, kind)}"}

    async def beat(self, age: timedelta = timedelta(0)) -> None:
        """A heartbeat of requests, and the moment until the gateway took it."""
        beat = lease.Beat(at=clock.now() - age, sequence=0, oldest_unsent=None)
        await self.requests.shout(LEASE_SUBJECT, beat.message())
        await self.requests.client.flush()
        await asyncio.sleep(0.1)

    async def grant(self, grantee: str, **changes: Any) -> UUID:
        """A grant that the gateway has heard of."""
        row = GrantCopy(
            id=changes.pop("id", new_id()),
            resource=new_id(),
            provider=self.department("civil-affairs"),
            grantee=self.department(grantee),
            purpose="核验法人登记",
            grade=changes.pop("grade", "ordinary"),
            valid_from=datetime(2020, 1, 1, tzinfo=UTC),
            sequence=1,
            **changes,
        )
        async with self.sessions.begin() as session:
            session.add(row)
        await asyncio.sleep(0.2)
        return row.id


@contextlib.asynccontextmanager
async def serving(
    app: ASGIApp, bound: socket.socket, tls: ssl.SSLContext | None = None
) -> AsyncIterator[None]:
    """The application on a socket, by the server that production uses."""
    config = uvicorn.Config(
        app,
        log_config=None,
        http=connection,  # type: ignore[arg-type]  # a function that makes one serves as well
        # As in shared/process.py: what a caller says of its own address uvicorn must not believe.
        proxy_headers=False,
        ws="none",
        loop="none",
        lifespan="auto",
        ssl_context_factory=None if tls is None else lambda *_: tls,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[bound]))
    try:
        while not server.started:
            assert not task.done()
            await asyncio.sleep(0.01)
        yield
    finally:
        server.should_exit = True
        try:
            await asyncio.wait_for(asyncio.shield(task), 5)
        except TimeoutError:
            for t in asyncio.all_tasks():
                t.print_stack()
            raise


@pytest.fixture
def issuers_file() -> Path | None:
    """The outside issuers that the gateway trusts; a package of tests may name some."""
    return None


@pytest.fixture
def certificate_proxies() -> tuple[str, ...]:
    """Whose word on callers' certificates the gateway takes; a module of tests may name some."""
    return ()


@pytest.fixture
def second_factor_required() -> bool:
    """Whether the gateway demands a second factor of everybody; a module of tests may say so."""
    return False


@pytest.fixture
def trusted_proxies() -> tuple[str, ...]:
    """The proxies that the gateway believes; a test may name some."""
    return ()


@dataclass(frozen=True, slots=True)
class Example:
    """A registry with the example departments: the template of each test's, and its secrets."""

    template: str
    credentials: dict[str, Any]


@pytest.fixture(scope="session")
def example(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Example:
    """Filled once a run, because hashing so many secrets takes its time."""
    folder = tmp_path_factory.mktemp("example")
    template = postgres.clone("gateway")
    kept = folder / "credentials.json"
    names = ("catalog", "requests", "exchange", "audit")
    settings = GatewaySettings(
        database=SecretStr(postgres.runtime_dsn("gateway", template)),
        nats=SecretStr("nats://127.0.0.1:1"),
        passport_key=SecretStr(KEY),
        services=dict.fromkeys(names, ""),
        passport_keys=dict.fromkeys((*names, "gateway"), SecretStr(KEY)),
        public_url="http://127.0.0.1",
        signing_key_file=folder / "key.pem",
        second_factor_key=SecretStr("5f" * 32),
        spool=folder / "spool",
    )
    # In a thread, because a test's loop may run already when this is first asked for.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, bootstrap(settings, DOCUMENT, kept)).result()
    return Example(template, orjson.loads(kept.read_bytes()))


@pytest.fixture
async def gateway(
    databases: Databases,
    database: Dsn,
    bus_dsn: Dsn,
    example: Example,
    issuers_file: Path | None,
    certificate_proxies: tuple[str, ...],
    second_factor_required: bool,
    trusted_proxies: tuple[str, ...],
    tmp_path: Path,
) -> AsyncIterator[Gateway]:
    """A gateway with the example departments; the path of its socket folder is short."""
    key_file = tmp_path / "key.pem"
    key_file.write_text(new_key_pem())
    bound = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    names = ("catalog", "requests", "exchange", "audit")
    databases.name("gateway", example.template)
    settings = GatewaySettings(
        database=SecretStr(database("gateway")),
        nats=SecretStr(bus_dsn("gateway")),
        passport_key=SecretStr(KEY),
        services=dict.fromkeys(names, str(tmp_path / "service.sock")),
        passport_keys=dict.fromkeys((*names, "gateway"), SecretStr(KEY)),
        public_url=url,
        trusted_proxies=trusted_proxies,
        signing_key_file=key_file,
        second_factor_key=SecretStr("5f" * 32),
        spool=tmp_path / "spool",
        issuers_file=issuers_file,
        certificate_proxies=certificate_proxies,
        second_factor_required=second_factor_required,
        applications={"portal": frozenset({"https://portal.example/back"})},
        pool_size=2,
    )
    credentials = copy.deepcopy(example.credentials)
    server = credentials["departments"]["civil-affairs"]["clients"]["民政业务系统"]["client_id"]
    settings = settings.model_copy(update={"resource_servers": frozenset({UUID(server)})})
    behind = Behind()
    engine = db.engine(settings.database.get_secret_value(), size=1)
    requests = await Bus.connect(bus_dsn("requests"), "requests")
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(engine.dispose)
        stack.push_async_callback(requests.close)
        inner = stack.enter_context(process.listening(f"unix:{tmp_path / 'service.sock'}"))
        await stack.enter_async_context(serving(behind.app(), inner))
        await stack.enter_async_context(serving(create_app(settings), bound))
        http = await stack.enter_async_context(httpx.AsyncClient(base_url=url))
        made = Gateway(
            url=url,
            credentials=credentials,
            behind=behind,
            sessions=db.sessions(engine, Base),
            requests=requests,
            bus_dsn=bus_dsn,
            settings=settings,
            http=http,
        )
        await made.beat()
        yield made
